import type { DatabaseMapping } from '../../engine/model/mapping.ts'
import * as words from './words.ts'

const model_id = {
  references: { database: 'ml_models.db', table: 'models' },
  aliases: words.model,
} as const

export const mlPredictions: DatabaseMapping = {
  tables: {
    predictions: {
      target: 'ml.predictions',
      aliases: ['prediction', 'model_predictions'],
      columns: {
        prediction_id: { identity: true, aliases: ['prediction_uuid', 'uuid', 'guid'] },
        model_id,
        symbol: { aliases: words.symbol },
        timestamp: {
          aliases: [
            ...words.moment,
            'predicted_at',
            'prediction_time',
            'prediction_date',
            'prediction_timestamp',
          ],
          orElse: words.stamps,
        },
        prediction_type: { aliases: ['type', 'signal_type'] },
        prediction_value: {
          aliases: ['prediction', 'predicted_value', 'value', 'predictions', 'signal', 'output', 'result'],
        },
        confidence: { aliases: words.confidence },
        features_used: {
          aliases: [
            'features',
            'feature_values',
            'features_snapshot',
            'input_features',
            'inputs',
            'features_json',
          ],
        },
        created_at: { aliases: words.created },
      },
    },
    regime_states: {
      target: 'ml.market_regimes',
      aliases: ['market_regimes', 'regimes', 'regime_state', 'regime_history'],
      columns: {
        timestamp: {
          aliases: [
            ...words.moment,
            'detected_at',
            'detection_time',
            'regime_date',
            'start_time',
            'start_date',
          ],
          orElse: words.stamps,
        },
        regime: {
          aliases: ['regime_type', 'regime_name', 'state', 'market_regime', 'current_regime', 'label'],
        },
        confidence: { aliases: words.confidence },
        transition_probability: {
          aliases: [
            'transition_probabilities',
            'transition_prob',
            'transition_probs',
            'transition_matrix',
            'transitions',
            'probabilities',
          ],
        },
        features: {
          aliases: [
            'regime_features',
            'regime_data',
            'indicators',
            'feature_values',
            'features_json',
            'inputs',
          ],
        },
        model_id,
        created_at: { aliases: words.created },
      },
    },
    strategy_selections: {
      target: 'ml.strategy_selections',
      aliases: ['strategy_selection', 'selected_strategies'],
      columns: {
        timestamp: {
          aliases: [...words.moment, 'selected_at', 'selection_time', 'selection_date'],
          orElse: words.stamps,
        },
        selected_strategy: { aliases: ['strategy', 'strategy_name', 'strategy_id', 'selection'] },
        confidence: { aliases: words.confidence },
        strategy_weights: { aliases: ['weights', 'strategy_scores', 'allocations', 'scores'] },
        regime: { aliases: ['market_regime', 'regime_type', 'regime_name', 'current_regime'] },
        model_id,
        created_at: { aliases: words.created },
      },
    },
  },
}
