import type { Dialect } from './index.ts'
import { writeSet } from './write-set.ts'

const prefixes: Readonly<Record<string, string>> = {
  positions: 'POS',
  orders: 'ORD',
  trades: 'TRD',
  portfolio: 'SNAP',
  feature_sets: 'FS',
  models: 'MDL',
  training_runs: 'RUN',
  predictions: 'PRED',
  optimization_runs: 'OPT',
  rebalancing_events: 'REB',
}

/** `ORD-0001` beside an integer key, epoch milliseconds, long features. */
export const brokerIds: Dialect = {
  name: 'broker-ids',
  create: (folder) =>
    writeSet(folder, {
      seed: 3,
      ids: 'both',
      id: ({ table, row }) => `${prefixes[table]}-${String(row + 1).padStart(4, '0')}`,
      time: (milliseconds) => milliseconds,
      money: (value) => Math.round(value * 100) / 100,
      types: { time: 'INTEGER', money: 'NUMERIC', text: 'VARCHAR(64)' },
      side: (side) => (side === 'buy' ? 'Buy' : 'Sell'),
      features: 'long',
    }),
}
