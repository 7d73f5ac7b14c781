import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { ColumnOrigin, CopyPlan, Plan } from '../../../../src/engine/model/plan.ts'
import type { TargetTable } from '../../../../src/engine/model/target-schema.ts'
import { writeDatabase } from '../../../mappings/dialects/write-set.ts'
import { type PlanWishes, planOf } from '../../../mappings/support/plan-of.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

function planWith(files: Readonly<Record<string, string>>, wishes: PlanWishes = {}): Plan {
  const folder = mkdtempSync(join(tmpdir(), 'build-plan-'))
  folders.push(folder)
  for (const [file, sql] of Object.entries(files)) writeDatabase(join(folder, file), (db) => db.exec(sql))
  return planOf(folder, { ...wishes, options: { allowMissing: true, ...wishes.options } })
}

function copyOf(plan: Plan, id: string): CopyPlan {
  const table = plan.tables.find((candidate) => candidate.id === id)
  if (table?.fate.kind !== 'copy') throw new Error(`${id} is not copied but ${table?.fate.kind}`)
  return table.fate.copy
}

function fromOf(plan: Plan, id: string, target: string): ColumnOrigin | undefined {
  return copyOf(plan, id).columns.find((column) => column.target === target)?.from
}

function targetOf(plan: Plan, name: string): TargetTable {
  return plan.schema.tables.find(({ schema, table }) => `${schema}.${table}` === name)!
}

function columnOf(plan: Plan, table: string, name: string) {
  return targetOf(plan, table).columns.find((column) => column.name === name)
}

function finding(plan: Plan, code: string) {
  return plan.findings.find((candidate) => candidate.code === code)
}

const model = "('m1', 'xgb', 'a')"
const orders =
  'order_id text, symbol text, side text, type text, quantity real, status text, submitted_at text'
const order = (id: string, more = "'2025-01-01'"): string =>
  `(${id}, 'BTC', 'buy', 'limit', 1.5, 'filled', ${more})`

describe('identity and references', () => {
  test('duplicate order ids: the unique constraint and its foreign key give way, the rows stay', () => {
    const plan = planWith({
      'trading.db': `create table orders (id integer primary key, ${orders});
        insert into orders values ${[1, 2, 3].map((id) => order(`${id}, 'same'`)).join()};
        create table trades (id integer primary key, order_id text); insert into trades values (1, 'same')`,
    })
    expect(targetOf(plan, 'trading.orders').uniques).toEqual([])
    expect(targetOf(plan, 'trading.orders').indexes.map(({ name }) => name)).toContain('idx_orders_order_id')
    expect(targetOf(plan, 'trading.trades').foreignKeys).toEqual([])
    expect(finding(plan, 'repeated-values')).toMatchObject({ count: 2, column: 'order_id' })
    expect(plan.amendments.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['unique-relaxed', 'foreign-key-dropped']),
    )
  })

  test('two spellings of one UUID are a duplicate', () => {
    const plan = planWith({
      'trading.db': `create table orders (id integer primary key, ${orders});
        insert into orders values ${order("1, '6f9619ff-8b86-d011-b42d-00c04fc964ff'")}, ${order("2, '6F9619FF8B86D011B42D00C04FC964FF'")}`,
    })
    expect(targetOf(plan, 'trading.orders').uniques).toEqual([])
  })

  test('pandas wrote the reference as REAL: 5.0 names 5', () => {
    const plan = planWith({
      'trading.db': `create table orders (id integer primary key, ${orders}); insert into orders values ${order("5, 'x-5'")};
        create table trades (id integer primary key, order_id real); insert into trades values (1, 5.0), (2, null), (3, 6.0)`,
    })
    expect(fromOf(plan, 'trading.db/trades', 'order_id')).toMatchObject({ kind: 'expression' })
    expect(finding(plan, 'orphans')).toMatchObject({ count: 1, samples: [{ key: '3', value: '6.0' }] })
    expect(columnOf(plan, 'trading.trades', 'source_order_id')?.type).toBe('double precision')
  })

  test('a text id beside the planned id: both are kept', () => {
    const plan = planWith({
      'trading.db': `create table orders (id text primary key, ${orders}); insert into orders values ${order("'a', 'ORD-1'")}`,
    })
    expect(fromOf(plan, 'trading.db/orders', 'id')).toMatchObject({ kind: 'rowid' })
    expect(fromOf(plan, 'trading.db/orders', 'source_id')).toMatchObject({ column: 'id' })
    expect(fromOf(plan, 'trading.db/orders', 'source_order_id')).toMatchObject({ column: 'order_id' })
  })

  test('without a rowid the key is the row number', () => {
    const plan = planWith({
      'trading.db': `create table orders (${orders}, primary key (order_id)) without rowid; insert into orders values ${order("'ORD-1'")}`,
    })
    expect(fromOf(plan, 'trading.db/orders', 'id')).toMatchObject({ kind: 'row-number' })
    expect(copyOf(plan, 'trading.db/orders').identity).toEqual({
      kind: 'columns',
      columns: ['id'],
      ordered: false,
    })
  })

  test('a name that two models share is no reference to either', () => {
    const plan = planWith({
      'ml_models.db': `create table models (model_id text, model_name text, model_type text); insert into models values ${model}, ('m2', 'xgb', 'b')`,
      'ml_predictions.db': `create table predictions (id integer primary key, model text, symbol text, timestamp text);
        insert into predictions values (1, 'xgb', 'BTC', '2025-01-01')`,
    })
    expect(finding(plan, 'orphans')).toMatchObject({ count: 1 })
    expect(fromOf(plan, 'ml_predictions.db/predictions', 'source_model_id')).toMatchObject({
      column: 'model',
    })
  })

  test('huge and negative keys widen the key', () => {
    const plan = planWith({
      'trading.db': `create table trades (id integer primary key, symbol text); insert into trades values (-9223372036854775808, 'a'), (9223372036854775807, 'b')`,
    })
    expect(columnOf(plan, 'trading.trades', 'id')).toMatchObject({ type: 'bigint', sequence: 'bigserial' })
    expect(fromOf(plan, 'trading.db/trades', 'id')).toMatchObject({
      conversion: { kind: 'integer', bytes: 8 },
    })
  })
})

