import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, describe, expect, test } from 'vitest'
import type { ColumnOrigin, CopyPlan, Plan } from '../../src/engine/model/plan.ts'
import type { TargetColumn, TargetTable } from '../../src/engine/model/target-schema.ts'
import { canonicalJson } from '../../src/engine/plan/base/plan-hash.ts'
import { idText } from '../../src/engine/plan/evidence/questions.ts'
import { automatic } from '../../src/mappings/auto.ts'
import { dialects } from './dialects/index.ts'
import { type PlanWishes, plainProbe, planOf } from './support/plan-of.ts'

const folders = new Map<string, string>()
afterAll(() => {
  for (const folder of folders.values()) rmSync(folder, { recursive: true })
})

function folderOf(name: string): string {
  const known = folders.get(name)
  if (known !== undefined) return known
  const folder = mkdtempSync(join(tmpdir(), `dialect-${name}-`))
  folders.set(name, folder)
  dialects.find((dialect) => dialect.name === name)!.create(folder)
  return folder
}

const plans = new Map<string, Plan>()

/** The plan of a dialect, made once; with wishes, made anew. */
function planned(name: string, wishes: PlanWishes | null = null): Plan {
  if (wishes !== null) return plannedAnew(name, wishes)
  const plan = plans.get(name) ?? plannedAnew(name)
  plans.set(name, plan)
  return plan
}

function plannedAnew(name: string, wishes: PlanWishes = {}): Plan {
  const allowMissing = dialects.find((dialect) => dialect.name === name)?.allowMissing ?? false
  return planOf(folderOf(name), { ...wishes, options: { allowMissing, ...wishes.options } })
}

function copyOf(plan: Plan, id: string): CopyPlan {
  const table = plan.tables.find((candidate) => candidate.id === id)
  if (table?.fate.kind !== 'copy') throw new Error(`${id} is not copied`)
  return table.fate.copy
}

function originOf(plan: Plan, id: string, target: string): ColumnOrigin | undefined {
  return copyOf(plan, id).columns.find((column) => column.target === target)?.from
}

function targetOf(plan: Plan, name: string): TargetTable {
  return plan.schema.tables.find(({ schema, table }) => `${schema}.${table}` === name)!
}

function columnOf(plan: Plan, table: string, name: string): TargetColumn | undefined {
  return targetOf(plan, table).columns.find((column) => column.name === name)
}

const codes = (plan: Plan): string[] =>
  plan.findings.map(({ severity, code, table, column }) =>
    [severity, code, table, column].filter(Boolean).join(' '),
  )
const amended = (plan: Plan, code: string): string[] =>
  plan.amendments.filter((entry) => entry.code === code).map(({ table }) => table)

describe('what Python prints', () => {
  test('epochs that are texts are times, in their months, and no row is refused', () => {
    const plan = planned('printed')
    const isEpoch = expect.objectContaining({
      conversion: expect.objectContaining({ kind: 'timestamptz', epoch: 'seconds' }),
    })
    for (const [id, target] of [
      ['trading.db/orders', 'submitted_at'],
      ['trading.db/trades', 'executed_at'],
      ['ml_features.db/feature_values', 'timestamp'],
      ['ml_predictions.db/predictions', 'timestamp'],
      ['portfolio_optimization.db/optimization_runs', 'timestamp'],
    ] as const)
      expect(originOf(plan, id, target)).toEqual(isEpoch)
    expect(targetOf(plan, 'ml.predictions').partitioning!.months.map(({ from }) => from)).toEqual(
      targetOf(planned('epoch-seconds'), 'ml.predictions').partitioning!.months.map(({ from }) => from),
    )
    expect(amended(plan, 'key-widened')).toEqual(amended(planned('epoch-seconds'), 'key-widened'))
    expect(codes(plan).filter((code) => code.startsWith('warning'))).toEqual([])
  })

  test('the members of an enum class of sides are sides', () => {
    expect(originOf(planned('printed'), 'trading.db/orders', 'side')).toEqual(
      expect.objectContaining({
        conversion: expect.objectContaining({
          values: expect.objectContaining({ 'orderside.buy': 'buy', 'orderside.sell': 'sell' }),
        }),
      }),
    )
  })

  test('text numbers that are no epoch, and epochs of two units, stay texts', () => {
    const folder = mkdtempSync(join(tmpdir(), 'no-epochs-'))
    folders.set('no-epochs', folder)
    const db = new Database(join(folder, 'trading.db'))
    db.exec(`create table trades (id integer primary key, symbol text, side text, quantity text, price text, executed_at text, created_at text);
      insert into trades values (1, 'A', 'buy', '1', '2', '1735689600', '17'), (2, 'A', 'buy', '1', '2', '1735689600000', '20250102')`)
    db.close()
    const plan = planOf(folder, { options: { allowMissing: true } })
    const mistaken = codes(plan).filter((code) => code.includes('not-what-it-is-called'))
    expect(mistaken).toEqual([
      'warning not-what-it-is-called trades executed_at',
      'warning not-what-it-is-called trades created_at',
    ])
  })
})

