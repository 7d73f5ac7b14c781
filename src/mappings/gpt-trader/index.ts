/** The mapping of GPT-Trader's six databases, after its migration plan of 2025-08-14. Data only. */
import type { Mapping } from '../../engine/model/mapping.ts'
import { mlFeatures } from './ml-features.ts'
import { mlModels } from './ml-models.ts'
import { mlPredictions } from './ml-predictions.ts'
import { portfolioOptimization } from './portfolio-optimization.ts'
import { rebalancingHistory } from './rebalancing-history.ts'
import { mlSchema } from './schema-ml.ts'
import { monitoringSchema } from './schema-monitoring.ts'
import { portfolioSchema } from './schema-portfolio.ts'
import { tradingSchema } from './schema-trading.ts'
import { trading } from './trading.ts'

export const gptTrader: Mapping = {
  name: 'gpt-trader',
  description: 'The six SQLite databases of GPT-Trader into one PostgreSQL database of four schemas',
  extensions: ['uuid-ossp', 'timescaledb', 'pg_stat_statements'],
  otherTables: 'legacy',
  databases: {
    'trading.db': trading,
    'ml_features.db': mlFeatures,
    'ml_models.db': mlModels,
    'ml_predictions.db': mlPredictions,
    'portfolio_optimization.db': portfolioOptimization,
    'rebalancing_history.db': rebalancingHistory,
  },
  schemas: {
    trading: tradingSchema,
    ml: mlSchema,
    portfolio: portfolioSchema,
    monitoring: monitoringSchema,
  },
}
