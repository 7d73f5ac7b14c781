import type { Mapping } from '../engine/model/mapping.ts'

/** Has no tables of its own, so the automatic mapping decides about every table. */
export const automatic: Mapping = {
  name: 'auto',
  description: 'Any SQLite database, table by table as it is',
  extensions: [],
  otherTables: 'public',
  databases: {},
  schemas: {},
}
