/** Writes the bot's six files in a dialect: the logical rows, spelled as its style says. */
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import {
  type Kind,
  type Logical,
  type LogicalTable,
  logicalTables,
  momentOf,
  type Named,
  setCount,
  symbols,
} from './logical.ts'
import { Random } from './random.ts'

type SqlValue = null | number | bigint | string | Buffer
type Extra = {
  readonly name: string
  readonly type: string
  readonly value: (row: number) => SqlValue
}

export type Style = {
  readonly seed: number
  /** File of a database, relative to the folder; null leaves it out. */
  readonly file?: (database: string) => string | null
  /**
   * `integer`: an integer `id`, and no other · `text`: the made id is in `id`, a text primary key · `both`: an integer `id`, and the made
   * id in the column that the plan names · `own`: the made id alone, in the planned column, as primary key.
   */
  readonly ids: 'integer' | 'text' | 'both' | 'own'
  /** The id of a row, and what names it elsewhere. */
  readonly id: (named: Named) => SqlValue
  readonly reference?: (named: Named, from: string) => SqlValue
  readonly time: (milliseconds: number, row: number) => SqlValue
  readonly money: (value: number, row: number) => SqlValue
  readonly ratio?: (value: number) => SqlValue
  readonly side?: (side: string, row: number) => SqlValue
  readonly flag?: (flag: boolean) => SqlValue
  readonly types: Partial<Record<Kind, string>>
  /** `table.column` or `column` → its name here; null leaves it out. */
  readonly names?: Readonly<Record<string, string | null>>
  readonly tableNames?: Readonly<Record<string, string>>
  readonly extras?: Readonly<Record<string, readonly Extra[]>>
  readonly features: 'long' | 'json' | 'wide' | 'none'
  /** Rows of each table; the logical ones by default. */
  readonly rows?: (table: string, rows: number) => number
  readonly tableSuffix?: string
  readonly rename?: (name: string) => string
}

const types: Record<Kind, string> = {
  key: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  id: 'TEXT',
  text: 'TEXT',
  side: 'TEXT',
  money: 'REAL',
  ratio: 'REAL',
  time: 'TEXT',
  json: 'TEXT',
  flag: 'INTEGER',
  count: 'INTEGER',
}

const databases = [
  'trading.db',
  'ml_features.db',
  'ml_models.db',
  'ml_predictions.db',
  'portfolio_optimization.db',
  'rebalancing_history.db',
] as const

export function writeSet(
  folder: string,
  style: Style,
  more?: (database: string, db: Database.Database) => void,
): void {
  for (const database of databases) {
    const file = style.file === undefined ? database : style.file(database)
    if (file === null) continue
    writeDatabase(join(folder, file), (db) => {
      for (const table of logicalTables) if (table.database === database) writeTable(db, table, style)
      if (database === 'ml_features.db' && style.features !== 'none') writeFeatures(db, style)
      more?.(database, db)
    })
  }
}

export function writeDatabase(path: string, write: (db: Database.Database) => void): void {
  mkdirSync(dirname(path), { recursive: true })
  const db = new Database(path)
  try {
    db.pragma('synchronous = off')
    db.transaction(() => write(db))()
  } finally {
    db.close()
  }
}

/** The column that the plan gives the row's own UUID. */
const ownIds: Readonly<Record<string, string>> = {
  positions: 'position_id',
  orders: 'order_id',
  trades: 'trade_id',
  portfolio: 'snapshot_id',
  feature_sets: 'feature_set_id',
  models: 'model_id',
  training_runs: 'run_id',
  predictions: 'prediction_id',
  optimization_runs: 'optimization_id',
  rebalancing_events: 'rebalancing_id',
}

type Column = {
  readonly name: string
  readonly type: string
  readonly value: (row: number, cells: Record<string, Logical>) => SqlValue
}

function writeTable(db: Database.Database, table: LogicalTable, style: Style): void {
  const random = new Random(style.seed * 1000 + table.table.length)
  const columns: Column[] = []
  for (const [logical, kind] of Object.entries(table.columns)) {
    const name = nameIn(style, table.table, logical)
    if (name === null) continue
    const own = ownIds[table.table]
    if (kind === 'key') {
      if (style.ids === 'own' && own !== undefined) continue
      const isText = style.ids === 'text' && own !== undefined
      columns.push({
        name,
        type: isText ? 'TEXT PRIMARY KEY' : types.key,
        value: (row) => (isText ? style.id({ table: table.table, row }) : row + 1),
      })
      continue
    }
    if (logical === own && (style.ids === 'integer' || style.ids === 'text')) continue
    const isKey = logical === own && style.ids === 'own'
    const type = style.types[kind] ?? types[kind]
    columns.push({
      name,
      type: isKey ? `${type} PRIMARY KEY` : type,
      value: (row, cells) => spell(style, table.table, kind, cells[logical] ?? null, row),
    })
  }
  for (const extra of style.extras?.[table.table] ?? []) columns.push(extra)
  const name = style.tableNames?.[table.table] ?? table.table
  const count = style.rows?.(table.table, table.rows) ?? table.rows
  insertRows(
    db,
    name,
    columns,
    count,
    (row) => table.row(row, random) as Record<string, Logical>,
    style.tableSuffix,
  )
}

