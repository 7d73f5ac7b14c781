/** Arbitrary SQLite databases: any names, declared types as applications spell them, values of every storage class. */
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { anyCharacter } from './any-character.ts'

type AnyValue = null | bigint | number | string | Buffer | { readonly sql: string }
type AnyColumn = {
  readonly name: string
  readonly type: string
  readonly notNull: boolean
  readonly default: string | null
}
export type AnyTable = {
  readonly name: string
  readonly columns: readonly AnyColumn[]
  readonly key: 'none' | 'integer' | 'text' | 'two' | 'without-rowid'
  readonly unique: boolean
  readonly rows: readonly (readonly AnyValue[])[]
}

/** Declared types from 136 real applications' databases, and types without a counterpart in PostgreSQL. */
export const declaredTypes = [
  'INTEGER',
  'TEXT',
  'REAL',
  'varchar',
  'datetime',
  'VARCHAR',
  'BLOB',
  'INT',
  'DATETIME',
  'varchar(255)',
  'TIMESTAMP',
  'FLOAT',
  'tinyint(1)',
  'DOUBLE',
  'numeric',
  'BOOLEAN',
  'bool',
  'date',
  'bigint',
  '',
  'datetime(6)',
  'smallint unsigned',
  'integer unsigned',
  'INTEGER NON',
  'LONGVARCHAR',
  'NVARCHAR(255)',
  'LONG',
  'INT64',
  'STRING',
  'GUID',
  'BIT',
  'JSON',
  'JSONB',
  'TEXT(36)',
  'BLOB(7)',
  'MEDIUMINT',
  'longtext',
  'time',
  'ADDRESS',
  'GEOMETRY',
  'POINT',
  'MULTIPOLYGON',
  'NUMERIC(12,5)',
  'NUMERIC(10,2)',
  'int(5)',
  'DOUBLE PRECISION',
  'VARYING CHARACTER(4)',
  'UNSIGNED BIG INT',
  'char(3)',
  'uuid',
  'timestamptz',
  'timestamp with time zone',
  'text[]',
  'DECIMAL(38,18)',
  'money',
  'bytea',
  'varchar(3)',
] as const

export const hostileNames = [
  'select',
  'order',
  'user',
  'table',
  'a"b',
  "a'b",
  'a`b',
  'semi;colon',
  '"; drop table x; --',
  '$1',
  '%s',
  '{0}',
  '\u001b[31mred',
  'xmin',
  'ctid',
  'tableoid',
  'cmax',
  'rowid',
  'oid',
  '_rowid_',
  'Ünïcödé',
  '数据',
  '🦆',
  ' leading',
  'trailing ',
  'dot.ted',
  'sl/ash',
  'back\\slash',
  'new\nline',
  'tab\tbed',
  '__proto__',
  'constructor',
  'toString',
  'x'.repeat(63),
  `${'x'.repeat(63)}a`,
  `${'x'.repeat(63)}b`,
  'é'.repeat(40),
  'Name',
  'name',
  'NAME',
  '1st',
  '-',
  '%2F',
  'gpt_migrate',
  'public',
  'null',
  'true',
] as const

