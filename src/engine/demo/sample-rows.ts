/** The rows of GPT-Trader's six sample databases. */
import { writeFeatures, writeModels, writePredictions } from './sample-ml-rows.ts'
import type { sampleSchemas } from './sample-schemas.ts'
import {
  cents,
  dayMs,
  inserter,
  priceOf,
  type Sink,
  strategies,
  symbols,
  type World,
} from './sample-world.ts'

export const writers: Record<keyof typeof sampleSchemas, (sink: Sink, world: World) => void> = {
  'trading.db': writeTrading,
  'ml_features.db': writeFeatures,
  'ml_models.db': writeModels,
  'ml_predictions.db': writePredictions,
  'portfolio_optimization.db': writeOptimization,
  'rebalancing_history.db': writeRebalancing,
}

function writeTrading(sink: Sink, { random, orders, at }: World): void {
  const position = inserter(sink, 'positions', 12)
  symbols.forEach((symbol, index) => {
    const entry = priceOf(random, symbol)
    const current = priceOf(random, symbol)
    const quantity = random.whole(1, 4000) / 8
    const closed = index % 5 === 4
    position(
      index + 1,
      random.uuid(),
      symbol,
      quantity,
      entry,
      current,
      cents(quantity * current),
      cents(quantity * (current - entry)),
      closed ? cents(random.normal() * 500) : 0,
      at(index * dayMs),
      closed ? at((index + 9) * dayMs) : null,
      random.pick(strategies),
    )
  })
  const order = inserter(sink, 'orders', 14)
  const trade = inserter(sink, 'trades', 10)
  let trades = 0
  for (let number = 1; number <= orders; number++) {
    const symbol = random.pick(symbols)
    const price = priceOf(random, symbol)
    const quantity = random.whole(1, 800) / 8
    const submitted = (number * 140 * dayMs) / orders
    const filled = random.unit() < 0.85
    const id = random.uuid()
    const side = random.pick(['BUY', 'SELL'])
    order(
      number,
      id,
      symbol,
      side,
      random.pick(['market', 'limit', 'stop']),
      quantity,
      cents(price * 1.001),
      null,
      filled ? quantity : 0,
      filled ? price : null,
      filled ? 'filled' : random.pick(['cancelled', 'rejected', 'open']),
      `BRK-${100_000 + number}`,
      at(submitted),
      filled ? at(submitted + random.whole(20, 90_000)) : null,
    )
    if (!filled) continue
    const parts = random.whole(1, 4)
    for (let part = 0; part < parts; part++) {
      trades++
      const share = quantity / parts
      trade(
        trades,
        random.uuid(),
        id,
        symbol,
        side,
        share,
        cents(price * (1 + 0.0002 * random.normal())),
        cents(share * price * 0.0005),
        at(submitted + random.whole(20, 90_000)),
        `EX-${trades}`,
      )
    }
  }
  const snapshot = inserter(sink, 'portfolio', 8)
  const metric = inserter(sink, 'performance_metrics', 10)
  let value = 100_000
  const days = Math.max(10, Math.round(orders / 25))
  for (let day = 0; day < days; day++) {
    const change = value * 0.008 * random.normal()
    value += change
    const cash = cents(value * 0.3)
    snapshot(
      day + 1,
      at(day * dayMs),
      cents(value),
      cash,
      cents(cents(value) - cash),
      cents(change),
      cents(value - 100_000),
      JSON.stringify({ AAPL: random.whole(1, 90), 'BTC-USD': random.whole(1, 90) / 64 }),
    )
    metric(
      day + 1,
      at(day * dayMs),
      'daily',
      random.normal(),
      random.normal() * 1.4,
      -Math.abs(random.normal()) * 0.04,
      0.5 + 0.05 * random.normal(),
      1.2 + 0.2 * random.normal(),
      value / 100_000 - 1,
      JSON.stringify({ trades: random.whole(0, 60), note: 'end of day' }),
    )
  }
}

function writeOptimization(sink: Sink, { random, runs, at }: World): void {
  const run = inserter(sink, 'optimization_runs', 9)
  const constraint = inserter(sink, 'constraints', 5)
  const allocation = inserter(sink, 'allocations', 5)
  const frontier = inserter(sink, 'efficient_frontiers', 5)
  let row = 0
  for (let number = 1; number <= runs; number++) {
    const id = random.uuid()
    run(
      number,
      id,
      at(number * dayMs),
      'mean_variance',
      random.pick(['max_sharpe', 'min_variance']),
      0.1 + 0.05 * random.normal(),
      0.15 + 0.02 * random.normal(),
      0.9 + 0.3 * random.normal(),
      random.whole(12, 900),
    )
    for (const name of ['max_weight', 'min_weight', 'turnover'])
      constraint(++row, id, name, random.unit(), 'hard')
    for (const symbol of symbols.slice(0, 6)) allocation(++row, id, symbol, random.unit(), random.unit() / 3)
    for (let point = 0; point < 8; point++)
      frontier(++row, id, point, 0.05 + point * 0.02, 0.08 + point * 0.03)
  }
}

function writeRebalancing(sink: Sink, { random, events, at }: World): void {
  const event = inserter(sink, 'rebalancing_events', 10)
  const trade = inserter(sink, 'rebalancing_trades', 6)
  const cost = inserter(sink, 'rebalancing_costs', 5)
  let row = 0
  for (let number = 1; number <= events; number++) {
    const id = random.uuid()
    event(
      number,
      id,
      at(number * dayMs),
      random.pick(['threshold', 'calendar']),
      JSON.stringify({ drift: cents(random.unit()) }),
      JSON.stringify({ AAPL: 0.4, MSFT: 0.6 }),
      JSON.stringify({ AAPL: 0.5, MSFT: 0.5 }),
      cents(random.unit() * 40),
      cents(random.unit() * 40),
      'completed',
    )
    for (const symbol of ['AAPL', 'MSFT']) {
      row++
      trade(row, id, symbol, random.pick(['buy', 'sell']), random.whole(1, 90), priceOf(random, symbol))
      cost(row, id, 'commission', cents(random.unit() * 9), at(number * dayMs))
    }
  }
}