describe('keys', () => {
  const models = `create table models (model_id text, model_name text, model_type text); insert into models values ${model}`
  const predictions = (values: string): Plan =>
    planWith({
      'ml_models.db': models,
      'ml_predictions.db': `create table predictions (id integer primary key, model_id text, symbol text, timestamp text); insert into predictions values ${values}`,
    })

  test('a planned key that the data repeats is widened by id', () => {
    const plan = predictions(
      "(1, 'm1', 'BTC', '2025-01-01T00:00:00'), (2, 'm1', 'BTC', '2025-01-01T00:00:00')",
    )
    expect(targetOf(plan, 'ml.predictions').primaryKey?.columns).toEqual([
      'timestamp',
      'symbol',
      'model_id',
      'id',
    ])
  })

  test('two spellings of one instant repeat the key', () => {
    const plan = predictions(
      "(1, 'm1', 'BTC', '2025-01-01T00:00:00'), (2, 'm1', 'BTC', '2025-01-01 00:00:00')",
    )
    expect(targetOf(plan, 'ml.predictions').primaryKey?.columns).toContain('id')
  })

  test('an orphan makes the reference null, so it leaves the key; the planned key stays unique', () => {
    const plan = predictions("(1, 'm1', 'BTC', '2025-01-01'), (2, 'gone', 'BTC', '2025-01-02')")
    const { primaryKey, indexes } = targetOf(plan, 'ml.predictions')
    expect(primaryKey?.columns).toEqual(['timestamp', 'symbol', 'id'])
    expect(indexes.find(({ name }) => name === 'predictions_planned_key')?.unique).toBe(true)
    expect(columnOf(plan, 'ml.predictions', 'model_id')?.nullable).toBe(true)
  })

  test('a null reference in the key: no row is refused for it', () => {
    const plan = predictions("(1, null, 'BTC', '2025-01-01')")
    expect(finding(plan, 'null-in-not-null')).toBeUndefined()
    expect(targetOf(plan, 'ml.predictions').primaryKey?.columns).toEqual(['timestamp', 'symbol', 'id'])
  })

  test('a table without any time has no key, and the default partition', () => {
    const plan = planWith({
      'ml_predictions.db':
        "create table predictions (id integer primary key, symbol text); insert into predictions values (1, 'BTC')",
    })
    const target = targetOf(plan, 'ml.predictions')
    expect(target.primaryKey).toBeNull()
    expect(target.partitioning?.months).toEqual([])
    expect(columnOf(plan, 'ml.predictions', 'timestamp')?.nullable).toBe(true)
  })

  test('a feature set name that repeats is not unique', () => {
    const plan = planWith({
      'ml_features.db': `create table feature_sets (id integer primary key, name text); insert into feature_sets values (1, 'a'), (2, 'a')`,
    })
    expect(targetOf(plan, 'ml.feature_sets').uniques).toEqual(
      [['feature_set_id']].map((columns) => ({ name: 'feature_sets_feature_set_id_key', columns })),
    )
  })
})

