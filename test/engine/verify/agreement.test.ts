/** The full comparison says of every value what the migration made of it, and shares no code with it: they must agree on all. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { idNamespace } from '../../../src/engine/encode/conversions/uuid-of-id.ts'
import { type Conversion, type EpochUnit, epochUnits } from '../../../src/engine/model/conversion.ts'
import { ID_NAMESPACE } from '../../../src/engine/rows/meaning/compare-texts.ts'
import type { SqliteDatabase } from '../../../src/engine/source/base/sqlite.ts'
import { anyCharacter } from '../../support/any-character.ts'
import { isNight, seed } from '../../support/breadth.ts'
import { forEachServerNightly } from '../../support/databases.ts'
import { jsonTexts } from '../encode/json/json-texts.ts'
import { migrate, type PlannedTable } from './migrated.ts'

type Value = null | bigint | number | string | Buffer | { readonly brokenText: Buffer }

const digits = (least: number, most: number) => fc.stringMatching(new RegExp(`^[0-9]{${least},${most}}$`))
const part = (most: number) => fc.integer({ min: 0, max: most }).map((n) => String(n).padStart(2, '0'))
const sometimes = (text: fc.Arbitrary<string>) => fc.oneof(fc.constant(''), text)

const decimalText = fc
  .tuple(
    fc.constantFrom('', '', '-', '+'),
    digits(0, 22),
    sometimes(digits(0, 12).map((fraction) => `.${fraction}`)),
    sometimes(fc.integer({ min: -30, max: 30 }).map((power) => `e${power}`)),
  )
  .map((parts) => parts.join(''))

const year = fc.oneof(fc.integer({ min: 1880, max: 2110 }), fc.integer({ min: 0, max: 9999 }))
const clock = fc
  .tuple(part(24), part(59), sometimes(part(60)), sometimes(digits(1, 10)), fc.constantFrom('.', '.', ','))
  .map(([hour, minute, second, fraction, point]) =>
    second === ''
      ? `${hour}:${minute}`
      : `${hour}:${minute}:${second}${fraction === '' ? '' : point + fraction}`,
  )
const zone = fc.oneof(
  fc.constantFrom('', '', 'Z', 'z', ' Z', ' UTC', ' +00:00 UTC', '+00', '-00:00', 'UTC', '+16:00'),
  fc
    .tuple(
      fc.constantFrom('+', '-', ' +'),
      part(15),
      fc.constantFrom('', ':'),
      part(59),
      fc.constantFrom('', ':30'),
    )
    .map((parts) => parts.join('')),
)
const timeText = fc.oneof(
  clock,
  fc
    .tuple(
      year.map((y) => String(y).padStart(4, '0')),
      fc.constantFrom('-', '-', '/', ''),
      fc.integer({ min: 1, max: 13 }).map((n) => String(n).padStart(2, '0')),
      fc.integer({ min: 1, max: 31 }).map((n) => String(n).padStart(2, '0')),
      fc.oneof(
        fc.constant(''),
        fc.tuple(fc.constantFrom('T', ' ', '  '), clock, zone).map((parts) => parts.join('')),
        fc.constantFrom(
          'T00:00:00',
          ' 00:00',
          'T235959',
          'T235959.9999999Z',
          'T23:59:59.9999995',
          ' 24:00:00',
        ),
      ),
    )
    .map(([y, mark, m, d, rest]) => `${y}${mark}${m}${mark}${d}${rest}`),
  // Around the hours in which clocks are moved.
  fc
    .tuple(
      fc.constantFrom('2025-03-30 0', '2025-10-26 0', '2024-03-31T0', '2011-04-03 0', '1930-06-15T0'),
      fc.integer({ min: 0, max: 4 }),
      part(59),
    )
    .map(([day, hour, minute]) => `${day}${hour}:${minute}:00`),
)
const words = fc.constantFrom(
  ...[
    '',
    ' ',
    'BUY',
    'Buy',
    ' sell ',
    'hold',
    'true',
    'Off',
    'y',
    'T',
    'tru',
    '1',
    '0',
    '01',
    'null',
    'NaN',
    'inf',
  ],
  ...[
    '{"a":1}',
    '[]',
    '"x"',
    '-0',
    '-0.0',
    '1e400',
    '1e-400',
    '{"$blob": "AA=="}',
    '\ufeff{}',
    '\ufffd',
    'a\0b',
  ],
  ...[
    '550e8400-e29b-41d4-a716-446655440000',
    '550E8400E29B41D4A716446655440000',
    '{550e8400-e29b-41d4-a716-446655440000}',
  ],
  ...[
    '550e8400e29b-41d4-a716-446655440000x',
    'ORD-0001',
    '9223372036854775808',
    '2147483648',
    '32768',
    '20250301',
  ],
  ...[
    '1740830400',
    '1740830400.1234567',
    '1740830400123',
    '2460736.5',
    '-1',
    '99999999999999999999',
    '12345678',
  ],
  ...[
    '{"a":1,"a":2}',
    '{"a":"\\u0000"}',
    '"\\ud800"',
    '"\\ud83d\\ude00"',
    '1E131071',
    '1E131072',
    '0e999999999',
    '\ud83d',
  ],
)
const real = fc.oneof(
  fc.double({ noNaN: true }),
  fc.constantFrom(
    0,
    -0,
    0.1,
    1e21,
    1e-7,
    5e-324,
    1.7976931348623157e308,
    2 ** 53,
    0.5,
    1e15 + 0.3,
    2.675,
    1.005,
  ),
  fc.constantFrom(
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    1740830400.123456,
    1740830400123.4565,
    2460736.123456789,
  ),
  fc.double({ min: 1.7e6, max: 3e6, noNaN: true }),
  fc.double({ min: 0, max: 4e9, noNaN: true }),
  fc
    .tuple(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.integer({ min: 0, max: 9 }))
    .map(([n, s]) => n / 10 ** s),
)
const whole = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -2n, max: 40_000n }),
  fc.constantFrom(
    2n ** 31n,
    2n ** 31n - 1n,
    -(2n ** 31n),
    2n ** 53n,
    2n ** 53n + 1n,
    1740830400n,
    1740830400123n,
  ),
  fc.constantFrom(
    1740787200n,
    1740783600n,
    1740787200000n,
    253402300799n,
    253402300800n,
    -62135596800n,
    -62135596801n,
  ),
)
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  fc.constantFrom(Buffer.from('text in a blob'), Buffer.alloc(5000, 7), Buffer.from('5')),
)
const value: fc.Arbitrary<Value> = fc.oneof(
  { arbitrary: fc.constant(null), weight: 1 },
  { arbitrary: whole, weight: 3 },
  { arbitrary: real, weight: 4 },
  { arbitrary: fc.oneof(decimalText, timeText, timeText, words, words, jsonTexts, fc.uuid()), weight: 12 },
  { arbitrary: fc.string({ unit: anyCharacter, maxLength: 12 }), weight: 2 },
  { arbitrary: fc.constantFrom('x'.repeat(70_000), 'ü'.repeat(30_000), ' '.repeat(9)), weight: 1 },
  { arbitrary: bytes.map((array) => Buffer.from(array)), weight: 2 },
  {
    arbitrary: bytes.map((array) => ({ brokenText: Buffer.concat([array, Buffer.from([0xff])]) })),
    weight: 1,
  },
)

/** In each conversion. */
const valuesTried = isNight ? 500 : 150

