import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { SqliteValue } from '../../../src/engine/model/storage.ts'
import type { TargetTable } from '../../../src/engine/model/target-schema.ts'
import { openMemory, type SqliteDatabase } from '../../../src/engine/source/base/sqlite.ts'
import { parseIndex, parseTable } from '../../../src/engine/sql/parse/parse-statement.ts'
import { quoteIdentifier, quoteTable } from '../../../src/engine/syntax/postgres-names.ts'
import { quoteSqlite } from '../../../src/engine/syntax/sqlite-names.ts'
import { type Connection, connect } from '../../../src/engine/target/connection/connection.ts'
import { seed } from '../../support/breadth.ts'
import { anyServer, freshDatabase } from '../../support/databases.ts'
import { moveDatabase, type PlannedDatabase, planDatabase } from './plan-database.ts'

/**
 * Schemas as frameworks write them for SQLite, filled with rows of which many break the checks. What is carried over must mean the same
 * for every row; what is not is listed, with its finding, in a golden file: a construct that is lost, or won, shows there.
 */

const folder = new URL('./frameworks/', import.meta.url)
const names = readdirSync(folder).map((name) => name.replace('.sql', ''))

it.each(names)('%s: what is carried over means the same for every row', async (name) => {
  const sql = readFileSync(new URL(`${name}.sql`, folder), 'utf8')
  const database = await freshDatabase(anyServer().url)
  const target = await connect(database.address)
  try {
    const planned = planDatabase(`${sql};\n${rowsFor(sql)}`, {}, target.major, defineOwnFunctions)
    const left = planned.findings.filter(({ code }) => codes.has(code))
    const told = left.map(({ code, message, samples }) => `${code}: ${message}\n    ${samples?.[0]?.value}\n`)
    await expect(told.join('')).toMatchFileSnapshot(`../../golden/frameworks/${name}.txt`)
    expect(await moveDatabase(planned, target)).toEqual([])
    for (const table of planned.targetTables) {
      await compareDefaults(planned, table, target)
      const { here, there } = statementsFor(planned, table.table)
      if (here.length === 0) continue
      const ordered = table.primaryKey!.columns.map(quoteIdentifier).join(', ')
      const expected = planned.db
        .prepare(`select ${here.join(', ')} from ${quoteSqlite(table.table)} order by ${ordered}`)
        .safeIntegers(true)
        .raw(true)
        .all() as SqliteValue[][]
      const { rows } = await target.query<Record<string, unknown>>(
        `select ${there.map((one, at) => `${one} as "v${at}"`).join(', ')} from ${quoteTable(table)} order by ${ordered}`,
      )
      expect(rows.length, table.table).toBeGreaterThan(20)
      for (const [at, one] of here.entries()) {
        const found = rows.map((row) => plain(row[`v${at}`]))
        expect(found, `${one}\n→ ${there[at]}`).toEqual(expected.map((row) => plain(row[at])))
      }
    }
  } finally {
    await target.end()
    await database.drop()
  }
})

/** What each default that is carried over makes now, on both sides: random ones of one length, times within two minutes. */
async function compareDefaults(
  { db, catalog }: PlannedDatabase,
  { table, columns }: TargetTable,
  target: Connection,
): Promise<void> {
  const source = catalog.tables.find(({ name }) => name === table)!
  for (const { name, type, default: carried } of columns) {
    const sql = source.columns.find((column) => column.name === name)?.default
    if (sql == null || carried === null) continue
    const here = db.prepare(`select (${sql})`).safeIntegers(true).raw(true).get() as [SqliteValue]
    const there = await target.query<{ value: unknown }>(`select (${carried})::${type} as value`)
    const expected = spelled(here[0])
    const found = spelled(there.rows[0]!.value)
    if (/random/.test(sql)) expect(found.length, sql).toBe(expected.length)
    else if (/now|current|epoch|%s|%Y/i.test(sql) && expected.length > 4) {
      const [one, other] = [expected, found].map((text) =>
        /^\d+$/.test(text) ? Number(text) : momentIn(text),
      )
      expect(Math.abs(one! - other!), `${sql} → ${found}`).toBeLessThan(
        expected.length === 10 && /^\d+$/.test(expected) ? 120 : 120_000,
      )
    } else expect(found, sql).toBe(expected)
  }
}

