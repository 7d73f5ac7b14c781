import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ByteWriter } from '../../../src/engine/encode/cell/byte-writer.ts'
import { Cell } from '../../../src/engine/encode/cell/cell.ts'
import { FIRST_REJECT, rejectCodeOf } from '../../../src/engine/encode/cell/conversion-encoder.ts'
import { cellEncoderOf } from '../../../src/engine/encode/conversions/cell-encoder.ts'
import type { Conversion } from '../../../src/engine/model/conversion.ts'
import type { SqliteValue } from '../../../src/engine/model/storage.ts'
import { planAutomatically } from '../../../src/engine/plan/automatic/auto.ts'
import { openMemory } from '../../../src/engine/source/base/sqlite.ts'
import { readCatalog } from '../../../src/engine/source/catalog/catalog.ts'
import { takeCensus } from '../../../src/engine/source/census/census.ts'
import { defineTextCheck } from '../../../src/engine/source/snapshot/snapshot-queries.ts'
import { propertyRuns } from '../../support/breadth.ts'
import { usualOptions } from '../../support/plan-options.ts'

/** What SQLite stored of the value in a column so declared, and how its encoder took it. */
function outcomes(declared: string, values: readonly SqliteValue[]) {
  using db = openMemory()
  db.exec(`create table t (c ${declared})`)
  defineTextCheck(db)
  const insert = db.prepare('insert into t values (?)')
  for (const value of values) insert.run(value)
  const catalog = readCatalog(db, 'x.db')
  const census = takeCensus(db, catalog)
  const plan = planAutomatically({
    catalog,
    census,
    schema: 'public',
    options: usualOptions,
    probe: null,
    query: (sql) => [db.prepare(sql).raw(true).all() as SqliteValue[][]],
  })
  const { fate } = plan.tables[0]!
  if (fate.kind !== 'copy') throw new Error('not copied')
  const { from } = fate.copy.columns[0]!
  if (from.kind !== 'column') throw new Error('not a column')
  const stored = db.prepare('select c from t').safeIntegers(true).raw(true).all() as [SqliteValue][]
  const encode = encoderOf(from.conversion)
  return {
    type: plan.targetTables[0]!.columns[0]!.type,
    cells: stored.map(([value]) => ({ value, outcome: encode(value) })),
  }
}

function encoderOf(conversion: Conversion): (value: SqliteValue) => string {
  const encoder = cellEncoderOf(conversion)
  const out = new ByteWriter()
  const cell = new Cell()
  return (value) => {
    if (value === null) return 'exact'
    if (typeof value === 'bigint') cell.setBigInteger(value)
    else if (typeof value === 'number') cell.setReal(value)
    else {
      const bytes = Buffer.from(value as string)
      if (typeof value === 'string') cell.setText(bytes, 0, bytes.length)
      else cell.setBlob(Buffer.from(value), 0, value.length)
    }
    const outcome = encoder.encode(cell, out)
    if (outcome >= FIRST_REJECT) return rejectCodeOf(outcome)
    return ['exact', 'normalized', 'rounded'][outcome]!
  }
}