function insertRows(
  db: Database.Database,
  table: string,
  columns: readonly Column[],
  rows: number,
  cells: (row: number) => Record<string, Logical>,
  suffix = '',
): void {
  const quoted = columns.map(({ name }) => `"${name}"`)
  db.exec(
    `create table "${table}" (${columns.map(({ name, type }) => `"${name}" ${type}`).join(', ')})${suffix}`,
  )
  const insert = db.prepare(
    `insert into "${table}" (${quoted.join(', ')}) values (${columns.map(() => '?').join(', ')})`,
  )
  for (let row = 0; row < rows; row++) {
    const logical = cells(row)
    insert.run(...columns.map((column) => column.value(row, logical)))
  }
}

function spell(style: Style, table: string, kind: Kind, value: Logical, row: number): SqlValue {
  if (value === null) return null
  switch (kind) {
    case 'key':
      return Number(value)
    case 'id': {
      const named = value as Named
      return named.table === table ? style.id(named) : (style.reference ?? style.id)(named, table)
    }
    case 'time':
      return style.time(Number(value), row)
    case 'money':
      return style.money(Number(value), row)
    case 'ratio':
      return style.ratio?.(Number(value)) ?? Number(value)
    case 'side':
      return style.side?.(String(value), row) ?? String(value)
    case 'flag':
      return style.flag?.(Boolean(value)) ?? Number(value)
    case 'json':
      return JSON.stringify(value)
    case 'count':
      return Number(value)
    case 'text':
      return String(value)
    default:
      return kind satisfies never
  }
}

function nameIn(style: Style, table: string, column: string): string | null {
  const named =
    style.names?.[`${table}.${column}`] ?? (`${table}.${column}` in (style.names ?? {}) ? null : undefined)
  if (named !== undefined) return named
  if (style.names !== undefined && column in style.names) return style.names[column] ?? null
  return style.rename?.(column) ?? column
}

const features = ['rsi_14', 'macd', 'sma_20', 'volume_ratio'] as const

/** The same features in the three shapes. */
function writeFeatures(db: Database.Database, style: Style): void {
  const random = new Random(style.seed)
  const moments = style.rows?.('feature_values', 120) ?? 120
  const setOf = (moment: number): Named => ({ table: 'feature_sets', row: moment % setCount })
  const column = (name: string): string => nameIn(style, 'feature_values', name) ?? name
  const common = (momentIn: (row: number) => number): Column[] => [
    { name: column('id'), type: types.key, value: (row) => row + 1 },
    { name: column('symbol'), type: 'TEXT', value: (row) => symbols[momentIn(row) % symbols.length]! },
    {
      name: column('timestamp'),
      type: style.types.time ?? 'TEXT',
      value: (row) => style.time(momentOf(momentIn(row) * 6), momentIn(row)),
    },
    {
      name: column('feature_set_id'),
      type: style.types.id ?? 'TEXT',
      value: (row) => (style.reference ?? style.id)(setOf(momentIn(row)), 'feature_values'),
    },
  ]
  const value = (): number => random.between(-3, 90)
  const name = style.tableNames?.feature_values ?? 'feature_values'
  if (style.features === 'long') {
    const momentIn = (row: number): number => Math.floor(row / features.length)
    insertRows(
      db,
      name,
      [
        ...common(momentIn),
        { name: 'feature_name', type: 'TEXT', value: (row) => features[row % features.length]! },
        { name: 'feature_value', type: 'REAL', value },
        {
          name: 'created_at',
          type: style.types.time ?? 'TEXT',
          value: (row) => style.time(momentOf(momentIn(row) * 6) + row, row),
        },
      ],
      moments * features.length,
      () => ({}),
    )
  } else if (style.features === 'json') {
    insertRows(
      db,
      name,
      [
        ...common((row) => row),
        {
          name: 'features',
          type: 'TEXT',
          value: () => JSON.stringify(Object.fromEntries(features.map((feature) => [feature, value()]))),
        },
      ],
      moments,
      () => ({}),
    )
  } else {
    insertRows(
      db,
      name,
      [
        ...common((row) => row),
        ...features.map((feature) => ({
          name: feature,
          type: 'REAL',
          value: (row: number) => (row % 11 === 0 ? null : value()),
        })),
      ],
      moments,
      () => ({}),
    )
  }
}
