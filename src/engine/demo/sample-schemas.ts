/** The tables of the sample databases, as the bot's Python code would create them. */
export const sampleSchemas = {
  'trading.db': `
    create table positions (id integer primary key autoincrement, position_id text unique, symbol text not null, quantity real not null,
      average_price real not null, current_price real, market_value real, unrealized_pnl real, realized_pnl real default 0,
      opened_at timestamp not null, closed_at timestamp, strategy_id text);
    create table orders (id integer primary key autoincrement, order_id text unique not null, symbol text not null, side text not null,
      order_type text not null, quantity real not null, limit_price real, stop_price real, filled_quantity real default 0,
      avg_fill_price real, status text not null, broker_order_id text, submitted_at timestamp not null, filled_at timestamp);
    create index idx_orders_symbol on orders(symbol);
    create table trades (id integer primary key autoincrement, trade_id text unique, order_id text references orders(order_id), symbol text not null,
      side text not null, quantity real not null, price real not null, commission real, executed_at timestamp not null, broker_trade_id text);
    create table portfolio (id integer primary key autoincrement, timestamp timestamp not null, total_value real not null,
      cash_balance real not null, positions_value real not null, daily_pnl real, total_pnl real, positions text);
    create table performance_metrics (id integer primary key autoincrement, timestamp timestamp not null, metric_type text, sharpe_ratio real,
      sortino_ratio real, max_drawdown real, win_rate real, profit_factor real, total_return real, details text);`,
  'ml_features.db': `
    create table feature_sets (id integer primary key autoincrement, feature_set_id text unique not null, name text unique not null,
      description text, feature_count integer, feature_names text, created_at timestamp);
    create table feature_values (id integer primary key autoincrement, symbol text not null, timestamp timestamp not null,
      feature_set_id text references feature_sets(feature_set_id), feature_name text not null, feature_value real, created_at timestamp);
    create table feature_importance (id integer primary key autoincrement, feature_set_id text, feature_name text not null,
      importance real, method text, calculated_at timestamp);`,
  'ml_models.db': `
    create table models (id integer primary key autoincrement, model_id text unique not null, model_type text not null, model_name text not null,
      version text, model_path text, training_date timestamp, training_config text, performance_metrics text, is_active boolean default 0, created_at timestamp);
    create table model_versions (id integer primary key autoincrement, model_id text not null, version text not null, model_path text,
      change_notes text, created_at timestamp);
    create table training_runs (id integer primary key autoincrement, run_id text unique, model_id text not null, started_at timestamp,
      completed_at timestamp, status text, training_samples integer, hyperparameters text, final_loss real);
    create table model_performance (id integer primary key autoincrement, model_id text not null, evaluated_at timestamp, metric_name text,
      metric_value real, dataset text, sample_count integer);`,
  'ml_predictions.db': `
    create table predictions (id integer primary key autoincrement, prediction_id text unique, model_id text not null, symbol text not null,
      timestamp timestamp not null, prediction_type text, prediction_value text, confidence real, features_used text);
    create table regime_states (id integer primary key autoincrement, timestamp timestamp not null, regime text not null, confidence real,
      transition_probability text, model_id text);
    create table strategy_selections (id integer primary key autoincrement, timestamp timestamp not null, selected_strategy text not null,
      confidence real, strategy_weights text, regime text, model_id text);`,
  'portfolio_optimization.db': `
    create table optimization_runs (id integer primary key autoincrement, optimization_id text unique not null, timestamp timestamp not null,
      optimization_type text, objective text, expected_return real, expected_risk real, sharpe_ratio real, execution_time_ms integer);
    create table constraints (id integer primary key, optimization_id text not null, name text not null, value real, kind text);
    create table allocations (id integer primary key, optimization_id text not null, symbol text not null, weight real, risk_contribution real);
    create table efficient_frontiers (id integer primary key, optimization_id text not null, point integer, expected_return real, expected_risk real);`,
  'rebalancing_history.db': `
    create table rebalancing_events (id integer primary key autoincrement, rebalancing_id text unique not null, timestamp timestamp not null,
      trigger_type text, trigger_details text, current_allocation text, target_allocation text, estimated_cost real, actual_cost real, status text);
    create table rebalancing_trades (id integer primary key, rebalancing_id text not null, symbol text not null, side text, quantity real, price real);
    create table rebalancing_costs (id integer primary key, rebalancing_id text not null, cost_type text, amount real, recorded_at timestamp);`,
} as const
