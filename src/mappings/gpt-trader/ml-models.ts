import type { DatabaseMapping } from '../../engine/model/mapping.ts'
import * as words from './words.ts'

const models = { database: 'ml_models.db', table: 'models' } as const

export const mlModels: DatabaseMapping = {
  tables: {
    models: {
      target: 'ml.models',
      aliases: ['model', 'model_registry'],
      namedBy: ['model_name', 'name', 'model_key'],
      columns: {
        model_id: { identity: true, aliases: ['model_uuid', 'uuid', 'guid', 'model_key'] },
        model_type: { aliases: ['type', 'algorithm', 'algo', 'kind', 'class', 'model_class'] },
        model_name: { aliases: ['name', 'title'] },
        version: { aliases: ['model_version', 'current_version', 'ver'] },
        model_path: {
          aliases: ['path', 'file_path', 'filepath', 'artifact_path', 'artifact_uri', 'location'],
        },
        training_date: {
          aliases: ['trained_at', 'train_date', 'trained_on', 'training_time', 'last_trained'],
        },
        training_config: { aliases: [...words.config, 'training_params'] },
        performance_metrics: { aliases: ['metrics', 'performance', 'scores', 'evaluation'] },
        feature_importance: { aliases: ['feature_importances', 'importances', 'importance'] },
        is_active: {
          aliases: ['active', 'enabled', 'is_enabled', 'deployed', 'is_deployed', 'is_production'],
        },
        created_at: { aliases: [...words.created, ...words.moment, 'timestamp'] },
        updated_at: { aliases: words.updated },
      },
    },
    model_versions: {
      target: 'ml.model_versions',
      aliases: ['model_version', 'versions'],
      columns: {
        version_id: { identity: true, aliases: ['model_version_id', 'version_uuid', 'uuid', 'guid'] },
        model_id: { references: models, aliases: words.model },
        version: { aliases: ['version_number', 'version_name', 'model_version', 'ver'] },
        model_path: { aliases: ['path', 'file_path', 'artifact_path', 'artifact_uri', 'location'] },
        parameters: { aliases: [...words.config, 'training_config'] },
        metrics: { aliases: ['performance_metrics', 'performance', 'scores'] },
        description: { aliases: ['desc', 'notes', 'changelog', 'changes', 'comment'] },
        is_active: { aliases: ['active', 'enabled', 'deployed', 'is_current', 'is_production'] },
        created_at: { aliases: [...words.created, ...words.moment, 'timestamp'] },
      },
    },
    training_runs: {
      target: 'ml.training_runs',
      aliases: ['training_run', 'training_history'],
      columns: {
        run_id: { identity: true, aliases: ['training_run_id', 'training_id', 'run_uuid', 'uuid', 'guid'] },
        model_id: { references: models, aliases: words.model },
        started_at: {
          aliases: ['start_time', 'started', 'start_date', 'training_start', 'timestamp', ...words.moment],
        },
        completed_at: {
          aliases: ['end_time', 'ended_at', 'finished_at', 'completed', 'end_date', 'training_end'],
        },
        status: { aliases: ['state', 'run_status'] },
        duration_seconds: {
          aliases: [
            'duration',
            'training_duration',
            'training_duration_seconds',
            'training_time',
            'duration_s',
            'elapsed_seconds',
          ],
        },
        parameters: { aliases: [...words.config, 'training_config'] },
        metrics: {
          aliases: [
            'final_metrics',
            'training_metrics',
            'performance_metrics',
            'validation_metrics',
            'results',
            'scores',
          ],
        },
        error_message: { aliases: ['error', 'exception', 'failure_reason'] },
        created_at: { aliases: words.created },
      },
    },
    model_performance: {
      target: 'ml.model_performance',
      aliases: ['model_performances', 'model_metrics'],
      columns: {
        performance_id: { identity: true, aliases: ['performance_uuid', 'uuid', 'guid'] },
        model_id: { references: models, aliases: words.model },
        timestamp: {
          aliases: [
            ...words.moment,
            'evaluated_at',
            'evaluation_date',
            'measured_at',
            'measurement_date',
            'calculated_at',
          ],
        },
        metric_name: { aliases: ['metric', 'name', 'metric_type'] },
        metric_value: { aliases: ['value', 'score'] },
        dataset: { aliases: ['dataset_type', 'data_split', 'split'] },
        details: { aliases: [...words.details, 'metrics'] },
        created_at: { aliases: words.created },
      },
    },
  },
}
