/** The rows of the three sample databases of machine learning. */
import {
  cents,
  dayMs,
  features,
  inserter,
  regimes,
  type Sink,
  strategies,
  symbols,
  type World,
} from './sample-world.ts'

export function writeFeatures(sink: Sink, { random, featureDays, featureSets, at }: World): void {
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

export function writeModels(sink: Sink, { random, models, at }: World): void {
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

export function writePredictions(sink: Sink, { random, predictions, models, at }: World): void {
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