/** A time without a zone is one of UTC. */
function momentIn(text: string): number {
  return Date.parse(/Z$|^[-\d]{10}$/.test(text) ? text : `${text}Z`)
}

function spelled(value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return value !== null && typeof value === 'object' ? JSON.stringify(value) : String(plain(value))
}

const codes = new Set([
  'check-not-translated',
  'default-not-translated',
  'generated-as-values',
  'index-not-translated',
  'index-changed',
])

function plain(value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean') return String(Number(value))
  return typeof value === 'number' || /^-?\d+\.\d+(e[-+]\d+)?$/.test(String(value))
    ? String(Number(value))
    : String(value)
}

/** The checks, the conditions of indexes and the expressions of generated columns, on both sides. */
function statementsFor({ catalog, targetTables }: PlannedDatabase, name: string) {
  const source = catalog.tables.find((table) => table.name === name)!
  const target = targetTables.find(({ table }) => table === name)!
  const statement = parseTable(source.sql!)!
  const pairs: [string, string][] = []
  for (const check of statement.checks) {
    const named = check.name ?? [name, check.column, 'check'].filter(Boolean).join('_')
    const found = target.checks.find((one) => one.name === named)
    if (found !== undefined) pairs.push([asTruth(check.sql), `(${found.expression})`])
  }
  for (const index of source.indexes) {
    const { where, parts } = (index.sql === null ? null : parseIndex(index.sql)) ?? {}
    const found = target.indexes.find((one) => one.name === index.name)
    if (where != null && found?.where != null) pairs.push([asTruth(where.sql), `(${found.where})`])
    // One that is not unique is for what queries write, and decides nothing.
    for (const [at, part] of index.unique ? (found?.parts.entries() ?? []) : [])
      if ('expression' in part && index.columns[at]!.name === null)
        pairs.push([`(${parts![at]!.sql})`, `(${part.expression})`])
  }
  for (const column of target.columns)
    if (column.generated !== null) pairs.push([quoteSqlite(column.name), quoteIdentifier(column.name)])
  return { here: pairs.map(([one]) => one), there: pairs.map(([, other]) => other) }
}

const asTruth = (sql: string) => `case when (${sql}) then 1 when not (${sql}) then 0 end`

/** Rows made of values for the declared types, and of the constants that the statements name. */
function rowsFor(sql: string): string {
  const db = openMemory()
  defineOwnFunctions(db)
  db.exec(sql)
  const tables = db
    .prepare(
      `select name, sql, (select count(*) from sqlite_schema as i where i.tbl_name = t.name and i.sql like 'create unique%') as indexes
      from sqlite_schema as t where type = 'table' and name not like 'sqlite%'`,
    )
    .all() as { name: string; sql: string; indexes: number }[]
  const statements = tables.flatMap((table) => {
    const columns = db.prepare(`pragma table_info(${quoteSqlite(table.name)})`).all() as Column[]
    const own = [...table.sql.matchAll(/'([^'%\\*]*)'/g)].map(([, text]) => text!)
    const numbers = [...table.sql.matchAll(/(?<![\w'.])\d+(?![\w'])/g)].flatMap(([text]) => [
      text,
      `-${text}`,
    ])
    // Many of a key's values are their own, or most rows would be refused.
    if (/unique/i.test(table.sql) || table.indexes > 0)
      own.push(...Array.from({ length: 40 }, (_, at) => `U${at}@x.yz`))
    const row = fc.tuple(...columns.map((column) => valueFor(column, own, numbers)))
    const names = columns.map(({ name }) => quoteSqlite(name)).join(', ')
    const keys = columns.flatMap(({ pk }, at) => (pk > 0 ? [at] : []))
    return fc.sample(row, { numRuns: 150, seed }).map((values, number) => {
      const distinct = values.map((value, at) => (keys.includes(at) ? keyOf(columns[at]!, number) : value))
      return `insert or ignore into ${quoteSqlite(table.name)} (${names}) values (${distinct.join(', ')});`
    })
  })
  return `pragma ignore_check_constraints = on;\n${statements.join('\n')}`
}