describe('values that the plan did not expect', () => {
  const trades = (columns: string, values: string, wishes: PlanWishes = {}): Plan =>
    planWith(
      {
        'trading.db': `create table trades (id integer primary key, ${columns}); insert into trades values ${values}`,
      },
      wishes,
    )

  test('nulls in a not null column are forecast; nothing but nulls makes it nullable', () => {
    expect(finding(trades('symbol text', "(1, 'BTC'), (2, null)"), 'null-in-not-null')).toMatchObject({
      count: 1,
      column: 'symbol',
    })
    const plan = trades('symbol text', '(1, null), (2, null)')
    expect(finding(plan, 'null-in-not-null')).toBeUndefined()
    expect(columnOf(plan, 'trading.trades', 'symbol')?.nullable).toBe(true)
  })

  test('a few texts among the numbers are forecast; a column of texts is not a price', () => {
    const few = trades('price', "(1, 1.5), (2, 2.5), (3, 'n/a')")
    expect(finding(few, 'values-refused')).toMatchObject({ count: 1, column: 'price' })
    const all = trades('price text', "(1, 'cheap'), (2, 'dear')")
    expect(finding(all, 'not-what-it-is-called')).toMatchObject({ column: 'price' })
    expect(fromOf(all, 'trading.db/trades', 'source_price')).toMatchObject({ column: 'price' })
    expect(fromOf(all, 'trading.db/trades', 'price')).toEqual({ kind: 'nothing' })
  })

  test('an infinite number makes the column a double', () => {
    expect(columnOf(trades('price real', '(1, 9e999), (2, 1.5)'), 'trading.trades', 'price')?.type).toBe(
      'double precision',
    )
  })

  test('text decimals beyond the precision are measured too', () => {
    expect(columnOf(trades('price text', "(1, '1234567890123456.5')"), 'trading.trades', 'price')?.type).toBe(
      'numeric(24,8)',
    )
  })

  test('a rounding carry is an overflow', () => {
    const plan = planWith({
      'ml_predictions.db': `create table regime_states (id integer primary key, timestamp text, regime text, confidence real);
        insert into regime_states values (1, '2025-01-01', 'bull', 9.99996)`,
    })
    expect(columnOf(plan, 'ml.market_regimes', 'confidence')?.type).toBe('numeric(6,4)')
  })

  test('sides: other words stay in trades, and are refused in orders', () => {
    const plan = trades('side text', "(1, 'BUY'), (2, 'short'), (3, 'b')")
    expect(fromOf(plan, 'trading.db/trades', 'side')).toMatchObject({
      conversion: {
        kind: 'enumeration',
        values: { buy: 'buy', sell: 'sell', b: 'buy', s: 'sell', short: 'short' },
      },
    })
    const refused = planWith({
      'trading.db': `create table orders (id integer primary key, side text); insert into orders values (1, 'buy'), (2, 'Sell'), (3, 'short')`,
    })
    expect(finding(refused, 'not-in-enumeration')).toMatchObject({ count: 1, samples: [{ value: 'short' }] })
  })

  test('a name that has the target of another: exact names win, aliases take what is free', () => {
    const plan = trades('price real, fill_price real, amount real, quantity real', '(1, 1.5, 2.5, 3.5, 4.5)')
    expect(fromOf(plan, 'trading.db/trades', 'price')).toMatchObject({ column: 'price' })
    expect(fromOf(plan, 'trading.db/trades', 'quantity')).toMatchObject({ column: 'quantity' })
    expect(columnOf(plan, 'trading.trades', 'fill_price')).toMatchObject({
      origin: 'added',
      type: 'double precision',
    })
    expect(columnOf(plan, 'trading.trades', 'amount')).toBeDefined()
  })

  test('names: system columns, 70 bytes, case-only twins, quotes', () => {
    const long = 'x'.repeat(70)
    const plan = trades(
      `ctid text, "${long}" text, "Quantity " real, quantity real, "a""b" text`,
      "(1, 'a', 'b', 1.5, 2.5, 'c')",
    )
    const names = targetOf(plan, 'trading.trades').columns.map(({ name }) => name)
    expect(names).not.toContain('ctid')
    expect(names.every((name) => Buffer.byteLength(name) <= 63)).toBe(true)
    expect(names).toContain('a"b')
    expect(copyOf(plan, 'trading.db/trades').columns).toHaveLength(names.length)
  })
})

