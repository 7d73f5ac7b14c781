import type { Dialect } from './index.ts'
import { integerStyle } from './integer-ids.ts'
import { writeSet } from './write-set.ts'

/** A fresh installation: every table is there, most are empty. */
export const emptyTables: Dialect = {
  name: 'empty-tables',
  create: (folder) =>
    writeSet(folder, {
      ...integerStyle,
      seed: 8,
      features: 'long',
      rows: (table, rows) => (table === 'orders' || table === 'models' ? rows : 0),
    }),
}
