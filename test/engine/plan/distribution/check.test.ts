/** What Citus would refuse half-way is an error of the plan, with the change that makes it possible. */
import { describe, expect, it } from 'vitest'
import type { TargetProbe } from '../../../../src/engine/model/target-probe.ts'
import type { TargetTable } from '../../../../src/engine/model/target-schema.ts'
import { checkDistribution, refusalOfServer } from '../../../../src/engine/plan/distribution/check.ts'
import { distributionCalls } from '../../../../src/engine/plan/distribution/statements.ts'
import { plainProbe } from '../../../mappings/support/plan-of.ts'
import { tableOf } from './tables.ts'

const id = 'bigint not null'
const by = (column: string): NonNullable<TargetTable['distribution']> => ({ kind: 'column', column })
const reference = { kind: 'reference' } as const
const schema = { kind: 'schema' } as const

const found = (
  tables: readonly TargetTable[],
  { nulls = 0, probe = null }: { nulls?: number; probe?: TargetProbe | null } = {},
): readonly string[] =>
  checkDistribution({ tables, probe, nullsOf: () => nulls }).map(({ severity, code, message, hint }) => {
    expect({ severity, code }).toEqual({ severity: 'error', code: 'not-distributable' })
    return `${message} ${hint}`
  })

describe('a column that spreads a table', () => {
  const orders = (column: string) =>
    tableOf('orders', {
      columns: { id, order_id: 'uuid not null', tag: 'json', total: 'numeric(8,-2) not null' },
      key: ['id'],
      uniques: [['order_id', 'id']],
      distribution: by(column),
    })

  it('must be there, in every key, filled, and of a type with a hash', () => {
    expect(found([orders('id')])).toEqual([])
    expect(found([orders('ident')])).toEqual([
      'app.orders has no column ident to be spread by. Its columns are id, order_id, tag, total.',
    ])
    expect(found([orders('order_id')])).toEqual([
      expect.stringMatching(/primary key \(id\) does not hold it.*distribute: reference.*\(id, order_id\)/),
    ])
    expect(found([orders('id')], { nulls: 3 })).toEqual([expect.stringContaining('null in 3 rows')])
    expect(found([orders('tag')])).toContainEqual(expect.stringContaining('json has no hash'))
    expect(found([orders('total')])).toContainEqual(expect.stringContaining('numeric(8,-2) has no hash'))
  })

  it('is in no unique index over an expression', () => {
    const index = { name: 'lower_name', unique: true, where: null }
    const part = { expression: 'lower(name)', columns: ['name'], descending: false, collation: null }
    const table = tableOf('people', { columns: { name: 'text not null' }, distribution: by('name') })
    expect(found([{ ...table, indexes: [{ ...index, parts: [part] }] }])).toEqual([
      expect.stringMatching(/the unique index lower_name does not hold it.*distribute: reference/),
    ])
    expect(found([{ ...table, indexes: [{ ...index, unique: false, parts: [part] }] }])).toEqual([])
  })

  it('is not computed', () => {
    const table = tableOf('sums', { columns: { total: id }, distribution: by('total') })
    const columns = table.columns.map((column) => ({ ...column, generated: 'a + b' }))
    expect(found([{ ...table, columns }])).toEqual([expect.stringContaining('computed from other columns')])
  })
})

describe('a reference', () => {
  type Kept = TargetTable['distribution']
  /** A schema is distributed as a whole: the parent of a child that goes with its schema is in another one. */
  const pair = (own: Kept, other: Kept, action = '', parentType = id): readonly TargetTable[] => {
    const schema = own?.kind === 'schema' ? 'other' : 'app'
    const parent = tableOf('parents', { columns: { id: parentType }, key: ['id'], schema })
    const child = tableOf('children', {
      columns: { parent: id, own: id },
      references: [`parent → parents(id)${action}`],
    })
    const foreignKeys = child.foreignKeys.map((key) => ({
      ...key,
      references: { ...key.references, schema },
    }))
    return [
      { ...parent, ...(other && { distribution: other }) },
      { ...child, foreignKeys, ...(own && { distribution: own }) },
    ]
  }

  it.each([
    [by('parent'), by('id')],
    [by('parent'), reference],
    [by('own'), reference],
    [reference, reference],
    [undefined, reference],
    [reference, undefined],
    [schema, reference],
  ])('%o → %o is taken', (own, other) => {
    expect(found(pair(own, other))).toEqual([])
  })

  it.each([
    [by('own'), by('id'), /spread by id: a reference must hold .*Make app.parents a reference table/],
    [reference, by('id'), /spread by id: a reference must hold/],
    [undefined, by('id'), /spread by id: a reference must hold/],
    [by('own'), undefined, /on the coordinator alone.*Make app.parents a reference table/],
    [schema, undefined, /stays on the coordinator alone/],
  ])('%o → %o is refused', (own, other, why) => {
    expect(found(pair(own, other))).toEqual([expect.stringMatching(why)])
  })

  it('must not change the column that spreads its table', () => {
    expect(found(pair(by('parent'), reference, ' on delete set null'))).toEqual([
      expect.stringMatching(/on delete set null, which would change the column/),
    ])
    expect(found(pair(by('parent'), by('id'), ' on update cascade'))).toEqual([
      expect.stringMatching(/on update cascade, which would change the column/),
    ])
    expect(found(pair(by('parent'), by('id'), ' on delete cascade'))).toEqual([])
    expect(found(pair(by('own'), reference, ' on delete set null'))).toEqual([])
  })

  it('of types that hash differently does not lie beside its parent', () => {
    expect(found(pair(by('parent'), by('id'), '', 'integer not null'))).toEqual([
      expect.stringContaining('of one type'),
    ])
  })
})