describe.each(dialects)('$name', ({ name }) => {
  test('is planned without an error, the same way twice, as plain data', () => {
    const plan = planned(name)
    expect(plan.findings.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(canonicalJson(plannedAnew(name))).toBe(canonicalJson(plan))
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
    expect(structuredClone(plan)).toEqual(plan)
  })

  test('all 20 tables of the plan are created, and every source table has one fate', () => {
    const plan = planned(name)
    const four = plan.schema.tables.filter(({ schema }) =>
      ['trading', 'ml', 'portfolio', 'monitoring'].includes(schema),
    )
    expect(four).toHaveLength(20)
    expect(new Set(plan.tables.map(({ id }) => id)).size).toBe(plan.tables.length)
    expect(Object.keys(plan.sourceRows).sort()).toEqual(plan.tables.map(({ id }) => id).sort())
  })

  test('a reference is made in the name space of its parent, and its orphans keep their values', () => {
    const plan = planned(name)
    for (const table of plan.tables) {
      if (table.fate.kind !== 'copy') continue
      const { copy } = table.fate
      for (const reference of copy.references) {
        if (!['trading', 'ml', 'portfolio'].includes(copy.target.schema)) continue
        const from = copy.columns.find(({ target }) => target === reference.target)!.from
        const conversion = from.kind === 'column' || from.kind === 'expression' ? from.conversion : null
        expect(conversion?.kind, `${table.id} ${reference.target}`).toBe('uuid-of-id')
        const key = targetOf(plan, `${copy.target.schema}.${copy.target.table}`).foreignKeys.find(
          ({ columns }) => columns[0] === reference.target,
        )
        if (reference.parent === null || conversion?.kind !== 'uuid-of-id' || key === undefined) continue
        const parent = copyOf(plan, reference.parent.tableId)
        const identity = parent.columns.find(({ target }) => target === key.references.columns[0])!.from
        const made = 'conversion' in identity ? identity.conversion : null
        expect(made).toMatchObject({
          kind: 'uuid-of-id',
          database: conversion.database,
          table: conversion.table,
        })
      }
      for (const finding of plan.findings.filter(
        ({ code, tableId }) => code === 'orphans' && tableId === table.id,
      )) {
        const reference = copy.references.find(({ columns }) => columns[0] === finding.column)!
        expect(reference.originalIn).not.toBeNull()
        expect(copy.columns.some(({ target }) => target === reference.originalIn)).toBe(true)
      }
    }
  })

  test('an expression gives the identity of a parent, or null for an orphan', () => {
    const plan = planned(name)
    for (const table of plan.tables) {
      if (table.fate.kind !== 'copy') continue
      const { copy } = table.fate
      for (const { target, from } of copy.columns) {
        if (from.kind !== 'expression') continue
        const reference = copy.references.find((candidate) => candidate.target === target)!
        const orphans = plan.findings.find(
          ({ code, tableId, column }) =>
            code === 'orphans' && tableId === table.id && column === reference.columns[0],
        )
        const parent = copyOf(plan, reference.parent!.tableId)
        const identity = parent.columns.find((column) => column.target === target)!.from
        if (identity.kind !== 'column') throw new Error('the identity is a column here')
        const db = new Database(join(folderOf(name), table.database), { readonly: true })
        db.prepare('attach ? as parents').run(join(folderOf(name), reference.parent!.database))
        const value = `"${table.table}"."${reference.columns[0]}"`
        const [nulls, wrong] = db
          .prepare(
            `select sum(v is null), sum(v is not null and not exists (select 1 from parents."${reference.parent!.table}" p
               where ${idText(`p."${reference.parent!.columns[0]}"`)} = ${idText('r')} and p."${identity.column}" = v))
             from (select ${copy.read.expressions[from.expression]} as v, ${value} as r from "${table.table}") where r is not null`,
          )
          .raw()
          .get() as number[]
        db.close()
        expect([nulls, wrong], `${table.id} ${target}`).toEqual([orphans?.count ?? 0, 0])
      }
    }
  })
})

describe('ids', () => {
  test('integer keys keep their values and make the UUIDs', () => {
    const plan = planned('integer-ids')
    expect(originOf(plan, 'trading.db/orders', 'id')).toMatchObject({ kind: 'column', column: 'id' })
    expect(originOf(plan, 'trading.db/orders', 'order_id')).toMatchObject({
      kind: 'column',
      column: 'id',
      conversion: { kind: 'uuid-of-id', database: 'trading.db', table: 'orders', form: 'none' },
    })
    expect(columnOf(plan, 'trading.orders', 'source_order_id')).toBeUndefined()
    expect(columnOf(plan, 'trading.trades', 'source_order_id')).toMatchObject({
      type: 'bigint',
      origin: 'added',
    })
    expect(copyOf(plan, 'ml_predictions.db/predictions').references).toMatchObject([
      {
        columns: ['model_id'],
        parent: { database: 'ml_models.db', table: 'models', columns: ['id'] },
        originalIn: 'source_model_id',
      },
    ])
  })

  test('a text UUID is itself, needs no original, and the key is the rowid', () => {
    const plan = planned('uuid-ids')
    expect(originOf(plan, 'trading.db/trades', 'trade_id')).toMatchObject({
      column: 'id',
      conversion: { form: 'lower' },
    })
    expect(originOf(plan, 'trading.db/trades', 'id')).toMatchObject({ kind: 'rowid' })
    expect(originOf(plan, 'trading.db/trades', 'order_id')).toMatchObject({
      column: 'order_id',
      conversion: { form: 'lower' },
    })
    expect(
      plan.schema.tables.flatMap(({ columns }) => columns).filter(({ name }) => name.startsWith('source_')),
    ).toEqual([])
  })

  test('ORD-0001 is kept beside its UUID, in the parent and in the child', () => {
    const plan = planned('broker-ids')
    expect(columnOf(plan, 'trading.orders', 'source_order_id')?.type).toMatch(/text|character varying/)
    expect(columnOf(plan, 'trading.trades', 'source_order_id')).toBeDefined()
    expect(originOf(plan, 'trading.db/trades', 'order_id')).toMatchObject({
      kind: 'column',
      column: 'order_id',
    })
  })

  test('UUIDs in capitals are UUIDs, and their spelling is kept', () => {
    const plan = planned('camel-case')
    expect(originOf(plan, 'trading.db/orders', 'order_id')).toMatchObject({ column: 'orderId' })
    expect(columnOf(plan, 'trading.orders', 'source_order_id')).toBeDefined()
  })

  test('children that name a parent by its integer key, or a model by its name, are looked up', () => {
    const plan = planned('troubled')
    expect(originOf(plan, 'trading.db/trades', 'order_id')?.kind).toBe('expression')
    expect(originOf(plan, 'ml_predictions.db/predictions', 'model_id')?.kind).toBe('expression')
    expect(copyOf(plan, 'ml_predictions.db/predictions').references[0]?.parent?.columns).toEqual([
      'model_name',
    ])
  })
})

describe('keys, partitions, folds, pivots', () => {
  test('months that hold data and three ahead; a default partition', () => {
    const { partitioning } = targetOf(planned('integer-ids'), 'ml.predictions')
    expect(partitioning?.months.map(({ name }) => name)).toEqual([
      'predictions_2025_05',
      'predictions_2025_06',
      'predictions_2025_07',
      'predictions_2025_08',
      'predictions_2025_09',
    ])
    expect(partitioning?.months[0]).toEqual({
      name: 'predictions_2025_05',
      from: '2025-05-01 00:00:00+00',
      to: '2025-06-01 00:00:00+00',
    })
    expect(partitioning?.defaultName).toBe('predictions_default')
  })

  test.each([
    ['uuid-ids', ['id']],
    ['broker-ids', ['id', 'created_at']],
    ['troubled', ['id', 'created_at']],
  ])('%s: long features pivot, and what varies in a group is archived: %j', (name, archived) => {
    const copy = copyOf(planned(name), 'ml_features.db/feature_values')
    expect(copy.pivot).toEqual({
      groupBy: ['timestamp', 'symbol', 'feature_set_id'],
      name: 'feature_name',
      value: 'feature_value',
      archived,
    })
    expect(copy.columns.find(({ target }) => target === 'features')?.from).toEqual({ kind: 'pivot' })
    expect(copy.identity).toEqual({ kind: 'columns', columns: ['id'], ordered: true })
  })

  test('wide features are gathered; JSON features are a document', () => {
    expect(originOf(planned('epoch-seconds'), 'ml_features.db/feature_values', 'features')).toEqual({
      kind: 'gather',
      columns: ['rsi_14', 'macd', 'sma_20', 'volume_ratio'],
    })
    expect(originOf(planned('integer-ids'), 'ml_features.db/feature_values', 'features')).toMatchObject({
      column: 'features',
      conversion: { kind: 'json', text: 'document', storage: 'jsonb' },
    })
  })

  test('children fold into their parents by whatever names them', () => {
    const plan = planned('epoch-seconds')
    const copy = copyOf(plan, 'portfolio_optimization.db/optimization_runs')
    expect(
      copy.folds.map(({ table, childColumn, parentColumn }) => [table, childColumn, parentColumn]),
    ).toEqual([
      ['constraints', 'run_id', 'run_id'],
      ['allocations', 'run_id', 'run_id'],
      ['efficient_frontiers', 'run_id', 'run_id'],
    ])
    expect(originOf(plan, 'portfolio_optimization.db/optimization_runs', 'optimal_weights')).toEqual({
      kind: 'fold',
      fold: 1,
    })
  })

  test('a fold whose column the parent fills itself gets one beside it', () => {
    const plan = planned('troubled')
    expect(originOf(plan, 'portfolio_optimization.db/optimization_runs', 'constraints')).toMatchObject({
      column: 'constraints',
    })
    expect(originOf(plan, 'portfolio_optimization.db/optimization_runs', 'constraints_rows')).toEqual({
      kind: 'fold',
      fold: 0,
    })
    expect(codes(plan)).toContain('warning no-parent rebalancing_trades rebalancing_id')
  })

  test('a key that is missing, or may be null, is widened by the row id', () => {
    expect(targetOf(planned('date-only'), 'ml.predictions').primaryKey?.columns).toEqual([
      'timestamp',
      'symbol',
      'id',
    ])
    expect(targetOf(planned('missing-file'), 'ml.predictions').primaryKey?.columns).toEqual([
      'timestamp',
      'symbol',
      'id',
    ])
    expect(targetOf(planned('integer-ids'), 'ml.predictions').primaryKey?.columns).toEqual([
      'timestamp',
      'symbol',
      'model_id',
    ])
    const empty = planned('empty-tables')
    expect(targetOf(empty, 'ml.predictions').primaryKey?.columns).toEqual(['timestamp', 'symbol', 'model_id'])
  })
})

describe('types and findings', () => {
  test('columns that a dialect lacks or adds', () => {
    const plan = planned('date-only')
    expect(amended(plan, 'nullable')).toEqual(['ml.models', 'trading.orders', 'portfolio.snapshots'])
    expect(codes(plan)).toContain('notice shared-column orders created_at')
    expect(columnOf(plan, 'trading.orders', 'Time In Force')).toMatchObject({ origin: 'added', type: 'text' })
    expect(columnOf(plan, 'trading.positions', 'raw')?.type).toBe('bytea')
  })

  test('what overflows widens its type, or is quarantined', () => {
    const plan = planned('troubled')
    expect(columnOf(plan, 'trading.positions', 'quantity')?.type).toBe('numeric(23,8)')
    expect(columnOf(plan, 'trading.positions', 'symbol')?.type).toBe('character varying(50)')
    expect(columnOf(plan, 'ml.predictions', 'confidence')?.type).toBe('numeric(6,4)')
    const strict = planned('troubled', { options: { onOverflow: 'quarantine' } })
    expect(columnOf(strict, 'trading.positions', 'quantity')?.type).toBe('numeric(20,8)')
    expect(codes(strict)).toContain('warning overflow positions quantity')
  })

  test('renamed columns find their homes', () => {
    const plan = planned('epoch-seconds')
    const homes = Object.fromEntries(
      ['symbol', 'quantity', 'entry_price', 'opened_at'].map((target) => {
        const from = originOf(plan, 'trading.db/positions', target)
        return [target, from?.kind === 'column' ? from.column : null]
      }),
    )
    expect(homes).toEqual({
      symbol: 'ticker',
      quantity: 'qty',
      entry_price: 'avg_price',
      opened_at: 'entry_time',
    })
    expect(originOf(plan, 'ml_predictions.db/regime_states', 'regime')).toMatchObject({ column: 'state' })
    expect(originOf(plan, 'trading.db/trades', 'executed_at')).toMatchObject({
      conversion: { kind: 'timestamptz', epoch: 'seconds' },
    })
    expect(
      plan.schema.tables
        .flatMap(({ columns }) => columns)
        .filter(({ origin, name }) => origin === 'added' && !name.startsWith('source_')),
    ).toEqual([])
  })

  test('a missing file stops the plan, unless it may be missing', () => {
    expect(codes(planned('missing-file', { options: { allowMissing: false } }))).toContain(
      'error missing-database',
    )
    expect(codes(planned('missing-file'))).toContain('warning missing-database')
  })

  test('orphans: fail makes an error, quarantine rejects the row', () => {
    const failing = planned('troubled', { options: { orphans: 'fail' } })
    expect(failing.findings.some(({ severity, code }) => severity === 'error' && code === 'orphans')).toBe(
      true,
    )
    const rejecting = planned('troubled', { options: { orphans: 'quarantine' } })
    expect(copyOf(rejecting, 'trading.db/trades').references[0]?.onOrphan).toBe('reject-row')
  })

  test('other tables and files: legacy, and a schema of their own', () => {
    const plan = planned('nested-files')
    expect(copyOf(plan, 'data/trading/trading.db/components').target).toEqual({
      schema: 'legacy',
      table: 'components',
    })
    expect(copyOf(plan, 'data/trading/live_trading.db/orders').target).toEqual({
      schema: 'live_trading',
      table: 'orders',
    })
    expect(plan.sources.find(({ database }) => database === 'data/trading/trading.db')?.role).toBe(
      'trading.db',
    )
    const unknown = plan.findings.flatMap(({ code, database }) =>
      code === 'table-not-in-mapping' ? [database] : [],
    )
    expect(unknown).toContain('data/trading/trading.db')
    expect(new Set(unknown).size).toBe(unknown.length)
    const all = planned('nested-files', { mapping: automatic })
    expect(all.tables.every(({ fate }) => fate.kind === 'copy')).toBe(true)
    expect(all.findings.filter(({ code }) => code === 'table-not-in-mapping')).toEqual([])
  })
})

describe('the user decides', () => {
  test('--unmapped archive, drop and fail', () => {
    const archived = planned('date-only', { options: { unmapped: 'archive' } })
    expect(
      copyOf(archived, 'trading.db/positions').unmapped.map(({ column, fate }) => [column, fate]),
    ).toEqual([
      ['exchange', 'archive'],
      ['leverage', 'archive'],
      ['raw', 'archive'],
    ])
    expect(planned('date-only', { options: { unmapped: 'fail' } }).findings[0]).toMatchObject({
      severity: 'error',
      code: 'unmapped-column',
    })
  })

  test('--exclude a parent: its children stand alone, references keep their values', () => {
    const plan = planned('integer-ids', {
      options: { exclude: ['models', 'portfolio_optimization.db/optimization_runs'] },
    })
    expect(plan.tables.find(({ id }) => id === 'ml_models.db/models')?.fate).toEqual({
      kind: 'exclude',
      reason: 'left out by --exclude',
    })
    expect(copyOf(plan, 'portfolio_optimization.db/allocations').target.schema).toBe('legacy')
    expect(copyOf(plan, 'ml_predictions.db/predictions').references[0]?.parent).toBeNull()
  })

  test('edits: type, target, exclude, archive', () => {
    const tableId = 'trading.db/positions'
    const plan = planned('date-only', {
      edits: [
        { tableId, column: 'exchange', change: { kind: 'target', name: 'venue' } },
        { tableId, column: 'leverage', change: { kind: 'type', type: 'numeric(10,2)' } },
        { tableId, column: 'raw', change: { kind: 'unmapped', fate: 'archive' } },
        { tableId, column: 'status', change: { kind: 'exclude', reason: 'not needed' } },
        {
          tableId: 'trading.db/orders',
          column: null,
          change: { kind: 'target', name: 'trading.all_orders' },
        },
        { tableId: 'trading.db/portfolio', column: null, change: { kind: 'exclude', reason: 'old' } },
      ],
    })
    expect(originOf(plan, tableId, 'venue')).toMatchObject({ column: 'exchange' })
    expect(columnOf(plan, 'trading.positions', 'leverage')?.type).toBe('numeric(10,2)')
    expect(copyOf(plan, tableId).unmapped).toEqual([
      { column: 'status', fate: 'drop' },
      { column: 'raw', fate: 'archive' },
    ])
    expect(originOf(plan, tableId, 'status')).toEqual({ kind: 'nothing' })
    expect(targetOf(plan, 'trading.trades').foreignKeys[0]?.references.table).toBe('all_orders')
    expect(plan.tables.find(({ id }) => id === 'trading.db/portfolio')?.fate).toEqual({
      kind: 'exclude',
      reason: 'old',
    })
  })

  test('--as gives a file its role', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dialect-as-'))
    folders.set('as', folder)
    const db = new Database(join(folder, 'bot.db'))
    db.exec('create table orders (id integer primary key, symbol text, side text)')
    db.close()
    const plan = planOf(folder, { roles: { 'bot.db': 'trading.db' }, options: { allowMissing: true } })
    expect(copyOf(plan, 'bot.db/orders').target).toEqual({ schema: 'trading', table: 'orders' })
  })

  test('the UUID function: the extension that the run creates, else the server itself', () => {
    const defaultOf = (plan: Plan): string | null | undefined =>
      columnOf(plan, 'trading.orders', 'order_id')?.default
    expect(defaultOf(planned('integer-ids'))).toBe('public.uuid_generate_v4()')
    expect(defaultOf(planned('integer-ids', { probe: null }))).toBe('gen_random_uuid()')
    const installed = { ...plainProbe, installedExtensions: ['uuid-ossp'] }
    expect(defaultOf(planned('integer-ids', { probe: installed }))).toBe('gen_random_uuid()')
  })
})