/** What the applications register. */
function defineOwnFunctions(db: SqliteDatabase): void {
  for (const own of ['regexp', 'django_datetime_cast_date'])
    db.function(own, { deterministic: true, varargs: true }, () => 1)
}

type Column = { readonly name: string; readonly type: string; readonly notnull: number; readonly pk: number }

function keyOf({ type }: Column, number: number): string {
  if (/int/i.test(type)) return String(number * 3 - 20)
  return `'${/uuid/i.test(type) ? `00000000-0000-4000-8000-${String(number).padStart(12, '0')}` : `k${number}`}'`
}

function valueFor({ name, type, notnull, pk }: Column, own: readonly string[], numbers: readonly string[]) {
  const values = fc.constantFrom(...poolOf(name, type, own, numbers))
  return notnull > 0 || pk > 0 ? values : fc.oneof({ weight: 5, arbitrary: values }, fc.constant('null'))
}

const DAYS = ['1999-12-31', '2019-02-28', '2020-01-01', '2020-01-02', '2024-02-29', '2024-03-01']
const CLOCKS = ['00:00:00', '08:00:00', '12:30:15', '23:59:59']

function poolOf(name: string, type: string, own: readonly string[], numbers: readonly string[]): string[] {
  const quoted = (texts: readonly string[]) => texts.map((text) => `'${text}'`)
  const moments = DAYS.flatMap((day) => CLOCKS.map((clock) => `${day} ${clock}`))
  if (/bool|tinyint\(1\)/i.test(type) || /^(is|active|admin$|done$|public$|truth$|flag$)/i.test(name))
    return ['0', '1']
  if (/int/i.test(type))
    return [
      '0',
      '1',
      '2',
      '3',
      '5',
      '-4',
      '7',
      '18',
      '100',
      '1000',
      '9223372036854775807',
      '-9223372036854775807',
      ...numbers,
    ]
  if (/float|real|doub/i.test(type))
    return ['0.0', '0.5', '1.0', '-1.5', '2.25', '99.99', '1e15', '0.1', '33.3']
  if (/numeric|decimal/i.test(type)) return ['0', '1', '2.5', '-0.25', '9.99', '10', '100', '5000.5']
  if (/datetime|timestamp/i.test(type)) return quoted(moments)
  if (/^date$/i.test(type) || name === 'day') return quoted(DAYS)
  if (/^time$/i.test(type)) return quoted(CLOCKS)
  if (/blob/i.test(type)) return [`x''`, `x'00ff'`, `x'ff'`, `x'616263'`]
  if (/json/i.test(type) || /^(meta|data|settings|options|prefs|attributes)$/.test(name))
    return quoted(['{}', '{"type":"a"}', '{"type":"b","size":3}', '{"type":null}', '{"size":1,"theme":"x"}'])
  if (/^(tags|list|labels)$/.test(name)) return quoted(['[]', '["a"]', '["a","b","c","d"]', '{"a":1}'])
  if (name === 'updated_at') return quoted(moments.map((moment) => `${moment.replace(' ', 'T')}.000Z`))
  if (/moment|_at$|At$/.test(name)) return quoted(moments)
  if (name === 'hash') return quoted(['0123abcd', 'ABCDEF01', 'xyz', '12345678'])
  if (name === 'month') return quoted(['2024-01', '2024-13', '24-1', '1999-12'])
  if (name === 'Guid')
    return quoted(['6f9619ff-8b86-d011-b42d-00cf4fc964ff', '00000000-0000-0000-0000-000000000001'])
  return quoted([
    '',
    'a',
    'ab',
    'AB',
    'x@y.de',
    'Admin@example.org',
    ' a',
    'b ',
    'Éa',
    'long enough to be cut',
    '12',
    ...own,
  ])
}
