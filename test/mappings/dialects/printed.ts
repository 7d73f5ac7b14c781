import type { Dialect } from './index.ts'
import { writeSet } from './write-set.ts'

/** Everything printed into TEXT columns by Python: times of `time.time()`, prices, members of an enum class. */
export const printed: Dialect = {
  name: 'printed',
  create: (folder) =>
    writeSet(folder, {
      seed: 11,
      ids: 'own',
      id: ({ table, row }) => `${table}_20250814_${String(row).padStart(3, '0')}`,
      time: (milliseconds) => String(milliseconds / 1000),
      money: (value) => String(value),
      side: (side) => `OrderSide.${side.toUpperCase()}`,
      types: { time: 'TEXT', money: 'TEXT' },
      names: {
        'feature_values.timestamp': 'feature_date',
        'optimization_runs.timestamp': 'optimization_date',
      },
      features: 'long',
    }),
}
