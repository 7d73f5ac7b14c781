import { afterAll, beforeAll, expect, test } from 'vitest'
import { createJournal } from '../../../src/engine/journal/schema.ts'
import type { Plan } from '../../../src/engine/model/plan.ts'
import { writeDdl } from '../../../src/engine/plan/ddl/ddl.ts'
import { type Connection, connect } from '../../../src/engine/target/connection/connection.ts'
import { checkStructure } from '../../../src/engine/verify/check-structure.ts'
import { type FreshDatabase, forEachServer, freshDatabase } from '../../support/databases.ts'
import { emptyRun } from '../journal/runs.ts'
import { everything, targetColumn, targetTable } from '../plan/target-samples.ts'

const run = '2026-11-22-1'

const plan: Plan = {
  ...emptyRun('').plan,
  schema: {
    ...everything,
    extensions: ['plpgsql'],
    tables: [
      ...everything.tables.filter(({ existing }) => !existing),
      targetTable('trading', "o'Brien using", {
        columns: [
          targetColumn('a', 'int4'),
          targetColumn('b', 'varchar( 7 )', { default: "'x'" }),
          targetColumn('c', 'timestamptz', { nullable: false, default: 'current_timestamp' }),
          targetColumn('d', 'decimal(6 , 2)', { default: '0' }),
        ],
        uniques: [{ name: 'x using y', columns: ['b', 'a'] }],
        checks: [{ name: 'listed', expression: `b in ('x', 'y') and a > 0` }],
      }),
      targetTable('ml', 'days', {
        columns: [targetColumn('on', 'date', { nullable: false })],
        partitioning: {
          kind: 'months',
          column: 'on',
          months: [{ name: 'days_1', from: '2024-01-01 00:00:00+00', to: '2024-02-01 00:00:00+00' }],
          defaultName: 'days_rest',
        },
      }),
    ],
  },
}

/** Damage, and what must be said of it. */
const damages: readonly (readonly [sql: string, said: RegExp])[] = [
  ['drop table trading.orders cascade', /^table trading\.orders: The table is missing\./],
  ['alter table trading.orders drop column price cascade', /Column price is missing/],
  [
    'alter table trading.orders alter column "select" type text',
    /^table trading\.orders: Column select is text instead of character varying\(20\)\./,
  ],
  ['alter table trading.orders alter column order_id drop not null', /Column order_id is nullable/],
  [
    'alter table trading.orders alter column order_id drop default',
    /has the default null instead of gen_random_uuid/,
  ],
  [
    'alter table trading.orders alter column total drop expression',
    /Column total has the default null instead of/,
  ],
  [
    'alter table trading.orders drop constraint orders_order_id_key cascade',
    /Constraint orders_order_id_key is missing/,
  ],
  ['alter table ml.predictions drop constraint predictions_pkey', /Constraint predictions_pkey is missing/],
  [
    `alter table trading.orders drop constraint orders_price_check,
       add constraint orders_price_check check (price > 0)`,
    /Constraint orders_price_check is CHECK/,
  ],
  [
    `alter table trading.orders drop constraint orders_price_check,
       add constraint orders_price_check check (price >= 0) not valid`,
    /^table trading\.orders: Constraint orders_price_check is not validated\.$/,
  ],
  [
    `alter table trading."o'Brien using" drop constraint "x using y", add constraint "x using y" unique (a, b)`,
    /Constraint x using y is UNIQUE \(a, b\) instead of UNIQUE \(b, a\)/,
  ],
  ['drop index trading.orders_lower_idx', /Index orders_lower_idx is missing/],
  [
    `drop index trading.orders_lower_idx;
     create index orders_lower_idx on trading.orders (lower("select"), at desc, "select" collate "C") where price > 0`,
    /Index orders_lower_idx is .* instead of unique/,
  ],
  [
    `update pg_index set indisvalid = false where indexrelid = 'trading.orders_lower_idx'::regclass`,
    /Index orders_lower_idx is not valid/,
  ],
  [
    `update pg_index set indisready = false where indexrelid = 'trading.orders_lower_idx'::regclass`,
    /Index orders_lower_idx is not ready/,
  ],
  [
    'alter table trading.orders drop constraint orders_parent_fkey',
    /^references trading\.orders: .* is missing/,
  ],
  [
    `alter table trading.orders drop constraint orders_parent_fkey;
     alter table trading.orders add constraint orders_parent_fkey foreign key (parent) references trading.orders (id)`,
    /Reference orders_parent_fkey is not the planned one/,
  ],
  [
    'alter table ml.predictions_default drop constraint predictions_order_fkey',
    /predictions_order_fkey of predictions_default is missing/,
  ],
  ['drop table ml.predictions_default', /The default partition predictions_default is missing/],
  [
    'alter table ml.predictions detach partition ml.predictions_2024_01',
    /No partition is exactly the month of predictions_2024_01/,
  ],
  [
    `drop table ml.days_1; create table ml.days_1 partition of ml.days for values from ('2024-01-01') to ('2024-02-02')`,
    /No partition is exactly the month of days_1/,
  ],
  [
    `insert into trading.orders (id) values (41); select setval('trading.orders_id_seq', 40)`,
    /^sequence trading\.orders: The next number of id is 41, but 41 is there already/,
  ],
  ['drop sequence trading.orders_id_seq cascade', /^sequence trading\.orders: No sequence numbers/],
]

