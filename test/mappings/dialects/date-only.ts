import type { Dialect } from './index.ts'
import { writeSet } from './write-set.ts'

/** Dates without a time, extra columns, and columns missing that the plan has as not null. */
export const dateOnly: Dialect = {
  name: 'date-only',
  create: (folder) =>
    writeSet(folder, {
      seed: 5,
      ids: 'integer',
      id: ({ row }) => row + 1,
      time: (milliseconds) => new Date(milliseconds).toISOString().slice(0, 10),
      money: (value) => value.toFixed(2),
      types: { id: 'INTEGER', time: 'DATE', money: 'DECIMAL(18,2)' },
      names: {
        'orders.submitted_at': null,
        'orders.status': null,
        'portfolio.positions_value': null,
        'portfolio.timestamp': 'date',
        'trades.executed_at': 'trade_date',
        'models.model_type': null,
        'predictions.model_id': null,
        'feature_values.timestamp': 'date',
      },
      extras: {
        positions: [
          { name: 'exchange', type: 'TEXT', value: (row) => ['coinbase', 'alpaca'][row % 2]! },
          { name: 'leverage', type: 'REAL', value: (row) => 1 + (row % 3) / 2 },
          { name: 'raw', type: 'BLOB', value: (row) => Buffer.from([row % 256, 0, 255]) },
        ],
        orders: [{ name: 'Time In Force', type: 'TEXT', value: (row) => (row % 2 === 0 ? 'GTC' : 'IOC') }],
        trades: [{ name: 'position_id', type: 'INTEGER', value: (row) => (row % 120) + 1 }],
      },
      features: 'wide',
    }),
}
