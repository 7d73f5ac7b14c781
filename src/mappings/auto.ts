import type { Mapping } from '../engine/model/mapping.ts'

/** Knows nothing beforehand: every table goes through the automatic mapping. */
export const automatic: Mapping = {
  name: 'auto',
  description: 'Any SQLite database, table by table as it is',
  extensions: [],
  otherTables: 'public',
  databases: {},
  schemas: {},
}
