import type { DatabaseMapping } from '../../engine/model/mapping.ts'
import * as words from './words.ts'

const by = [
  'rebalancing_event_id',
  'rebalancing_id',
  'event_id',
  'rebalance_id',
  'rebalance_event_id',
  'parent_id',
]

export const rebalancingHistory: DatabaseMapping = {
  tables: {
    rebalancing_events: {
      target: 'portfolio.rebalancing_events',
      aliases: ['rebalancing_event', 'rebalance_events', 'rebalances', 'rebalancing'],
      columns: {
        rebalancing_id: {
          identity: true,
          aliases: ['event_id', 'rebalance_id', 'rebalancing_event_id', 'uuid', 'guid'],
        },
        timestamp: {
          aliases: [
            ...words.moment,
            'triggered_at',
            'rebalance_time',
            'rebalance_date',
            'rebalancing_time',
            'rebalancing_date',
            'rebalanced_at',
            'event_date',
          ],
          orElse: words.stamps,
        },
        trigger_type: { aliases: ['trigger', 'type', 'reason', 'trigger_reason', 'event_type'] },
        trigger_details: { aliases: ['trigger_data', 'trigger_info', ...words.details] },
        current_allocation: {
          aliases: [
            'current_weights',
            'old_weights',
            'old_allocation',
            'allocation_before',
            'weights_before',
            'before',
          ],
        },
        target_allocation: {
          aliases: [
            'target_weights',
            'new_weights',
            'new_allocation',
            'allocation_after',
            'weights_after',
            'after',
          ],
        },
        trades_required: { aliases: ['required_trades', 'trades', 'trades_json'] },
        estimated_cost: { aliases: ['est_cost', 'expected_cost', 'cost_estimate'] },
        actual_cost: {
          aliases: ['cost', 'realized_cost', 'transaction_cost', 'transaction_costs', 'total_cost'],
        },
        status: { aliases: ['state'] },
        executed_at: { aliases: ['execution_time', 'completed_at', 'finished_at'] },
        created_at: { aliases: words.created },
      },
    },
    rebalancing_costs: {
      target: 'portfolio.rebalancing_costs',
      aliases: ['rebalancing_cost', 'rebalance_costs', 'transaction_costs'],
      columns: {
        cost_id: { identity: true, aliases: ['cost_uuid', 'uuid', 'guid'] },
        rebalancing_id: {
          references: { database: 'rebalancing_history.db', table: 'rebalancing_events' },
          aliases: by.filter((name) => name !== 'rebalancing_id'),
        },
        timestamp: { aliases: [...words.moment, 'recorded_at'] },
        symbol: { aliases: words.symbol },
        cost_type: { aliases: ['type', 'category', 'kind'] },
        commission: { aliases: ['commissions', 'commission_cost', 'fee', 'fees'] },
        slippage: { aliases: ['slippage_cost'] },
        market_impact: { aliases: ['impact', 'impact_cost', 'market_impact_cost'] },
        total_cost: { aliases: ['total', 'cost', 'amount', 'cost_amount', 'value'] },
        details: { aliases: words.details },
        created_at: { aliases: words.created },
      },
    },
    rebalancing_trades: {
      aliases: ['rebalancing_trade', 'rebalance_trades'],
      fold: { into: 'rebalancing_events', column: 'trades_required', by },
    },
  },
}
