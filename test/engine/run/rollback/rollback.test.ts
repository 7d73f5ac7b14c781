import { afterEach, beforeEach, expect, test } from 'vitest'
import { planBlocks, recordBlock } from '../../../../src/engine/journal/blocks.ts'
import { beginRun, readRun, recordCreated } from '../../../../src/engine/journal/journal.ts'
import { createJournal } from '../../../../src/engine/journal/schema.ts'
import type { CreatedObject } from '../../../../src/engine/model/journal.ts'
import type { TargetTable } from '../../../../src/engine/model/target-schema.ts'
import { rollBackRun } from '../../../../src/engine/run/rollback/rollback.ts'
import { type Connection, connect } from '../../../../src/engine/target/connection/connection.ts'
import { type FreshDatabase, forEachServerNightly, freshDatabase } from '../../../support/databases.ts'
import { emptyRun } from '../../journal/runs.ts'
import { targetTable } from '../../plan/target-samples.ts'

const table = (name: string): TargetTable => targetTable(`S'"x`, name, {})
const created: CreatedObject[] = [
  { kind: 'extension', schema: null, name: 'pgcrypto' },
  { kind: 'schema', schema: null, name: `S'"x` },
  { kind: 'type', schema: `S'"x`, name: 'side' },
  { kind: 'table', schema: `S'"x`, name: 'parent' },
  { kind: 'table', schema: `S'"x`, name: 'child' },
  { kind: 'table', schema: `S'"x`, name: 'child_2025' },
]

forEachServerNightly((server) => {
  let database: FreshDatabase
  let connection: Connection
  const schemas = async () =>
    (
      await connection.query<{ name: string }>(
        `select nspname as name from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' order by 1`,
      )
    ).rows.map((row) => row.name)

  beforeEach(async () => {
    database = await freshDatabase(server.url)
    connection = await connect(database.address)
    await connection.execute('create schema mine; create table mine.before_run (a int)')
    await createJournal(connection)
    const plan = {
      tables: [
        {
          id: 'a.db/parent',
          database: 'a.db',
          table: 'parent',
          fate: { kind: 'copy', copy: { target: table('parent') } },
        },
      ],
      schema: { extensions: [], schemas: [], tables: [table('parent'), table('child')] },
    }
    await beginRun(connection, emptyRun('r1', plan as never))
    // A server may lack the extension, and rollback must not mind that an object is not there.
    await connection.execute('create extension if not exists pgcrypto schema public').catch(() => undefined)
    await connection.execute(`
      create schema "S'""x";
      create type "S'""x".side as enum ('buy');
      create table "S'""x".parent (id bigserial primary key, s "S'""x".side);
      create table "S'""x".child (id int references "S'""x".parent) partition by range (id);
      create table "S'""x".child_2025 partition of "S'""x".child for values from (1) to (9);`)
    await recordCreated(connection, 'r1', created)
    const block = {
      tableId: 'a.db/parent',
      number: 0,
      range: { after: null, through: null },
      rowsBefore: 0,
      rows: 2,
    }
    await planBlocks(connection, 'r1', [block])
    // As the copy does it: the rows and their record in one transaction.
    await connection.transaction(async () => {
      await connection.execute(`insert into "S'""x".parent (s) values ('buy'), (null)`)
      await recordBlock(
        connection,
        'r1',
        block,
        { targetRows: 2, bytes: 1, checksum: '0'.repeat(32), sources: [], columns: [] },
        { quarantine: [], archive: [] },
      )
    })
  })
  afterEach(async () => {
    await connection.end()
    await database.drop()
  })

  test('everything of the run is gone, its journal too, and nothing else', async () => {
    const result = await rollBackRun(connection, 'r1')
    expect(result.kept).toEqual([])
    expect(await schemas()).toEqual(['mine', 'public'])
    await connection.execute('select * from mine.before_run')
    await expect(rollBackRun(connection, 'r1')).rejects.toMatchObject({ code: 'no-such-run' })
  })

  test('a second run’s record stays', async () => {
    await beginRun(connection, emptyRun('r2'))
    await rollBackRun(connection, 'r1')
    expect(await readRun(connection, 'r2')).not.toBeNull()
    expect(await readRun(connection, 'r1')).toBeNull()
  })

  test('rows that changed since are a refusal, unless forced', async () => {
    await connection.execute(`insert into "S'""x".parent (s) values ('buy')`)
    await expect(rollBackRun(connection, 'r1')).rejects.toMatchObject({
      code: 'target-changed',
      message: expect.stringContaining('has 3 rows, and the run left 2'),
    })
    expect(await readRun(connection, 'r1')).not.toBeNull()
    await rollBackRun(connection, 'r1', { force: true })
    expect(await schemas()).toEqual(['mine', 'public'])
  })

  test('rows in a table that the run left empty are a change too', async () => {
    await connection.execute(`insert into "S'""x".child values (1)`)
    await expect(rollBackRun(connection, 'r1')).rejects.toMatchObject({ code: 'target-changed' })
  })

  test('foreign objects that depend on the tables are never dropped, forced or not', async () => {
    await connection.execute(`create view mine.v as select * from "S'""x".parent`)
    for (const force of [false, true]) {
      await expect(rollBackRun(connection, 'r1', { force })).rejects.toMatchObject({
        code: 'others-depend',
        message: expect.stringContaining('mine.v'),
      })
    }
    await connection.execute(`select * from mine.v; select * from "S'""x".child_2025`)
    expect(await readRun(connection, 'r1')).not.toBeNull()
    await connection.execute('drop view mine.v')
    await connection.execute(`create table mine.fk (a bigint references "S'""x".parent)`)
    await expect(rollBackRun(connection, 'r1')).rejects.toMatchObject({ code: 'others-depend' })
  })

  test('a foreign table in a schema of the run keeps the schema', async () => {
    await connection.execute(`create table "S'""x".theirs (a int)`)
    const { kept } = await rollBackRun(connection, 'r1')
    expect(kept).toMatchObject([{ object: { kind: 'schema' }, reason: expect.stringContaining('theirs') }])
    await connection.execute(`select * from "S'""x".theirs`)
  })

  test('another run is working: nothing happens', async () => {
    const other = await connect(database.address)
    await other.query('select pg_advisory_lock($1, $2)', [0x4750544d, 0x52554e31])
    await expect(rollBackRun(connection, 'r1')).rejects.toMatchObject({ code: 'another-run' })
    await other.end()
  })
})