const units: readonly (EpochUnit | null)[] = [null, ...epochUnits]
const sides = { buy: 'buy', BUY: 'buy', sell: 'sell', Hold: 'hold', HOLD: 'wait' }

const conversions: readonly (readonly [type: string, conversion: Conversion])[] = [
  ['smallint', { kind: 'integer', bytes: 2, form: 'integer' }],
  ['integer', { kind: 'integer', bytes: 4, form: 'text' }],
  ['bigint', { kind: 'integer', bytes: 8, form: 'integer' }],
  ['double precision', { kind: 'double' }],
  ['numeric', { kind: 'numeric', precision: null, scale: null, form: 'text' }],
  ['numeric(20,8)', { kind: 'numeric', precision: 20, scale: 8, form: 'real' }],
  ['numeric(10)', { kind: 'numeric', precision: 10, scale: null, form: 'integer' }],
  ['numeric(30,1)', { kind: 'numeric', precision: 30, scale: 1, form: 'real' }],
  ['text', { kind: 'text', maxCharacters: null }],
  ['character varying(8)', { kind: 'text', maxCharacters: 8 }],
  ['boolean', { kind: 'boolean', form: 'integer' }],
  ['time without time zone', { kind: 'time', form: null }],
  ['uuid', { kind: 'uuid', form: 'lower' }],
  ['uuid', { kind: 'uuid-of-id', database: 'a.db', table: 'örders', form: 'none' }],
  ['jsonb', { kind: 'json', text: 'document', storage: 'jsonb' }],
  ['jsonb', { kind: 'json', text: 'string', storage: 'jsonb' }],
  ['json', { kind: 'json', text: 'document', storage: 'json' }],
  ['json', { kind: 'json', text: 'string', storage: 'json' }],
  ['bytea', { kind: 'bytes' }],
  ['text', { kind: 'enumeration', values: sides, maxCharacters: null }],
  ...units.flatMap((epoch, index) =>
    (['UTC', index % 2 === 0 ? 'Europe/Berlin' : 'Australia/Lord_Howe'] as const).flatMap(
      (timeZone): (readonly [string, Conversion])[] => {
        const parameters = { zone: timeZone, epoch, form: null }
        return [
          ['timestamp with time zone', { kind: 'timestamptz', ...parameters }],
          ['timestamp without time zone', { kind: 'timestamp', ...parameters }],
          ['date', { kind: 'date', ...parameters }],
        ]
      },
    ),
  ),
]

