/**
 * The databases that the bench moves, generated from a seed: equal sizes yield equal values on every machine. Every REAL has at most eight
 * decimals, so that numeric(20,8) holds it exactly and a loader that changes a digit is caught.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Random, seededRandom } from '../src/engine/demo/random.ts'
import { openWritable, type SqliteDatabase } from '../src/engine/source/base/sqlite.ts'

export type DatasetName = 'trades' | 'feature_values' | 'trades-and-orders' | 'five'

/** How a value is compared between source and target. */
export type ValueKind = 'integer' | 'text' | 'decimal' | 'instant' | 'json'

export type BenchTable = {
  readonly name: string
  readonly rows: number
  readonly columns: readonly { readonly name: string; readonly kind: ValueKind }[]
  /** Target types that differ from the automatic mapping's choice. */
  readonly types: Readonly<Record<string, string>>
}

export type Dataset = {
  readonly name: DatasetName
  readonly file: string
  readonly tables: readonly BenchTable[]
}

type Design = {
  readonly sql: string
  /** Besides the key's; omitted in `trades-and-orders`. */
  readonly indexes?: string
  readonly kinds: Readonly<Record<string, ValueKind>>
  readonly types: Readonly<Record<string, string>>
  readonly row: (id: number, random: Random) => readonly (string | number)[]
}

const symbols = ['AAPL', 'MSFT', 'NVDA', 'AMZN', 'GOOGL', 'TSLA', 'SPY', 'BTC-USD', 'ETH-USD', 'SOL-USD']
const venues = ['NASDAQ', 'NYSE', 'ARCA', 'COINBASE', 'KRAKEN']
const startMs = Date.UTC(2024, 0, 2)

/** Microseconds after the millisecond, as Python's isoformat() writes them. */
function instant(id: number, random: Random): string {
  const text = new Date(startMs + id * 1370).toISOString()
  return `${text.slice(0, 23)}${String(random.whole(0, 999)).padStart(3, '0')}+00:00`
}

const decimal = (random: Random, most: number, places: number): number =>
  Number((random.unit() * most).toFixed(places))

/** A version 4 UUID from four random numbers; the demo's needs thirty-two. */
function uuid(random: Random): string {
  const word = (): number => Math.floor(random.unit() * 0x1_0000_0000)
  const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0')
  const second = hex((word() & 0xffff0fff) | 0x4000)
  const third = hex((word() & 0x3fffffff) | 0x80000000)
  return `${hex(word())}-${second.slice(0, 4)}-${second.slice(4)}-${third.slice(0, 4)}-${third.slice(4)}${hex(word())}`
}

const numeric = 'numeric(20,8)'

