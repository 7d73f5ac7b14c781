import type { Dialect } from './index.ts'
import { modelCount } from './logical.ts'
import { writeSet } from './write-set.ts'

/**
 * Nothing is as it should be, and still nothing may be lost: references by integer key where the table has a text id too, models named by
 * their name, orphans, repeated keys, numbers and texts beyond the planned types, mixed spellings, JSON that is none.
 */
export const troubled: Dialect = {
  name: 'troubled',
  create: (folder) =>
    writeSet(
      folder,
      {
        seed: 7,
        ids: 'both',
        id: ({ table, row }) => `${table}#${row}`,
        reference: ({ table, row }, from) => {
          if (table === 'models')
            return from === 'predictions' && row === 5 ? 'forgotten_model' : `model_${row}`
          if (table === 'orders') return row % 40 === 0 ? 90_000 + row : row + 1
          return row + 1
        },
        time: (milliseconds, row) =>
          row % 3 === 0
            ? new Date(milliseconds).toISOString()
            : new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' '),
        money: (value, row) => (row === 3 ? 123_456_789_012_345 : value),
        ratio: (value) => value * 100,
        side: (side, row) => [side, side.toUpperCase(), ` ${side}`, side[0]!.toUpperCase()][row % 4]!,
        types: { id: '', money: 'REAL', time: 'TEXT' },
        extras: {
          positions: [{ name: 'source_position_id', type: 'TEXT', value: (row) => `own ${row}` }],
          optimization_runs: [
            {
              name: 'constraints',
              type: 'TEXT',
              value: (row) => (row % 2 === 0 ? '{"long_only": true}' : 'long only'),
            },
          ],
          predictions: [{ name: 'horizon', type: '', value: (row) => (row % 2 === 0 ? row : `${row}h`) }],
        },
        features: 'long',
      },
      (database, db) => {
        if (database === 'trading.db') {
          db.exec(`update orders set reason = '${'x'.repeat(300)}', status = '${'partially filled and then cancelled'}' where id = 9;
            update positions set symbol = 'A-VERY-LONG-PERPETUAL-FUTURE' where id = 4;
            update portfolio set positions = 'none' where id = 2`)
        }
        if (database === 'ml_features.db') {
          db.exec(`insert into feature_values select id + 100000, symbol, timestamp, feature_set_id, feature_name, feature_value + 1, created_at
            from feature_values where id <= 8`)
        }
        if (database === 'ml_predictions.db') {
          db.exec(`update predictions set timestamp = (select timestamp from predictions where id = 1), symbol = 'AAPL',
            model_id = 'model_1' where id <= ${modelCount}`)
        }
        if (database === 'rebalancing_history.db') {
          db.exec(`update rebalancing_trades set rebalancing_id = 777 where id = 5`)
        }
      },
    ),
  quarantined: { 'rebalancing_history.db/rebalancing_trades': 1 },
}