forEachServer((server) => {
  let database: FreshDatabase
  let connection: Connection
  beforeAll(async () => {
    database = await freshDatabase(server.url)
    connection = await connect(database.address)
    await connection.execute('create role stranger').catch(() => undefined)
    const { beforeLoad, afterLoad } = writeDdl({ ...plan.schema, extensions: [] }, connection.major)
    for (const { sql } of [...beforeLoad, ...afterLoad]) await connection.execute(sql)
    await createJournal(connection)
  })
  afterAll(async () => {
    await connection.end()
    await database.drop()
  })

  const failed = async () =>
    (await checkStructure(connection, { run, plan }))
      .filter(({ ok }) => !ok)
      .map(({ name, detail }) => `${name}: ${detail}`)

  test('what was made by the plan is as planned', async () => {
    const checks = await checkStructure(connection, { run, plan })
    expect(checks.filter(({ ok }) => !ok)).toEqual([])
    expect(checks.map(({ name }) => name)).toEqual([
      'table trading.orders',
      'references trading.orders',
      'sequence trading.orders',
      'table ml.predictions',
      'references ml.predictions',
      'partitions ml.predictions',
      'sequence ml.predictions',
      "table trading.o'Brien using",
      'table ml.days',
      'partitions ml.days',
      'extensions',
    ])
  })

  const inside: Readonly<Record<string, string>> = {
    begin: 'savepoint inside',
    rollback: 'rollback to savepoint inside',
  }

  test.each(damages.map(([sql, said]) => [sql.replace(/\s+/g, ' '), sql, said] as const))(
    'found: %s',
    async (_, sql, said) => {
      await connection.execute('begin')
      try {
        await connection.execute(sql)
        await connection.execute('savepoint damaged')
        // The checks' own transaction is one inside this one.
        const nested = new Proxy(connection, {
          get(target, name) {
            if (name === 'execute') {
              return (text: string) => target.execute(inside[text] ?? text)
            }
            if (name === 'transaction') {
              return async (work: () => Promise<unknown>) => {
                await target.execute(inside.begin!)
                try {
                  return await work()
                } catch (error) {
                  await target.execute(inside.rollback!)
                  throw error
                }
              }
            }
            const value = Reflect.get(target, name, target)
            return typeof value === 'function' ? value.bind(target) : value
          },
        })
        const found = (await checkStructure(nested, { run, plan })).filter(({ ok }) => !ok)
        expect(found.map(({ name, detail }) => `${name}: ${detail}`).join('\n')).toMatch(
          new RegExp(said.source, 'm'),
        )
      } finally {
        await connection.execute('rollback')
      }
      expect(await failed()).toEqual([])
    },
  )

  test('what may not be looked at is a failed check', async () => {
    await connection.execute('set role stranger')
    try {
      const checks = await checkStructure(connection, { run, plan })
      const sequence = checks.find(({ name }) => name === 'sequence trading.orders')!
      expect(sequence.ok).toBe(false)
      expect(sequence.detail).toMatch(/^This could not be checked: /)
    } finally {
      await connection.execute('reset role')
    }
  })

  test('an extension that is not there', async () => {
    const checks = await checkStructure(connection, {
      run,
      plan: { ...plan, schema: { extensions: ['no_such_thing'], schemas: [], tables: [] } },
    })
    expect(checks).toEqual([{ name: 'extensions', ok: false, detail: 'Extension no_such_thing is missing.' }])
  })

  test('nothing is left behind, and no sequence is moved', async () => {
    const before = await connection.queryOne(`select last_value, is_called from trading.orders_id_seq`)
    await checkStructure(connection, { run, plan })
    expect(await connection.queryOne(`select last_value, is_called from trading.orders_id_seq`)).toEqual(
      before,
    )
    const { rows } = await connection.query(
      `select relname from pg_class where relpersistence = 't' and relnamespace <> 'pg_toast'::regnamespace`,
    )
    expect(rows).toEqual([])
  })
})
