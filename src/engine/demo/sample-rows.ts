/** The rows of GPT-Trader's six sample databases. */
import type { sampleSchemas } from './sample-schemas.ts'
import {
  cents,
  dayMs,
  features,
  inserter,
  priceOf,
  regimes,
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

function writeFeatures(sink: Sink, { random, featureDays, featureSets, at }: World): void {
  const set = inserter(sink, 'feature_sets', 7)
  featureSets.forEach((id, index) => {
    set(
      index + 1,
      id,
      index === 0 ? 'technical_v1' : 'technical_v2',
      'Technical indicators on daily bars',
      features.length,
      JSON.stringify(features),
      at(index * dayMs),
    )
  })
  const value = inserter(sink, 'feature_values', 7)
  let row = 0
  for (let day = 0; day < featureDays; day++) {
    for (const symbol of symbols) {
      for (const feature of features) {
        row++
        value(
          row,
          symbol,
          at(day * dayMs),
          featureSets[0]!,
          feature,
          random.normal() * 10,
          at(day * dayMs + 60_000),
        )
      }
    }
  }
  const importance = inserter(sink, 'feature_importance', 6)
  let number = 0
  for (const id of featureSets) {
    features.forEach((feature, index) => {
      importance(++number, id, feature, random.unit() / (index + 1), 'permutation', at(30 * dayMs))
    })
  }
}

function writeModels(sink: Sink, { random, models, at }: World): void {
  const model = inserter(sink, 'models', 11)
  const version = inserter(sink, 'model_versions', 6)
  const training = inserter(sink, 'training_runs', 9)
  const performance = inserter(sink, 'model_performance', 7)
  models.forEach((id, index) => {
    const type = random.pick(['xgboost', 'lstm', 'random_forest'])
    model(
      index + 1,
      id,
      type,
      `${type}_${index + 1}`,
      `1.${index}.0`,
      `models/${type}_${index + 1}.pkl`,
      at(index * 7 * dayMs),
      JSON.stringify({ max_depth: random.whole(3, 9), learning_rate: 0.05 }),
      JSON.stringify({ accuracy: cents(0.5 + random.unit() / 4) }),
      index === models.length - 1 ? 1 : 0,
      at(index * 7 * dayMs),
    )
    for (let part = 0; part < 3; part++) {
      const number = index * 3 + part + 1
      version(
        number,
        id,
        `1.${index}.${part}`,
        `models/v${number}.pkl`,
        random.pick(['initial', 'more data', 'tuned']),
        at((index * 7 + part) * dayMs),
      )
      training(
        number,
        random.uuid(),
        id,
        at((index * 7 + part) * dayMs),
        at((index * 7 + part) * dayMs + random.whole(60_000, 5_000_000)),
        'completed',
        random.whole(10_000, 400_000),
        JSON.stringify({ epochs: random.whole(5, 60) }),
        random.unit(),
      )
      performance(
        number,
        id,
        at((index * 7 + part) * dayMs),
        'accuracy',
        0.5 + random.unit() / 4,
        'validation',
        random.whole(500, 9000),
      )
    }
  })
}

function writePredictions(sink: Sink, { random, predictions, models, at }: World): void {
  const prediction = inserter(sink, 'predictions', 9)
  for (let number = 1; number <= predictions; number++) {
    const up = random.unit()
    prediction(
      number,
      random.uuid(),
      random.pick(models),
      random.pick(symbols),
      at(number * 1_117_000),
      'direction',
      JSON.stringify({ up, down: 1 - up }),
      Math.round(up * 10_000) / 10_000,
      JSON.stringify(features.slice(0, 3)),
    )
  }
  const regime = inserter(sink, 'regime_states', 6)
  const selection = inserter(sink, 'strategy_selections', 7)
  for (let number = 1; number <= Math.max(10, predictions / 40); number++) {
    const name = random.pick(regimes)
    regime(
      number,
      at(number * dayMs),
      name,
      random.unit(),
      JSON.stringify({ bull_quiet: random.unit() }),
      random.pick(models),
    )
    selection(
      number,
      at(number * dayMs),
      random.pick(strategies),
      random.unit(),
      JSON.stringify({ momentum: random.unit() }),
      name,
      random.pick(models),
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