export const hostileTexts = [
  '',
  ' ',
  'a',
  'A',
  'trailing   ',
  '\u0000',
  'a\u0000b',
  '\t\r\n',
  "it's",
  '"',
  '\\',
  '\\.',
  '\\N',
  '\\x00',
  'NULL',
  'null',
  'NaN',
  'nan',
  'Infinity',
  '-inf',
  '1e400',
  '-1e400',
  '1e-400',
  '0',
  '-0',
  '-0.0',
  '1',
  '01',
  '+1',
  ' 1',
  '1 ',
  '1_000',
  '0x1F',
  '1.',
  '.5',
  '1e5',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775809',
  '123456789012345678901234567890.123456789',
  '0.1234567890123456789',
  't',
  'f',
  'of',
  'tru',
  'true',
  'TRUE',
  'yes',
  'on',
  'now',
  'today',
  'epoch',
  'infinity',
  '01/02/2025',
  '2025-02-30',
  '2025-01-01',
  '2025-1-1',
  '0000-00-00',
  '0000-00-00 00:00:00',
  '2025-01-01 24:00',
  '2025-01-01 23:59:60',
  '2025-12-31 23:59:59.9999999',
  '2025-01-01T00:00:00.123456789Z',
  '2025-03-30 02:30:00',
  '2025-01-01 00:00:00+05:30',
  '20250101',
  '294277-01-01',
  '10000-01-01',
  '-4713-01-01',
  '24:00',
  '12:30',
  '{}',
  '[]',
  '{"a":1,"a":2}',
  '{"10":1,"9":2}',
  '{"a":-0.0}',
  '{"n":12345678901234567890}',
  '{"n":1e400}',
  '{"s":"\\u0000"}',
  '{"s":"\\ud800"}',
  '{"x":NaN}',
  `${'['.repeat(2000)}${']'.repeat(2000)}`,
  '"text"',
  '1.50',
  '{550e8400-e29b-41d4-a716-446655440000}',
  '550e8400-e29b-41d4-a716-446655440000',
  '550E8400E29B41D4A716446655440000',
  'é',
  'e\u0301',
  '🦆',
  '\uFEFFbom',
  '\u202Ertl',
  '\u001b[2J',
  'x'.repeat(5000),
  '12:00:00.1234567',
  '1970-01-01',
  '2460000.5',
] as const

/** TEXT that is not UTF-8, as bytes that are inserted by SQL. */
export const brokenTexts = ['ff', 'c3', 'c3a9ff', 'eda080', 'f4908080', 'c080', '61ff62', '80'] as const

const anyText = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...hostileTexts) },
  {
    weight: 2,
    arbitrary: fc.string({ unit: anyCharacter, maxLength: 12 }).map((text) => text.toWellFormed()),
  },
)
const anyReal = fc.oneof(
  fc.double({ noNaN: true }),
  fc.constantFrom(
    0,
    -0,
    0.1,
    1,
    -1.5,
    65432.123456789,
    1e22,
    5e-324,
    1.7976931348623157e308,
    Infinity,
    -Infinity,
    2 ** 53,
    1735689600.5,
    2460000.5,
  ),
)
const anyInteger = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(
    0n,
    1n,
    -1n,
    2n ** 31n,
    2n ** 53n,
    2n ** 53n + 1n,
    2n ** 63n - 1n,
    -(2n ** 63n),
    1735689600n,
    1735689600000n,
    1735689600000000n,
  ),
)
const anyValue: fc.Arbitrary<AnyValue> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(null) },
  { weight: 4, arbitrary: anyInteger },
  { weight: 3, arbitrary: anyReal },
  { weight: 6, arbitrary: anyText },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...brokenTexts).map((hex) => ({ sql: `cast(x'${hex}' as text)` })),
  },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)) },
)
/** Most columns have values of one kind: only then are type and conversion tested. */
const columnValues: fc.Arbitrary<fc.Arbitrary<AnyValue>> = fc.constantFrom(
  anyValue,
  anyInteger as fc.Arbitrary<AnyValue>,
  fc.oneof(fc.constant(null), anyInteger as fc.Arbitrary<AnyValue>),
  anyReal as fc.Arbitrary<AnyValue>,
  anyText as fc.Arbitrary<AnyValue>,
  fc.constantFrom<AnyValue>('2025-01-01', '2025-01-01 10:00:00', '2025-01-01T10:00:00.5Z', null),
  fc.constantFrom<AnyValue>(0n, 1n, 'true', 'f'),
  fc.constantFrom<AnyValue>('1.5', '2', '0.000000001', '-7.25', 3n),
  fc.constantFrom<AnyValue>('{"a":1}', '[1, 2]', '{"a":1,"a":2}', 'null', null),
  fc.constantFrom<AnyValue>(1735689600n, 1735689601n, 1735689600000n),
)

