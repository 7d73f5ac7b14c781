import type { DesignedTable } from '../../engine/model/mapping.ts'

/** Schema `monitoring` as the migration plan writes it; no source has rows for system_metrics and alerts. */
export const monitoringSchema: Readonly<Record<string, DesignedTable>> = {
  system_metrics: {
    columns: {
      id: 'bigserial',
      timestamp: 'timestamptz not null',
      metric_name: 'varchar(100) not null',
      metric_value: 'numeric(20,8)',
      tags: 'jsonb',
      created_at: 'timestamptz default now()',
    },
    primaryKey: ['id'],
    indexes: {
      idx_system_metrics_timestamp: { on: ['timestamp desc'] },
      idx_system_metrics_name: { on: ['metric_name', 'timestamp desc'] },
    },
  },
  performance_metrics: {
    columns: {
      id: 'serial',
      timestamp: 'timestamptz not null',
      metric_type: 'varchar(50)',
      sharpe_ratio: 'numeric(10,6)',
      sortino_ratio: 'numeric(10,6)',
      max_drawdown: 'numeric(10,6)',
      win_rate: 'numeric(10,6)',
      profit_factor: 'numeric(10,6)',
      total_return: 'numeric(10,6)',
      volatility: 'numeric(10,6)',
      details: 'jsonb',
      created_at: 'timestamptz default now()',
    },
    primaryKey: ['id'],
    indexes: { idx_performance_metrics_timestamp: { on: ['timestamp desc'] } },
  },
  alerts: {
    columns: {
      id: 'serial',
      alert_id: 'uuid default uuid_generate_v4()',
      timestamp: 'timestamptz not null',
      alert_type: 'varchar(50)',
      severity: 'varchar(20)',
      message: 'text',
      details: 'jsonb',
      acknowledged: 'boolean default false',
      acknowledged_by: 'varchar(100)',
      acknowledged_at: 'timestamptz',
      resolved: 'boolean default false',
      resolved_at: 'timestamptz',
      created_at: 'timestamptz default now()',
    },
    primaryKey: ['id'],
    indexes: {
      idx_alerts_timestamp: { on: ['timestamp desc'] },
      idx_alerts_severity: { on: ['severity'], where: 'not resolved' },
    },
  },
}
