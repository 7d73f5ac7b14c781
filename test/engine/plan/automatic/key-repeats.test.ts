import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { RunControl } from '../../../../src/engine/events/control.ts'
import { planOnly } from '../../../../src/engine/run/migrate/run-all.ts'
import { temporaryFolder } from '../../../support/folders.ts'
import { usualOptions } from '../../../support/plan-options.ts'
import { planDatabase } from '../plan-database.ts'

async function planOf(sql: string) {
  const folder = temporaryFolder()
  const file = join(folder, 'keys.db')
  const db = new Database(file)
  db.exec(sql)
  db.close()
  const { plan } = await planOnly(
    {
      sources: [file],
      as: {},
      mapping: 'auto',
      options: usualOptions,
      target: { target: null, env: {}, workFolder: folder, port: null },
      jobs: 1,
      verifyLevel: 'none',
      workFolder: join(folder, 'work'),
      keepDays: 14,
      startOver: null,
      salvage: false,
      keepRunning: false,
      dryRun: true,
      reportFile: null,
      command: '',
    },
    { control: new RunControl(), emit: () => {} },
  )
  const [table] = plan.schema.tables
  return {
    isUnique:
      table!.primaryKey !== null || table!.uniques.length > 0 || table!.indexes.some(({ unique }) => unique),
    codes: plan.findings.map(({ code }) => code),
  }
}

it.each([
  ['a boolean of 1 and true', "create table t (k bool primary key); insert into t values (1), ('true'), (0)"],
  ['5 and the text 5', "create table t (k blob unique); insert into t values (5), ('5'), ('a')"],
  [
    'two spellings of a time',
    "create table t (k datetime unique); insert into t values ('2025-01-01'), ('2025-01-01 00:00:00')",
  ],
])('%s: values that become equal are not made unique, and it is said', async (_name, sql) => {
  const { isUnique, codes } = await planOf(sql)
  expect(isUnique).toBe(false)
  expect(codes).toContain('key-repeats')
})

const numbers = 'with recursive s(n) as (select 1 union all select n + 1 from s where n < 3000) select'

it('one key of many that becomes equal to another is found', async () => {
  const { isUnique, codes } = await planOf(
    `create table t (k datetime unique);
     insert into t ${numbers} datetime(1700000000 + n * 61, 'unixepoch') from s;
     insert into t select replace(k, ' ', 'T') from t where rowid = 1234`,
  )
  expect(isUnique).toBe(false)
  expect(codes).toContain('key-repeats')
})

it('the rows of a key whose values all come over exactly are not read', () => {
  const uuids = `create table t (k char(36) primary key, at datetime unique, b bool unique);
    insert into t ${numbers} printf('%08x-0000-4000-8000-%012x', n, n), datetime(n, 'unixepoch'), nullif(n, 2) from s where n < 3`
  const planned = planDatabase(uuids)
  expect(planned.targetTables[0]!.columns.map(({ type }) => type)).toContain('uuid')
  expect(planned.iterated).toEqual([])
  const other = planDatabase(`${uuids}; insert into t values (null, '1971-01-01T00:00:00', null)`)
  expect(other.iterated).toEqual(['select "at" from "t"'])
})

it.each([
  "create table t (k bool primary key); insert into t values ('true'), (0)",
  "create table t (k text primary key); insert into t values ('5'), ('a')",
  "create table t (k text, on_ int); create unique index i on t (k) where on_; insert into t values ('a', 0), ('a', 0), ('a', 1)",
  "create table t (k bool, on_ int); create unique index i on t (k) where on_ = 1; insert into t values ('t', 0), ('t', 0), ('f', 1)",
])('what stays apart stays unique: %s', async (sql) => {
  const { isUnique, codes } = await planOf(sql)
  expect(isUnique).toBe(true)
  expect(codes).not.toContain('key-repeats')
})
