import type { DatabaseMapping } from '../../engine/model/mapping.ts'
import * as words from './words.ts'

export const mlFeatures: DatabaseMapping = {
  tables: {
    feature_sets: {
      target: 'ml.feature_sets',
      aliases: ['feature_set', 'feature_definitions'],
      namedBy: ['name', 'set_name', 'feature_set_name'],
      columns: {
        feature_set_id: { identity: true, aliases: ['set_id', 'feature_set_uuid', 'uuid', 'guid'] },
        name: { aliases: ['feature_set_name', 'set_name', 'title', 'feature_set'] },
        description: { aliases: ['desc', 'notes', 'comment'] },
        feature_count: { aliases: ['num_features', 'n_features', 'count'] },
        feature_names: { aliases: ['features', 'feature_list', 'columns', 'names'] },
        configuration: { aliases: [...words.config, 'metadata'] },
        created_at: { aliases: words.created },
        updated_at: { aliases: words.updated },
      },
    },
    feature_values: {
      target: 'ml.feature_values',
      aliases: ['feature_value', 'computed_features'],
      pivot: {
        column: 'features',
        name: ['feature_name', 'feature', 'name', 'feature_key'],
        value: ['feature_value', 'value', 'val'],
        groupBy: ['timestamp', 'symbol', 'feature_set_id'],
      },
      columns: {
        symbol: { aliases: words.symbol },
        timestamp: {
          aliases: [
            ...words.moment,
            'feature_date',
            'feature_time',
            'feature_timestamp',
            'calculated_at',
            'computed_at',
            'bar_time',
            'bar_date',
          ],
          orElse: words.stamps,
        },
        feature_set_id: {
          references: { database: 'ml_features.db', table: 'feature_sets' },
          aliases: ['set_id', 'feature_set', 'feature_set_name', 'set_name', 'feature_set_uuid'],
        },
        features: {
          aliases: [
            'features_json',
            'feature_json',
            'feature_data',
            'feature_values',
            'feature_vector',
            'values',
            'data',
            'payload',
          ],
        },
        created_at: { aliases: words.created },
      },
    },
    feature_importance: {
      target: 'ml.feature_importance',
      aliases: ['feature_importances', 'importance'],
      columns: {
        importance_id: { identity: true, aliases: ['importance_uuid', 'uuid', 'guid'] },
        feature_set_id: {
          references: { database: 'ml_features.db', table: 'feature_sets' },
          aliases: ['set_id', 'feature_set', 'feature_set_name', 'set_name'],
        },
        model_id: { references: { database: 'ml_models.db', table: 'models' }, aliases: words.model },
        feature_name: { aliases: ['feature', 'name'] },
        importance_score: { aliases: ['importance', 'score', 'importance_value', 'value', 'weight'] },
        importance_type: { aliases: ['method', 'type', 'metric'] },
        rank: { aliases: ['importance_rank', 'ranking', 'position'] },
        timestamp: { aliases: [...words.moment, 'calculated_at', 'computed_at'] },
        details: { aliases: words.details },
        created_at: { aliases: words.created },
      },
    },
  },
}
