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

/** camelCase names, UUIDs in capitals, times with an offset, booleans as words, tables under other names. */
export const camelCase: Dialect = {
  name: 'camel-case',
  create: (folder) =>
    writeSet(folder, {
      seed: 6,
      ids: 'both',
      id: ({ table, row }) => uuidOf(kinds.indexOf(table) + 40, row).toUpperCase(),
      time: (milliseconds) => new Date(milliseconds).toISOString().replace('Z', '+00:00'),
      money: (value) => value,
      flag: (flag) => (flag ? 'true' : 'false'),
      types: { time: 'TEXT', flag: 'BOOLEAN' },
      rename: (name) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      tableNames: { portfolio: 'portfolio_snapshots', regime_states: 'market_regimes' },
      features: 'json',
    }),
}
