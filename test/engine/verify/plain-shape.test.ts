/** What is proven without a twin, the twin proves as well, whatever was changed in the target. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TargetTable } from '../../../src/engine/model/target-schema.ts'
import { plainPart } from '../../../src/engine/model/target-schema.ts'
import { writeDdl } from '../../../src/engine/plan/ddl/ddl.ts'
import { quoteIdentifier } from '../../../src/engine/syntax/postgres-names.ts'
import { type Connection, connect } from '../../../src/engine/target/connection/connection.ts'
import { plainShape } from '../../../src/engine/verify/plain-shape.ts'
import { shapeComplaints } from '../../../src/engine/verify/shape-complaints.ts'
import { readPlannedShapes, readShapes } from '../../../src/engine/verify/table-shape.ts'
import { isNight, seed } from '../../support/breadth.ts'
import { type FreshDatabase, forEachServerNightly, freshDatabase } from '../../support/databases.ts'
import { targetColumn, targetTable } from '../plan/target-samples.ts'

const names = ['a', 'b2', 'c_d', '_e', 'Upper', 'with "quote', 'select'] as const
/** Types with defaults, in the server's spelling and in others. */
const types = [
  ['bigint', null],
  ['bigint', '0'],
  ['int8', '7'],
  ['text', null],
  ['text', `'x'`],
  ['text', `'x'::text`],
  ['boolean', 'true'],
  ['numeric(20,8)', '0.5'],
  ['numeric(20, 8)', null],
  ['character varying(20)', null],
  ['timestamp with time zone', 'CURRENT_TIMESTAMP'],
  ['timestamptz', 'now()'],
  ['double precision', '(1)::double precision'],
  ['uuid', 'gen_random_uuid()'],
  ['integer[]', null],
  ['bpchar', null],
  ['character', null],
] as const

const anyTable: fc.Arbitrary<TargetTable> = fc
  .uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 4 })
  .chain((columns) => {
    const some = fc.shuffledSubarray(columns, { minLength: 1 })
    return fc.record({
      columns: fc.tuple(
        ...columns.map((name) =>
          fc
            .tuple(fc.oneof(fc.constant(types[0]), fc.constantFrom(...types)), fc.boolean())
            .map(([[type, value], nullable]) => targetColumn(name, type, { nullable, default: value })),
        ),
      ),
      primaryKey: fc.option(some.map((of) => ({ name: 'plain_pkey', columns: of }))),
      uniques: some.map((of) => [{ name: 'plain key', columns: of }]),
      indexes: fc
        .tuple(some, fc.boolean(), fc.boolean())
        .map(([of, unique, descending]) => [
          { name: 'plain_idx', unique, parts: of.map((name) => plainPart(name, descending)), where: null },
        ]),
    })
  })
  .map((parts) => targetTable('public', 'plain', parts))

/** What others may have done to the table; some of it is no difference, or cannot be done. */
const changes = (column: string): readonly string[] => {
  const name = quoteIdentifier(column)
  return [
    'select 1',
    `alter table plain alter ${name} type text`,
    `alter table plain alter ${name} type bpchar`,
    `alter table plain alter ${name} drop not null`,
    `alter table plain alter ${name} set not null`,
    `alter table plain alter ${name} drop default`,
    `alter table plain alter ${name} set default null`,
    `alter table plain rename ${name} to other`,
    'alter table plain drop constraint "plain key"',
    `alter table plain drop constraint "plain key", add constraint "plain key" unique (${name})`,
    `alter table plain drop constraint "plain key", add constraint "plain key" unique (${name}) deferrable`,
    `drop index plain_idx; create index plain_idx on plain (${name})`,
    `drop index plain_idx; create index plain_idx on plain (${name} desc)`,
    `drop index plain_idx; create unique index plain_idx on plain (${name}) where ${name} is not null`,
    `drop index plain_idx; create index plain_idx on plain (${name}) include (${name})`,
    `drop index plain_idx; create index plain_idx on plain using hash (${name})`,
    `update pg_index set indisvalid = false where indexrelid = 'plain_idx'::regclass`,
  ]
}

forEachServerNightly((server) => {
  let database: FreshDatabase
  let connection: Connection
  beforeAll(async () => {
    database = await freshDatabase(server.url)
    connection = await connect(database.address)
  })
  afterAll(async () => {
    await connection.end()
    await database.drop()
  })

  /** Complaints of both ways about the table after the change; null of a plain one when a twin is needed in any case. */
  async function judge(
    table: TargetTable,
    change: string,
  ): Promise<{ plain: readonly string[] | null; twin: readonly string[] }> {
    await connection.execute('begin')
    try {
      const { beforeLoad, afterLoad } = writeDdl(
        { extensions: [], schemas: [], tables: [table] },
        connection.major,
      )
      await connection.execute([...beforeLoad, ...afterLoad].map(({ sql }) => sql).join(';\n'))
      await connection.execute('savepoint made')
      await connection.execute(change).catch(() => connection.execute('rollback to savepoint made'))
      const [actual] = await readShapes(connection, [table])
      const [planned] = await readPlannedShapes(connection, [table])
      const shape = plainShape(table)
      return {
        plain: shape === null ? null : shapeComplaints(table, shape, actual!),
        twin: shapeComplaints(table, planned!, actual!),
      }
    } finally {
      await connection.execute('rollback')
    }
  }

  test('a table without complaints has none of its twin', { timeout: 300_000 }, async () => {
    let proven = 0
    await fc.assert(
      fc.asyncProperty(anyTable, fc.nat(), fc.oneof(fc.constant(0), fc.nat()), async (table, at, which) => {
        const all = changes(table.columns[at % table.columns.length]!.name)
        const { plain, twin } = await judge(table, all[which % all.length]!)
        if (plain === null || plain.length > 0) return
        proven++
        expect(twin).toEqual([])
      }),
      { numRuns: isNight ? 3000 : 150, seed },
    )
    expect(proven).toBeGreaterThan(10)
  })

  test('the usual tables need no twin', async () => {
    const table = targetTable('public', 'plain', {
      columns: [
        targetColumn('id', 'bigint', { nullable: false, sequence: 'identity' }),
        targetColumn('number', 'integer', { nullable: false, sequence: 'serial' }),
        targetColumn('Name', 'text'),
        targetColumn('price', 'numeric(20,8)', { default: '0' }),
        targetColumn('at', 'timestamp with time zone', { default: 'CURRENT_TIMESTAMP' }),
      ],
      primaryKey: { name: 'plain_pkey', columns: ['id'] },
      uniques: [{ name: 'plain key', columns: ['Name', 'at'] }],
      indexes: [{ name: 'plain_idx', unique: true, parts: [plainPart('price')], where: null }],
    })
    expect(await judge(table, 'select 1')).toEqual({ plain: [], twin: [] })
  })
})