describe('features', () => {
  const features = (sql: string): Plan => planWith({ 'ml_features.db': sql })

  test('without a rowid a long table keeps a row a feature', () => {
    const plan =
      features(`create table feature_values (symbol text, timestamp text, feature_name text, value real,
      primary key (symbol, timestamp, feature_name)) without rowid; insert into feature_values values ('BTC', '2025-01-01', 'rsi', 1.5)`)
    expect(fromOf(plan, 'ml_features.db/feature_values', 'features')).toEqual({
      kind: 'gather',
      columns: ['feature_name', 'value'],
    })
  })

  test('a column of JSON beside number columns: the document is the features, the numbers are added', () => {
    const plan =
      features(`create table feature_values (id integer primary key, symbol text, timestamp text, features text, rsi real);
      insert into feature_values values (1, 'BTC', '2025-01-01', '{"a": 1}', 2.5)`)
    expect(fromOf(plan, 'ml_features.db/feature_values', 'features')).toMatchObject({ column: 'features' })
    expect(columnOf(plan, 'ml.feature_values', 'rsi')?.type).toBe('double precision')
  })

  test('a pivot by group: the key is the planned one', () => {
    const plan =
      features(`create table feature_sets (id integer primary key, name text); insert into feature_sets values (1, 'a');
      create table feature_values (id integer primary key, symbol text, timestamp text, feature_set text, feature_name text, value real);
      insert into feature_values values (1, 'BTC', '2025-01-01', 'a', 'x', 1.5), (2, 'BTC', '2025-01-01', 'a', 'y', 2.5)`)
    expect(fromOf(plan, 'ml_features.db/feature_values', 'feature_set_id')?.kind).toBe('expression')
    expect(targetOf(plan, 'ml.feature_values').primaryKey?.columns).toEqual([
      'timestamp',
      'symbol',
      'feature_set_id',
    ])
  })
})

describe('files and tables', () => {
  test('two files of one name: the one with the tables has the role', () => {
    const plan = planWith({
      'a/trading.db': 'create table notes (id integer primary key)',
      'b/deep/trading.db':
        'create table orders (id integer primary key); create table trades (id integer primary key)',
    })
    expect(plan.sources.map(({ database, role }) => [database, role])).toEqual([
      ['a/trading.db', null],
      ['b/deep/trading.db', 'trading.db'],
    ])
    expect(finding(plan, 'role-taken')?.database).toBe('a/trading.db')
    expect(copyOf(plan, 'a/trading.db/notes').target.schema).not.toBe('trading')
  })

  test('virtual tables, capitals, and a child whose rows name nobody', () => {
    const plan = planWith({
      'portfolio_optimization.db': `create table Optimization_Runs (id integer primary key, timestamp text); insert into Optimization_Runs values (1, '2025-01-01');
        create table allocations (id integer primary key, run_id integer, weight real); insert into allocations values (1, 99, 0.5);
        create table constraints (id integer primary key, note text); insert into constraints values (1, 'x');
        create virtual table search using fts5(body); insert into search values ('hello')`,
    })
    expect(copyOf(plan, 'portfolio_optimization.db/Optimization_Runs').target.table).toBe('optimization_runs')
    expect(copyOf(plan, 'portfolio_optimization.db/allocations').target).toEqual({
      schema: 'legacy',
      table: 'allocations',
    })
    expect(copyOf(plan, 'portfolio_optimization.db/constraints').target.schema).toBe('legacy')
    expect(plan.findings.filter(({ code }) => code === 'not-folded')).toHaveLength(2)
    expect(plan.tables.some(({ table }) => table === 'search')).toBe(true)
  })
})

test('a planned parent whose rows may be refused: its children keep their references, which say it all', () => {
  const plan = planWith({
    'trading.db': `create table orders (id integer primary key, ${orders});
      insert into orders values ${order("1, '6f9619ff-8b86-d011-b42d-00c04fc964ff'")}, (2, '6f9619ff-8b86-d011-b42d-00c04fc964f0', null, 'buy', 'limit', 1.5, 'filled', '2025-01-01');
      create table trades (id integer primary key, order_id text); insert into trades values (1, '6f9619ff-8b86-d011-b42d-00c04fc964ff')`,
  })
  expect(finding(plan, 'null-in-not-null')?.table).toBe('orders')
  expect(copyOf(plan, 'trading.db/trades').references[0]?.originalIn).toBeNull()
})