const hostile = fc.oneof(
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, 1n, -1n, 1700000000n, 1700000000000n, 1700000000000000n, 20240131n, 2n ** 53n + 1n),
  fc.double({ noNaN: true }),
  fc.constantFrom(0.1, 1e300, -1e-300, 2460310.5, 1700000000.25, Number.POSITIVE_INFINITY, 5e-324),
  fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll('\0', '')),
  fc.constantFrom('t', 'f', 'true', 'No', '0', '1', '', ' ', 'NaN', 'Infinity', '1e5', '-0', '007', '1_000'),
  fc.constantFrom(
    '2024-01-01',
    '2024-02-29 23:59:59',
    '2024-01-01T10:00Z',
    '2024-01-01 10:00:00.1234567',
    '10:00',
  ),
  fc.constantFrom('2024-01-01 10:00:00.123456+02:00', '2024-01-01T10:00:00,5', '12:00:00', 'now', '24:00:00'),
  fc.constantFrom(
    '{"a":1}',
    '[]',
    '{"a":1,"a":2}',
    '"x"',
    '[1e999]',
    '{"a":"\\ud800"}',
    '{"a":"\\u0000"}',
    '{a:1}',
  ),
  fc.uuid(),
  fc.uuid().map((uuid) => uuid.toUpperCase()),
  fc.uuid().map((uuid) => uuid.replaceAll('-', '')),
  fc.constantFrom('{6f9619ff-8b86-d011-b42d-00cf4fc964ff}', '6f9619ff8b86-d011-b42d-00cf4fc964ff'),
  fc.uint8Array({ maxLength: 17 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
)
const declarationList: readonly string[] = [
  ...[
    'INTEGER',
    'bigint',
    'REAL',
    'TEXT',
    'BLOB',
    '',
    'BOOLEAN',
    'tinyint(1)',
    'DATE',
    'DATETIME',
    'timestamp',
  ],
  ...[
    'timestamp with time zone',
    'TIME',
    'UUID',
    'GUID',
    'char(36)',
    'char(32)',
    'JSON',
    'JSONB',
    'DECIMAL(10,2)',
  ],
  ...['NUMERIC', 'VARCHAR(5)', 'STRING', 'POINT', 'bit', 'LONG', 'NUMERIC(1000,999)', 'varchar(0)', 'double'],
]
const declarations = fc.constantFrom(...declarationList)

const single: readonly SqliteValue[] = [
  ...[
    0n,
    1n,
    -1n,
    2n,
    1700000000n,
    1700000000000n,
    2n ** 53n + 1n,
    9223372036854775807n,
    -9223372036854775808n,
  ],
  ...[0.1, 1.0, -0.0, 1e300, 5e-324, 2460310.5, 2460310.123456789, 1700000000.25, Number.NEGATIVE_INFINITY],
  ...[
    '',
    ' ',
    't',
    'TRUE',
    'on',
    'null',
    'NaN',
    'Infinity',
    '-Infinity',
    '1e5',
    '1E-400',
    '1e999',
    '0.1',
    '.5',
    '5.',
    '+5',
  ],
  ...['-0', '007', ' 7 ', '1_000', '0x1F', '99999999999999999999', '0.12345678901234567890', 'é'.repeat(5)],
  ...[
    '2024-01-01',
    '0001-01-01',
    '9999-12-31',
    '2024-01-01 10:00',
    '2024-01-01 24:00:00',
    '2024-01-01 23:59:60',
  ],
  ...[
    '0000-00-00',
    '0000-00-00 00:00:00',
    '2024-02-30',
    '2023-02-29 10:00',
    '2024-13-01',
    '2024-00-10',
    '2024-01-32',
  ],
  ...[
    '2024-01-01T10:00:00.123456Z',
    '2024-01-01T10:00:00.123456789Z',
    '2024-01-01 10:00:00,5',
    '2024-01-01 10:00:00z',
  ],
  ...[
    '9999-12-31 23:59:59-12:00',
    '0001-01-01 00:00:00+14:00',
    '2024-01-01 10:00:00+99:99',
    '2024-01-01 10:00:00.1 UTC',
  ],
  ...['10:00', '10:00:00.123456', '10:00:00.1234567', '24:00:00', '25:00', '23:59:60', '10:61'],
  ...[
    '{"a":1}',
    '[]',
    '{"a":1,"a":2}',
    '[1e999]',
    '["\\ud800"]',
    '["\\u0000"]',
    '"x"',
    '5',
    'true',
    `[${'['.repeat(500)}${']'.repeat(500)}]`,
  ],
  ...[
    '6f9619ff-8b86-d011-b42d-00cf4fc964ff',
    '6F9619FF8B86D011B42D00CF4FC964FF',
    '6F9619ff-8b86-d011-b42d-00cf4fc964ff',
  ],
  new Uint8Array(0),
  new Uint8Array(16),
  Uint8Array.from([255, 254]),
]

it.each(declarationList)('each single value has a place in a column declared %j', (declared) => {
  for (const value of single) {
    const { type, cells } = outcomes(declared, [value])
    const outcome = cells[0]!.outcome
    expect.soft(['exact', 'normalized'], `${String(value)} → ${type}: ${outcome}`).toContain(outcome)
  }
})

it('no row goes to quarantine for its type, and no value is rounded, whatever was declared (property)', () => {
  // Columns of one kind of values, which types are made for, and columns of anything.
  const values = fc.oneof(
    fc.array(hostile, { maxLength: 8 }),
    hostile.chain((one) => fc.array(fc.constantFrom(one, null), { minLength: 1, maxLength: 3 })),
  )
  fc.assert(
    fc.property(declarations, values, (declared, column) => {
      const { type, cells } = outcomes(declared, column)
      for (const { value, outcome } of cells) {
        expect(['exact', 'normalized'], `${declared} → ${type}: ${String(value)} is ${outcome}`).toContain(
          outcome,
        )
      }
    }),
    { numRuns: propertyRuns(4000) },
  )
})