const anyName = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('id', 'a', 'b', 'c', 'value', 'created_at', 'price') },
  { weight: 2, arbitrary: fc.constantFrom<string>(...hostileNames) },
  {
    weight: 1,
    arbitrary: fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .map((name) => name.replaceAll('\0', '').toWellFormed()),
  },
)

const anyColumn = fc.record({
  name: anyName,
  type: fc.constantFrom(...declaredTypes),
  notNull: fc.boolean(),
  default: fc.constantFrom(
    null,
    null,
    null,
    "'x'",
    '0',
    'null',
    '1.5',
    'current_timestamp',
    "x'00'",
    '(1+1)',
    '"undefined"',
    'true',
  ),
})

const anyTable: fc.Arbitrary<AnyTable> = fc
  .record({
    name: anyName,
    columns: fc.uniqueArray(anyColumn, {
      minLength: 1,
      maxLength: 6,
      selector: ({ name }) => name.toLowerCase(),
    }),
    key: fc.constantFrom('none', 'none', 'integer', 'text', 'two', 'without-rowid'),
    unique: fc.boolean(),
  })
  .chain((table) =>
    fc
      .tuple(...table.columns.map(() => columnValues))
      .chain((kinds) => fc.array(fc.tuple(...kinds), { maxLength: 12 }))
      .map((rows): AnyTable => ({ ...table, key: table.key as AnyTable['key'], rows })),
  )

export const anyDatabase = fc.record({
  tables: fc.uniqueArray(anyTable, { maxLength: 4, selector: ({ name }) => name.toLowerCase() }),
  encoding: fc.constantFrom('UTF-8', 'UTF-8', 'UTF-8', 'UTF-16le', 'UTF-16be'),
  journal: fc.constantFrom('delete', 'wal'),
})

/** Writes the database, without tables and rows that SQLite itself refuses. Returns the number of rows. */
export function writeAnyDatabase(
  file: string,
  database: { tables: readonly AnyTable[]; encoding: string; journal: string },
): number {
  const db = new Database(file)
  try {
    db.pragma(`encoding = '${database.encoding}'`)
    db.pragma(`journal_mode = ${database.journal}`)
    db.pragma('synchronous = off')
    let rows = 0
    db.exec('begin')
    for (const table of database.tables) rows += writeTable(db, table)
    db.exec('commit')
    return rows
  } finally {
    db.close()
  }
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

function writeTable(db: Database.Database, table: AnyTable): number {
  const [first, second] = table.columns
  const columns = table.columns.map(({ name, type, notNull, default: value }, index) => {
    const isKey = table.key === 'integer' && index === 0
    return `${quote(name)} ${isKey ? 'INTEGER PRIMARY KEY' : type}${notNull ? ' NOT NULL' : ''}${value === null || isKey ? '' : ` DEFAULT ${value}`}`
  })
  if (table.key === 'text' || table.key === 'without-rowid')
    columns.push(`primary key (${quote(first!.name)})`)
  if (table.key === 'two')
    columns.push(
      `primary key (${[first!, second ?? first!]
        .map(({ name }) => quote(name))
        .filter((name, at, all) => all.indexOf(name) === at)
        .join(', ')})`,
    )
  if (table.unique) columns.push(`unique (${quote(table.columns.at(-1)!.name)})`)
  try {
    db.exec(
      `create table ${quote(table.name)} (${columns.join(', ')})${table.key === 'without-rowid' ? ' without rowid' : ''}`,
    )
  } catch {
    return 0
  }
  let rows = 0
  for (const row of table.rows) {
    const places = row.map((value) => (isSql(value) ? value.sql : '?'))
    try {
      db.prepare(`insert into ${quote(table.name)} values (${places.join(', ')})`).run(
        ...row.filter((value) => !isSql(value)),
      )
      rows++
    } catch {
      // Refused by SQLite's own constraints.
    }
  }
  return rows
}

function isSql(value: AnyValue): value is { readonly sql: string } {
  return typeof value === 'object' && value !== null && 'sql' in value
}
