import type { Dialect } from './index.ts'
import { writeSet } from './write-set.ts'

/** Python's `time.time()` as REAL, renamed columns, one text id a table and no integer key, a column for each feature. */
export const epochSeconds: Dialect = {
  name: 'epoch-seconds',
  create: (folder) =>
    writeSet(folder, {
      seed: 4,
      ids: 'own',
      id: ({ table, row }) => `${table.slice(0, 3)}_${(row * 7919).toString(36)}`,
      time: (milliseconds) => milliseconds / 1000,
      money: (value) => value,
      types: { time: 'REAL' },
      names: {
        'positions.entry_price': 'avg_price',
        'positions.quantity': 'qty',
        'positions.symbol': 'ticker',
        'positions.opened_at': 'entry_time',
        'orders.order_type': 'type',
        'orders.quantity': 'size',
        'orders.average_fill_price': 'avg_fill_price',
        'orders.submitted_at': 'timestamp',
        'orders.side': 'direction',
        'trades.commission': 'fee',
        'trades.executed_at': 'ts',
        'portfolio.total_value': 'equity',
        'portfolio.cash_balance': 'cash',
        'portfolio.timestamp': 'date',
        'performance_metrics.sharpe_ratio': 'sharpe',
        'models.model_name': 'name',
        'models.model_type': 'type',
        'models.is_active': 'active',
        'predictions.prediction_value': 'prediction',
        'predictions.timestamp': 'time',
        'regime_states.regime': 'state',
        'strategy_selections.selected_strategy': 'strategy',
        'feature_values.timestamp': 'ts',
        'optimization_runs.optimization_id': 'run_id',
        'constraints.optimization_id': 'run_id',
        'allocations.optimization_id': 'run_id',
        'efficient_frontiers.optimization_id': 'run_id',
      },
      features: 'wide',
    }),
}
