import type { DatabaseMapping } from '../../engine/model/mapping.ts'
import * as words from './words.ts'

const by = ['optimization_run_id', 'optimization_id', 'run_id', 'opt_run_id', 'opt_id', 'parent_id']

export const portfolioOptimization: DatabaseMapping = {
  tables: {
    optimization_runs: {
      target: 'portfolio.optimization_runs',
      aliases: ['optimization_run', 'optimizations', 'optimization_history'],
      columns: {
        optimization_id: {
          identity: true,
          aliases: ['run_id', 'optimization_run_id', 'run_uuid', 'uuid', 'guid'],
        },
        timestamp: {
          aliases: [
            ...words.moment,
            'optimization_date',
            'optimization_time',
            'optimized_at',
            'run_at',
            'run_time',
            'run_date',
            'started_at',
          ],
          orElse: words.stamps,
        },
        optimization_type: { aliases: ['type', 'method', 'optimizer', 'algorithm', 'strategy'] },
        objective: { aliases: ['objective_function', 'goal', 'target'] },
        constraints: { aliases: ['constraints_json', 'constraint_set'] },
        input_data: { aliases: ['inputs', 'input', 'input_params', ...words.config] },
        results: { aliases: ['result', 'output', 'outputs', 'results_json'] },
        optimal_weights: { aliases: ['weights', 'optimal_allocation', 'solution', 'weights_json'] },
        expected_return: { aliases: ['exp_return', 'portfolio_return', 'return'] },
        expected_risk: {
          aliases: ['expected_volatility', 'exp_risk', 'risk', 'volatility', 'portfolio_risk'],
        },
        sharpe_ratio: { aliases: ['sharpe'] },
        execution_time_ms: { aliases: ['duration_ms', 'runtime_ms', 'elapsed_ms', 'solve_time_ms'] },
        created_at: { aliases: words.created },
      },
    },
    constraints: {
      aliases: ['optimization_constraints'],
      fold: { into: 'optimization_runs', column: 'constraints', by },
    },
    allocations: {
      aliases: ['allocation', 'target_allocations'],
      fold: { into: 'optimization_runs', column: 'optimal_weights', by },
    },
    efficient_frontiers: {
      aliases: ['efficient_frontier', 'frontier_points'],
      fold: { into: 'optimization_runs', column: 'results', by },
    },
  },
}
