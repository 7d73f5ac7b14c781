/** What `--distribute auto` proposes: it must be what Citus takes, and what joins make use of. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TargetTable } from '../../../../src/engine/model/target-schema.ts'
import { checkDistribution } from '../../../../src/engine/plan/distribution/check.ts'
import { LARGE_ROWS, proposePlacements } from '../../../../src/engine/plan/distribution/propose.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import { tableOf } from './tables.ts'

const proposed = (
  tables: readonly TargetTable[],
  large: readonly string[],
  wanted: Readonly<Record<string, string>> = {},
): Record<string, string> => {
  const placements = proposePlacements({
    tables,
    wanted: new Map(
      Object.entries(wanted).map(([table, column]) => [
        `app.${table}`,
        { distribution: { kind: 'column', column }, why: null },
      ]),
    ),
    rows: new Map(large.map((table) => [`app.${table}`, LARGE_ROWS])),
  })
  return Object.fromEntries(
    tables.map(({ schema, table }) => {
      const kept = placements.get(`${schema}.${table}`)?.distribution
      return [table, kept === undefined ? 'local' : kept.kind === 'column' ? kept.column : kept.kind]
    }),
  )
}

const id = 'bigint not null'

describe('a table of its own', () => {
  it('is copied where it is small, and spread by its key where it is large', () => {
    const tables = [
      tableOf('few', { columns: { id }, key: ['id'] }),
      tableOf('many', { columns: { id }, key: ['id'] }),
    ]
    expect(proposed(tables, ['many'])).toEqual({ few: 'reference', many: 'id' })
  })

  it('is copied whole where two unique keys share no column, and where nothing is surely there', () => {
    const tables = [
      tableOf('orders', { columns: { id, order_id: 'uuid not null' }, key: ['id'], uniques: [['order_id']] }),
      tableOf('log', { columns: { line: 'text', at: 'timestamp with time zone not null' } }),
    ]
    expect(proposed(tables, ['orders', 'log'])).toEqual({ orders: 'reference', log: 'reference' })
  })

  it('stays on the coordinator where it is partitioned and no column spreads it', () => {
    const columns = { at: 'timestamp with time zone not null', value: 'double precision' }
    expect(proposed([tableOf('ticks', { columns, key: ['at'], isPartitioned: true })], [])).toEqual({
      ticks: 'local',
    })
  })
})

describe('time series', () => {
  const series = (table: string, more: string) =>
    tableOf(table, {
      columns: {
        at: 'timestamp with time zone not null',
        symbol: 'character varying(20) not null',
        [more]: 'uuid not null',
      },
      key: ['at', more, 'symbol'],
      isPartitioned: true,
    })

  it('are spread by the column that they have in common, not by the time and not by another id', () => {
    expect(proposed([series('values', 'set_id'), series('predictions', 'model_id')], [])).toEqual({
      values: 'symbol',
      predictions: 'symbol',
    })
  })
})

describe('references', () => {
  it('make a parent a reference table where its children cannot lie beside it', () => {
    const tables = [
      tableOf('customers', { columns: { id }, key: ['id'] }),
      tableOf('orders', {
        columns: { id, customer: 'bigint' },
        key: ['id'],
        references: ['customer → customers(id)'],
      }),
    ]
    expect(proposed(tables, ['customers', 'orders'])).toEqual({ customers: 'reference', orders: 'id' })
  })

  it('bring parent and child side by side where the keys hold what pairs them', () => {
    const tables = [
      tableOf('accounts', { columns: { id }, key: ['id'] }),
      tableOf('entries', {
        columns: { number: id, account: id },
        key: ['number', 'account'],
        references: ['account → accounts(id)'],
      }),
    ]
    expect(proposed(tables, ['accounts', 'entries'])).toEqual({ accounts: 'id', entries: 'account' })
    // A small child follows its large parent.
    expect(proposed(tables, ['accounts'])).toEqual({ accounts: 'id', entries: 'account' })
  })

  it('of a table to itself make it a reference table', () => {
    const tables = [
      tableOf('nodes', {
        columns: { id, parent: 'bigint' },
        key: ['id'],
        references: ['parent → nodes(id)'],
      }),
    ]
    expect(proposed(tables, ['nodes'])).toEqual({ nodes: 'reference' })
  })

  it('that would change the column that spreads a table keep it from being spread by it', () => {
    const tables = [
      tableOf('users', { columns: { id }, key: ['id'] }),
      tableOf('profiles', {
        columns: { user: id },
        key: ['user'],
        references: ['user → users(id) on update cascade'],
      }),
    ]
    expect(proposed(tables, ['users', 'profiles'])).toEqual({ users: 'reference', profiles: 'reference' })
  })

  it('of a table that the user spreads decide about its parents', () => {
    const tables = [
      tableOf('models', { columns: { id }, key: ['id'] }),
      tableOf('runs', {
        columns: { id, model: id },
        key: ['id', 'model'],
        references: ['model → models(id)'],
      }),
    ]
    expect(proposed(tables, ['models'], { runs: 'id' })).toEqual({ models: 'reference', runs: 'id' })
    expect(proposed(tables, ['models'], { runs: 'model' })).toEqual({ models: 'id', runs: 'model' })
  })
})

it('whatever the tables are, what is proposed passes the checks', () => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const columns = ['id', 'x', 'y']
  const table = (name: string) =>
    fc
      .record({
        key: fc.subarray(columns, { minLength: 1 }),
        unique: fc.option(fc.subarray(columns, { minLength: 1 }), { nil: undefined }),
        types: fc.array(fc.constantFrom('bigint', 'bigint not null', 'text not null', 'jsonb'), {
          minLength: 3,
          maxLength: 3,
        }),
        references: fc.array(
          fc.record({
            columns: fc.subarray(columns, { minLength: 1, maxLength: 2 }),
            parent: fc.constantFrom(...names),
            action: fc.constantFrom('', ' on update cascade', ' on delete set null', ' on delete cascade'),
          }),
          { maxLength: 3 },
        ),
        isLarge: fc.boolean(),
      })
      .map(({ key, unique, types, references, isLarge }) => ({
        isLarge,
        table: tableOf(name, {
          columns: Object.fromEntries(columns.map((column, index) => [column, types[index]!])),
          key,
          uniques: unique === undefined ? [] : [unique],
          references: references.map(
            (one) => `${one.columns.join(',')} → ${one.parent}(${one.columns.join(',')})${one.action}`,
          ),
        }),
      }))
  fc.assert(
    fc.property(fc.tuple(...names.map(table)), (made) => {
      const tables = made.map((one) => one.table)
      const placements = proposePlacements({
        tables,
        wanted: new Map(),
        rows: new Map(made.flatMap((one) => (one.isLarge ? [[`app.${one.table.table}`, LARGE_ROWS]] : []))),
      })
      const placed = tables.map((one) => ({
        ...one,
        distribution: placements.get(`app.${one.table}`)!.distribution,
      }))
      expect(checkDistribution({ tables: placed, probe: null, nullsOf: () => 0 })).toEqual([])
    }),
    { numRuns: propertyRuns(2000) },
  )
})
