/** The mapping that knows no table: every one is planned from its own structure and values. */
import type { Mapping } from '../engine/model/mapping.ts'

export const automatic: Mapping = {
  name: 'auto',
  description: 'Any SQLite database, table by table: one database into public, several into a schema each',
  extensions: [],
  otherTables: 'public',
  databases: {},
  schemas: {},
}
