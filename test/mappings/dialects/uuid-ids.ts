import type { Dialect } from './index.ts'
import { uuidOf } from './random.ts'
import { writeSet } from './write-set.ts'

const kinds = [
  'positions',
  'orders',
  'trades',
  'portfolio',
  'feature_sets',
  'models',
  'training_runs',
  'predictions',
  'optimization_runs',
  'rebalancing_events',
]

/** UUIDs as text primary keys in `id`, prices as decimal text, `YYYY-MM-DD HH:MM:SS`, long features. */
export const uuidIds: Dialect = {
  name: 'uuid-ids',
  create: (folder) =>
    writeSet(folder, {
      seed: 2,
      ids: 'text',
      id: ({ table, row }) => uuidOf(kinds.indexOf(table), row),
      time: (milliseconds) => new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' '),
      money: (value) => value.toFixed(8),
      types: { money: 'TEXT', time: 'TIMESTAMP', json: 'JSON', flag: 'BOOLEAN' },
      side: (side) => side.toUpperCase(),
      features: 'long',
    }),
}