const designs: Readonly<Record<string, Design>> = {
  trades: {
    sql: `create table trades (
      id integer primary key, trade_id char(36) not null, order_id char(36) not null, symbol varchar(20) not null,
      side varchar(10) not null, venue varchar(100), quantity real not null, price real not null, commission real,
      executed_at timestamp not null);`,
    indexes: `create index idx_trades_symbol on trades (symbol);
      create index idx_trades_executed_at on trades (executed_at);`,
    kinds: {
      id: 'integer',
      trade_id: 'text',
      order_id: 'text',
      symbol: 'text',
      side: 'text',
      venue: 'text',
      quantity: 'decimal',
      price: 'decimal',
      commission: 'decimal',
      executed_at: 'instant',
    },
    types: { quantity: numeric, price: numeric, commission: numeric },
    row: (id, random) => [
      id,
      uuid(random),
      uuid(random),
      random.pick(symbols),
      random.pick(['buy', 'sell']),
      random.pick(venues),
      decimal(random, 1000, 4),
      decimal(random, 70000, 8),
      decimal(random, 20, 8),
      instant(id, random),
    ],
  },
  feature_values: {
    sql: `create table feature_values (
      id integer primary key, symbol varchar(20) not null, timestamp timestamp not null, features json not null);`,
    kinds: { id: 'integer', symbol: 'text', timestamp: 'instant', features: 'json' },
    types: { features: 'jsonb' },
    row: (id, random) => {
      const values = Array.from({ length: 10 }, (_, at) => `"feature_${at}": ${decimal(random, 200, 6)}`)
      return [id, random.pick(symbols), instant(id, random), `{${values.join(', ')}}`]
    },
  },
  orders: {
    sql: `create table orders (
      id integer primary key, order_id char(36) not null, symbol varchar(20) not null, status varchar(20) not null,
      quantity real not null, limit_price real, submitted_at timestamp not null);`,
    kinds: {
      id: 'integer',
      order_id: 'text',
      symbol: 'text',
      status: 'text',
      quantity: 'decimal',
      limit_price: 'decimal',
      submitted_at: 'instant',
    },
    types: { quantity: numeric, limit_price: numeric },
    row: (id, random) => [
      id,
      uuid(random),
      random.pick(symbols),
      random.pick(['filled', 'cancelled', 'open']),
      decimal(random, 1000, 4),
      decimal(random, 70000, 8),
      instant(id, random),
    ],
  },
  ticks: {
    sql: `create table ticks (
      id integer primary key, symbol varchar(20) not null, bid real not null, ask real not null, volume integer not null,
      at timestamp not null);`,
    kinds: {
      id: 'integer',
      symbol: 'text',
      bid: 'decimal',
      ask: 'decimal',
      volume: 'integer',
      at: 'instant',
    },
    types: { bid: numeric, ask: numeric },
    row: (id, random) => [
      id,
      random.pick(symbols),
      decimal(random, 70000, 8),
      decimal(random, 70000, 8),
      random.whole(0, 2 ** 40),
      instant(id, random),
    ],
  },
  notes: {
    sql: `create table notes (id integer primary key, symbol varchar(20) not null, body text not null);`,
    kinds: { id: 'integer', symbol: 'text', body: 'text' },
    types: {},
    row: (id, random) => [
      id,
      random.pick(symbols),
      `Note ${id}: ${'volatility is up, "hold"; naïve ↑ '.repeat(random.whole(1, 4))}`,
    ],
  },
}

/** For datasets with several tables: each table's share of all rows. */
const fractions: Partial<Record<DatasetName, Readonly<Record<string, number>>>> = {
  'trades-and-orders': { trades: 2 / 3, orders: 1 / 3 },
  five: { trades: 0.4, ticks: 0.25, orders: 0.15, feature_values: 0.1, notes: 0.1 },
}

/** Makes the dataset's file in `folder`, or uses an existing one. `rows`: of all its tables together. */
export function makeDataset(name: DatasetName, rows: number, folder: string): Dataset {
  const tables: Record<string, number> = Object.fromEntries(
    Object.entries(fractions[name] ?? { [name]: 1 }).map(([table, part]) => [table, Math.round(rows * part)]),
  )
  const file = join(folder, `${name}_${rows}.db`)
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true })
    const partial = `${file}.partial`
    rmSync(partial, { force: true })
    const db = openWritable(partial)
    try {
      db.pragma('journal_mode = off')
      db.pragma('synchronous = off')
      for (const [table, count] of Object.entries(tables)) {
        fill(db, table, count)
        if (name !== 'trades-and-orders') db.exec(designs[table]!.indexes ?? '')
      }
    } finally {
      db.close()
    }
    renameSync(partial, file)
  }
  return {
    name,
    file,
    tables: Object.entries(tables).map(([table, count]) => {
      const { kinds, types } = designs[table]!
      const columns = Object.entries(kinds).map(([column, kind]) => ({ name: column, kind }))
      return { name: table, rows: count, columns, types }
    }),
  }
}

function fill(db: SqliteDatabase, table: string, rows: number): void {
  const { sql, kinds, row } = designs[table]!
  db.exec(sql)
  const random = seededRandom(table.length * 7919)
  const places = Object.keys(kinds).fill('?').join(', ')
  const insert = db.prepare(`insert into ${table} values (${places})`)
  db.transaction(() => {
    for (let id = 1; id <= rows; id++) insert.run(row(id, random))
  })()
}