test('texts of a JSON column that are no JSON, as NaN is none, are reported', () => {
  const plan = planWith({
    'ml_models.db': `create table models (model_id text, model_name text, model_type text, metrics text);
      insert into models values ('a', 'a', 'x', '{"f1": NaN}'), ('b', 'b', 'x', '{"f1": 1}'), ('c', 'c', 'x', 'null'), ('d', 'd', 'x', null)`,
  })
  expect(finding(plan, 'not-json')).toMatchObject({
    severity: 'warning',
    column: 'metrics',
    count: 1,
    message: `models.metrics holds 1 text that is not JSON, such as {"f1": NaN}; it becomes a JSON string in ml.models.performance_metrics.`,
  })
})

test('a column that would be a home but for some of its values is named', () => {
  const plan = planWith({
    'trading.db': `create table trades (id integer primary key, symbol text, side text, qty, price real, executed_at text);
      insert into trades values (1, 'BTC', 'buy', 3, 1.5, '2025-01-01'), (2, 'BTC', 'buy', x'0300000000000000', 1.5, '2025-01-01')`,
  })
  expect(finding(plan, 'almost-a-home')).toMatchObject({
    severity: 'warning',
    column: 'qty',
    message:
      'trading.trades.quantity would be filled from trades.qty, but not all of its values are numeric(20,8); they are kept in a column of their own.',
  })
})

test('a foreign key to a table that the plan moves says so', () => {
  const plan = planWith({
    'trading.db': `create table orders (id integer primary key, ${orders}); insert into orders values ${order("1, 'x'")};
      create table executions (id integer primary key, order_id integer references orders(id))`,
  })
  expect(finding(plan, 'reference-without-table')?.message).toBe(
    'The foreign key of "executions" (order_id) to "orders" is not created: the plan moves that table with keys of its own.',
  )
})

test('an added column is typed by what its values are: JSON scalars are JSON, days that no calendar has are texts', () => {
  const plan = planWith({
    'trading.db': `create table orders (id integer primary key, ${orders}, extra json, settles date, fills date);
      insert into orders select 1, 'a', 'BTC', 'buy', 'limit', 1.5, 'filled', '2025-01-01', 'null', '2025-02-30', '2025-02-28';
      insert into orders select 2, 'b', 'BTC', 'buy', 'limit', 1.5, 'filled', '2025-01-01', '{"a": 1}', '2025-02-28', '2025-02-28'`,
  })
  const typeOf = (name: string) =>
    plan.schema.tables.find(({ table }) => table === 'orders')!.columns.find((column) => column.name === name)
      ?.type
  expect([typeOf('extra'), typeOf('settles'), typeOf('fills')]).toEqual(['json', 'text', 'date'])
})

test('hostile ids cannot leave the expression that they are written into', () => {
  const plan = planWith({
    'ml_models.db': `create table models (model_id blob, model_name text, model_type text);
      insert into models values (x'6f9619ff8b86d011b42d00c04fc964ff', 'x'' then 1 end; --', 'a'), ('plain', 'y', 'b')`,
    'ml_predictions.db': `create table predictions (id integer primary key, model text, symbol text, timestamp text);
      insert into predictions values (1, 'x'' then 1 end; --', 'BTC', '2025-01-01'), (2, 'y', 'BTC', '2025-01-02')`,
  })
  const { expressions } = copyOf(plan, 'ml_predictions.db/predictions').read
  expect(finding(plan, 'orphans')).toBeUndefined()
  expect(expressions[0]).toContain("when 'x'' then 1 end; --' then X'6F9619FF8B86D011B42D00C04FC964FF'")
})

test('a column that the census and the plan both know is never mapped twice', () => {
  const plan = planWith({
    'trading.db': `create table portfolio (id integer primary key, date text, time text, equity real, total_equity real, cash real);
      insert into portfolio values (1, '2025-01-01', '10:00', 1.5, 2.5, 3.5)`,
  })
  const used = copyOf(plan, 'trading.db/portfolio').columns.flatMap(({ from }) =>
    from.kind === 'column' ? [from.column] : [],
  )
  expect([...used].sort()).toEqual(['cash', 'date', 'equity', 'id', 'id', 'time', 'total_equity'])
})
