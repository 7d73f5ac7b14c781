import type { Dialect } from './index.ts'
import type { Style } from './write-set.ts'
import { writeSet } from './write-set.ts'

export const integerStyle: Style = {
  seed: 1,
  ids: 'integer',
  id: ({ row }) => row + 1,
  time: (milliseconds) => new Date(milliseconds).toISOString().replace('Z', '123'),
  money: (value) => value,
  types: { id: 'INTEGER' },
  features: 'json',
}

/** Integer keys everywhere, REAL prices, ISO times with microseconds and no zone, names as in the plan. */
export const integerIds: Dialect = {
  name: 'integer-ids',
  create: (folder) => writeSet(folder, integerStyle),
}
