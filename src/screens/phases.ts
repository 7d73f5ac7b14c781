import type { Phase } from '../engine/door/index.ts'

/** The phases of a run in the words of the screens. */
export const phaseTitles: Readonly<Record<Phase, string>> = {
  discover: 'Looking for databases',
  snapshot: 'Taking snapshots',
  inspect: 'Inspecting every value',
  plan: 'Planning',
  create: 'Creating schemas and tables',
  copy: 'Copying',
  index: 'Building keys and indexes',
  verify: 'Verifying',
  report: 'Writing the report',
  export: 'Writing SQLite databases',
}