function insertValues(db: SqliteDatabase, table: string, values: readonly Value[]): void {
  db.exec(`create table ${table}(id integer primary key, v)`)
  const plain = db.prepare(`insert into ${table}(v) values (?)`)
  const broken = db.prepare(`insert into ${table}(v) values (cast(? as text))`)
  db.transaction(() => {
    for (const one of values) {
      if (one !== null && typeof one === 'object' && 'brokenText' in one) broken.run(one.brokenText)
      else plain.run(one)
    }
  })()
}

test('the namespace of made ids is the same in both', () => {
  expect(ID_NAMESPACE).toBe(idNamespace)
})

forEachServerNightly((server) => {
  test('the full comparison agrees with the migration on every value, in every conversion', async () => {
    const tables: PlannedTable[] = conversions.map(([type, conversion], index) => ({
      table: `t${index}`,
      columns: [
        ['id', 'bigint', { kind: 'integer', bytes: 8, form: 'integer' }],
        ['v', type, conversion],
      ],
      copy: { identity: { kind: 'columns', columns: ['id'], ordered: true } },
    }))
    const migrated = await migrate(
      server.url,
      {
        'a.db': (db) => {
          for (const index of conversions.keys()) {
            const generated = fc.sample(value, { seed: seed + index, numRuns: valuesTried })
            // Words of the enumeration are rare among all texts.
            insertValues(db, `t${index}`, [...generated, 'buy', 'Hold'])
          }
        },
      },
      tables,
    )
    try {
      const differences = await migrated.compare()
      const told = differences.slice(0, 20).map((found) => {
        const index = Number(/\d+$/.exec(found.table)![0])
        return { ...found, conversion: JSON.stringify(conversions[index]) }
      })
      expect(told, `seed ${seed}`).toEqual([])
      for (const [index, conversion] of conversions.entries()) {
        const { held } = await migrated.connection.queryOne<{ held: number }>(
          `select count(v)::int as held from app.t${index}`,
        )
        expect(held, JSON.stringify(conversion)).toBeGreaterThan(0)
      }
    } finally {
      await migrated.drop()
    }
  }, 120_000)
})
