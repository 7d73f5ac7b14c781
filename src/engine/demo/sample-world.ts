/** What the sample rows have in common: symbols, prices, days. Pure, except for the inserter. */
import type { SqliteDatabase } from '../source/base/sqlite.ts'
import { type Random, seededRandom } from './random.ts'

export const symbols = [
  'AAPL',
  'MSFT',
  'NVDA',
  'AMZN',
  'GOOGL',
  'META',
  'TSLA',
  'SPY',
  'QQQ',
  'BTC-USD',
  'ETH-USD',
  'SOL-USD',
]

export const features = [
  'rsi_14',
  'macd',
  'macd_signal',
  'bb_upper',
  'bb_lower',
  'atr_14',
  'volume_z',
  'momentum_5',
  'momentum_20',
  'spread',
]

export const regimes = ['bull_quiet', 'bull_volatile', 'bear_quiet', 'bear_volatile', 'sideways']

export const strategies = ['momentum', 'mean_reversion', 'breakout', 'ml_ensemble']

export const dayMs = 86_400_000

/** The database that rows are written to, and a callback that counts them. */
export type Sink = { readonly db: SqliteDatabase; readonly count: () => void }

export type World = {
  readonly random: Random
  readonly orders: number
  readonly featureDays: number
  readonly predictions: number
  readonly runs: number
  readonly events: number
  readonly models: readonly string[]
  readonly featureSets: readonly string[]
  readonly startMs: number
  at(offsetMs: number): string
}

export function makeWorld({ rows, seed }: SampleOptions): World {
  const random = seededRandom(seed)
  const part = (share: number): number => Math.max(3, Math.round(rows * share))
  const startMs = Date.UTC(2025, 3, 1, 13, 30)
  return {
    random,
    orders: part(0.1),
    featureDays: Math.max(1, Math.round((rows * 0.5) / (symbols.length * features.length))),
    predictions: part(0.12),
    runs: part(0.002),
    events: part(0.003),
    models: Array.from({ length: 8 }, () => random.uuid()),
    featureSets: Array.from({ length: 2 }, () => random.uuid()),
    startMs,
    at: (offsetMs) =>
      new Date(startMs + Math.round(offsetMs)).toISOString().replace('T', ' ').replace('Z', '000'),
  }
}

type Value = string | number | null

export function inserter({ db, count }: Sink, table: string, columns: number): (...values: Value[]) => void {
  const statement = db.prepare(`insert into ${table} values (${Array(columns).fill('?').join(', ')})`)
  return (...values) => {
    statement.run(...values)
    count()
  }
}

export const cents = (value: number): number => Math.round(value * 100) / 100

export const priceOf = (random: Random, symbol: string): number =>
  cents((40 + symbols.indexOf(symbol) * 57) * (1 + 0.05 * random.normal()) + 1)

export type SampleOptions = {
  readonly folder: string
  /** The approximate number of rows in all six databases together. */
  readonly rows: number
  readonly seed: number
  /** Called with the number of rows written so far in all databases. */
  readonly onProgress?: (rows: number) => void
}