describe('whole tables and schemas', () => {
  it('a partitioned table cannot be a reference table, and a hypertable is nothing for Citus', () => {
    const columns = { at: 'timestamp with time zone not null', symbol: 'text not null' }
    expect(found([tableOf('ticks', { columns, isPartitioned: true, distribution: reference })])).toEqual([
      expect.stringContaining('no partitioned reference tables'),
    ])
    const hypertable = { column: 'at', chunk: '1 month', extensionSchema: 'public' }
    expect(found([tableOf('ticks', { columns, hypertable, distribution: by('symbol') })])).toEqual([
      expect.stringMatching(/hypertable of TimescaleDB.*--timeseries native/),
    ])
  })

  it('a schema goes as a whole, and public does not', () => {
    const own = tableOf('a', { columns: { id }, distribution: schema })
    expect(found([own, tableOf('b', { columns: { id }, distribution: schema })])).toEqual([])
    expect(found([own, tableOf('b', { columns: { id }, distribution: reference })])).toEqual([
      expect.stringContaining('app.b is to be kept otherwise'),
    ])
    expect(found([{ ...own, schema: 'public' }])).toEqual([expect.stringContaining('schema public')])
    const there = { ...plainProbe, existing: [tableOf('older', { columns: { id }, existing: true })] }
    expect(found([own], { probe: there })).toEqual([expect.stringContaining('app.older is there already')])
  })
})

describe('the server', () => {
  const citus = { version: '13.2-1', nodes: 2, isCoordinator: true, tables: [] }
  it.each([
    [null, /without a server/],
    [plainProbe, /no extension citus/],
    [{ ...plainProbe, citus: null }, /no extension citus/],
    [{ ...plainProbe, citus: { ...citus, version: '11.3-1' } }, /12\.0 is the oldest/],
    [{ ...plainProbe, citus: { ...citus, isCoordinator: false } }, /connect to the coordinator/],
    [{ ...plainProbe, citus: { ...citus, nodes: 0 } }, /citus_add_node/],
  ])('is refused with the reason', (probe, why) => {
    expect(refusalOfServer(probe)).toMatch(why)
  })
  it('is taken where Citus is ready', () => {
    expect(refusalOfServer({ ...plainProbe, citus })).toBeNull()
  })
})

it('the calls come in an order that Citus takes, and quote what they name', () => {
  const tables = [
    tableOf('b', {
      columns: { id },
      distribution: { kind: 'column', column: 'id', with: { schema: 'app', table: 'it\'s "a"' } },
    }),
    tableOf('it\'s "a"', { columns: { 'the "id"': id }, distribution: by('the "id"') }),
    tableOf('c', { columns: { id }, distribution: reference }),
    tableOf('d', { columns: { id } }),
    tableOf('e', { columns: { id }, schema: 'tenant', distribution: schema }),
    tableOf('f', { columns: { id }, schema: 'tenant', distribution: schema }),
  ]
  expect(distributionCalls(tables).map(({ lines }) => lines.map((line) => line.trim()).join(' '))).toEqual([
    `select pg_catalog.create_reference_table( '"app"."c"' )`,
    `select pg_catalog.create_distributed_table( '"app"."it''s ""a"""', 'the "id"', colocate_with => 'none' )`,
    `select pg_catalog.create_distributed_table( '"app"."b"', 'id', colocate_with => '"app"."it''s ""a"""' )`,
    `select pg_catalog.citus_schema_distribute( '"tenant"' )`,
  ])
})
