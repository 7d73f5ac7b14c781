/** Generated columns for the page encoder: each with a conversion, and values that are mostly what the conversion is for. */
import fc from 'fast-check'
import { ByteWriter } from '../../../src/engine/encode/cell/byte-writer.ts'
import { booleanTexts } from '../../../src/engine/encode/conversions/boolean.ts'
import { canonicalJson } from '../../../src/engine/encode/json/json-canonical.ts'
import { REFUSED_BY_JSONB, scanJson } from '../../../src/engine/encode/json/json-text.ts'
import {
  type BooleanForm,
  type Conversion,
  epochUnits,
  type TimeForm,
  type UuidForm,
} from '../../../src/engine/model/conversion.ts'
import type { ColumnOrigin } from '../../../src/engine/model/plan.ts'
import { anyCharacter } from '../../support/any-character.ts'
import { integers, type Value, values } from '../source/pages/arbitrary.ts'

export type GeneratedColumn = {
  readonly declared: string
  readonly origin: (name: string) => ColumnOrigin
  readonly nullable: boolean
  readonly value: fc.Arbitrary<Value>
}

const hostile = values(4096)
const twoDigits = (max: number) => fc.integer({ min: 0, max }).map((value) => String(value).padStart(2, '0'))

const decimalTexts = fc
  .tuple(
    fc.constantFrom('', '', '-', '+'),
    fc.oneof(
      fc.bigInt({ min: 0n, max: 10n ** 17n }).map(String),
      fc.constantFrom('0', '007', '', '9999', '10000', '99999999', '100000000', '999999999999'),
    ),
    fc.oneof(
      fc.constant(''),
      fc.constant('.'),
      fc.stringMatching(/^\.[0-9]{1,13}$/),
      fc.constantFrom('.50', '.000000010', '.0001', '.00000001', '.000000000001', '.100000000000'),
    ),
  )
  .map((parts) => parts.join(''))

const reals = fc.oneof(
  fc.double({ noNaN: true }),
  fc
    .tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 12 }))
    .map(([n, places]) => n / 10 ** places),
  fc
    .tuple(fc.integer({ min: -9e15, max: 9e15 }), fc.integer({ min: 0, max: 9 }))
    .map(([n, places]) => n / 10 ** places),
  fc.constantFrom(-0, 0, 0.1, 0.5, 1e15, 1e15 + 0.5, 123456789.12345678, 0.000000005, 99999999.99999999),
)

/** What stands before and after the hex digits in ASCII. */
const besideDigits = ['/', ':', '@', 'G', '`', 'g']

const uuids = fc
  .tuple(fc.uuid(), fc.constantFrom(0, 0, 0, 1, 2, 3, 4, 5), fc.nat({ max: 35 }))
  .map(([text, spelling, place]): Value => {
    const bare = text.replaceAll('-', '')
    if (spelling === 1) return text.toUpperCase()
    if (spelling === 2) return bare
    if (spelling === 3) return bare.toUpperCase()
    if (spelling === 4) return Buffer.from(bare, 'hex')
    if (spelling === 5) return `${text.slice(0, place)}${besideDigits[place % 6]!}${text.slice(place + 1)}`
    return text
  })

const times = fc
  .tuple(
    fc.oneof(
      fc.tuple(
        fc.integer({ min: 0, max: 9999 }).map((year) => String(year).padStart(4, '0')),
        twoDigits(13),
        twoDigits(32),
      ),
      fc.tuple(
        fc.constantFrom('1900', '2000', '2024', '2023'),
        fc.constantFrom('02', '04', '12'),
        fc.constantFrom('28', '29', '30', '31'),
      ),
    ),
    fc.constantFrom('-', '-', '-', '/', ''),
    fc.constantFrom(' ', 'T', 'T', 't', ''),
    fc.tuple(twoDigits(24), twoDigits(60), twoDigits(60)),
    fc.oneof(
      fc.constant(''),
      fc.stringMatching(/^\.[0-9]{1,9}$/),
      fc.constantFrom('.000', '.120000', ',5', '.'),
    ),
    fc.constantFrom('', 'Z', '+00:00', '+0000', '+00', ' UTC', '+02:00', '-00:30', 'z'),
    fc.constantFrom('all', 'all', 'all', 'date', 'minutes'),
  )
  .map(([date, dash, separator, clock, fraction, zone, kind]) => {
    const day = date.join(dash)
    if (kind === 'date') return day
    return `${day}${separator}${(kind === 'minutes' ? clock.slice(0, 2) : clock).join(':')}${kind === 'minutes' ? '' : fraction}${zone}`
  })

const dates = fc.oneof(
  fc
    .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10)),
  fc.constantFrom(
    '1900-02-29',
    '2000-02-29',
    '2023-02-29',
    '2024-02-29',
    '2024-04-31',
    '0000-12-31',
    '9999-12-31',
  ),
)

const usualTimes = fc
  .tuple(
    dates,
    fc.constantFrom(' ', 'T'),
    fc.tuple(twoDigits(23), twoDigits(59), twoDigits(59)).map((clock) => clock.join(':')),
    fc.oneof(fc.constant(''), fc.stringMatching(/^\.[0-9]{1,6}$/)),
    fc.constantFrom('', 'Z', '+00:00'),
  )
  .map((parts) => parts.join(''))

const moments = fc.oneof(
  fc.integer({ min: -70_000_000_000, max: 260_000_000_000 }).map(BigInt),
  fc.bigInt({ min: -70_000_000_000_000n, max: 260_000_000_000_000n }),
  fc.bigInt({ min: -(2n ** 58n), max: 2n ** 58n }),
  fc.double({ min: -1e10, max: 1e10, noNaN: true }),
  fc.integer({ min: 0, max: 2_000_000_000_000 }).map((millis) => millis / 1000),
)

const timeForms: fc.Arbitrary<TimeForm> = fc.oneof(
  fc.constant(null),
  fc.constantFrom({ storage: 'integer' as const }, { storage: 'real' as const }),
  fc.record({
    storage: fc.constant('text' as const),
    separator: fc.constantFrom('T' as const, ' ' as const, 'date-only' as const),
    fraction: fc.integer({ min: -1, max: 9 }),
    zone: fc.constantFrom('' as const, 'Z' as const, '+00:00' as const, '+0000' as const),
  }),
)

/** The first and last sequences of each length in UTF-8 that are well-formed, and their neighbours that are not (Unicode 15, table 3-7). */
const sequences = fc
  .array(
    fc.constantFrom(
      ...['41', 'c280', 'dfbf', 'e0a080', 'ed9fbf', 'ee8080', 'efbfbf', 'f0908080', 'f48fbfbf'],
      ...[
        'c1bf',
        'c080',
        'e09fbf',
        'eda080',
        'edbfbf',
        'f08fbfbf',
        'f4908080',
        'f5808080',
        'e2829c00',
        'f09f99',
        '80',
        'ff',
      ],
    ),
    { maxLength: 6 },
  )
  .map((parts) => ({ invalidText: Buffer.from(parts.join(''), 'hex') }))

const texts = fc.oneof(
  sequences,
  fc
    .constantFrom('c280', 'dfbf', 'e0a080', 'ed9fbf', 'ee8080', 'f0908080', 'f48fbfbf', 'eda080', 'f4908080')
    .map((sequence) => ({ invalidText: Buffer.from(`4142${sequence}`, 'hex') })),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: anyCharacter, maxLength: 40 }),
  fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => ({ invalidText: Buffer.from(bytes) })),
)

/** JSON as programs write it, and as jsonb prints it, now and then with a character that does not belong. */
const documents = fc
  .tuple(
    fc.json({ maxDepth: 4 }),
    fc.constantFrom('', ' ', '\n'),
    fc.nat(),
    fc.constantFrom(...'{}[]":, 0-.e/\\\u001fé', '', '', '', ''),
  )
  .map(([json, blank, place, character]) => {
    const out = new ByteWriter()
    const compact = Buffer.from(json)
    const isKept = (scanJson(compact, 0, compact.length) & REFUSED_BY_JSONB) === 0
    if (blank === ' ' && isKept) canonicalJson(compact, 0, compact.length, out)
    const text = out.position > 0 ? out.whole(0).toString() : json.replaceAll(',', `,${blank}`)
    const at = place % (text.length + 1)
    return character === '' ? text : `${text.slice(0, at)}${character}${text.slice(at + (place % 2))}`
  })

const mostly = (plain: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  fc.oneof(
    { weight: 12, arbitrary: plain },
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: hostile },
  )

type Choice = { readonly conversion: fc.Arbitrary<Conversion>; readonly value: fc.Arbitrary<Value> }

const choices: readonly Choice[] = [
  {
    conversion: fc.record({
      kind: fc.constant('integer' as const),
      bytes: fc.constantFrom(2 as const, 4 as const, 8 as const, 8 as const),
      form: fc.constantFrom('integer' as const, 'text' as const),
    }),
    value: mostly(integers),
  },
  { conversion: fc.constant({ kind: 'double' }), value: mostly(fc.oneof(reals, integers)) },
  {
    conversion: fc.record({
      kind: fc.constant('numeric' as const),
      precision: fc.option(fc.integer({ min: 1, max: 30 }), { nil: null }),
      scale: fc.option(fc.integer({ min: -2, max: 14 }), { nil: null }),
      form: fc.constantFrom('integer' as const, 'real' as const, 'text' as const),
    }),
    value: mostly(fc.oneof(reals, reals, decimalTexts, integers)),
  },
  {
    conversion: fc.record({
      kind: fc.constant('text' as const),
      maxCharacters: fc.option(fc.integer({ min: 0, max: 60 }), { nil: null }),
    }),
    value: mostly(fc.oneof(texts, texts, integers, reals)),
  },
  {
    conversion: fc.record({
      kind: fc.constant('uuid' as const),
      form: fc.constantFrom<UuidForm>('lower', 'upper', 'lower-bare', 'upper-bare', 'blob', 'none'),
    }),
    value: mostly(uuids),
  },
  {
    conversion: fc.record({
      kind: fc.constant('boolean' as const),
      form: fc.constantFrom('integer', ...(Object.keys(booleanTexts) as BooleanForm[])),
    }),
    value: mostly(
      fc.oneof(
        fc.constantFrom<Value>(0n, 1n, 1n, 2n, 1.0, '0', '1', ...Object.values(booleanTexts).flat()),
        fc.mixedCase(fc.constantFrom('true', 'false', 'yes', 'no', 'on', 'off', 't', 'f', 'y', 'n')),
      ),
    ),
  },
  {
    conversion: fc.constant({ kind: 'bytes' }),
    value: mostly(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))),
  },
  {
    conversion: fc.record({
      kind: fc.constantFrom(
        'timestamptz' as const,
        'timestamptz' as const,
        'timestamp' as const,
        'date' as const,
      ),
      zone: fc.constantFrom('UTC', 'Etc/UTC', 'Europe/Berlin'),
      epoch: fc.constantFrom(null, ...epochUnits),
      form: timeForms,
    }),
    value: mostly(fc.oneof(times, usualTimes, usualTimes, moments)),
  },
  {
    conversion: fc.record({
      kind: fc.constant('json' as const),
      text: fc.constantFrom(
        'document' as const,
        'document' as const,
        'only-documents' as const,
        'string' as const,
      ),
      storage: fc.constantFrom('json' as const, 'jsonb' as const),
    }),
    value: mostly(fc.oneof(fc.json(), documents, documents, fc.string({ maxLength: 30 }), reals, integers)),
  },
  {
    conversion: fc.record({
      kind: fc.constant('uuid-of-id' as const),
      database: fc.constant('a.db'),
      table: fc.constant('t'),
      form: fc.constant('lower' as const),
    }),
    value: mostly(fc.oneof(integers, uuids, fc.string({ maxLength: 12 }))),
  },
]

const declared = fc.constantFrom('', '', 'integer', 'real', 'real', 'text', 'numeric', 'blob', 'datetime')

export const generatedColumn: fc.Arbitrary<GeneratedColumn> = fc
  .tuple(fc.constantFrom(...choices), declared, fc.boolean(), fc.nat({ max: 15 }))
  .chain(([{ conversion, value }, type, nullable, special]) =>
    conversion.map((chosen) => ({
      declared: type,
      nullable,
      value,
      origin: (name: string): ColumnOrigin => {
        const integer: Conversion = { kind: 'integer', bytes: 8, form: 'integer' }
        if (special === 0) return { kind: 'rowid', conversion: integer }
        if (special === 1) return { kind: 'row-number', conversion: integer }
        if (special === 2)
          return {
            kind: 'constant',
            value: { text: 'same' },
            conversion: { kind: 'text', maxCharacters: null },
          }
        if (special === 3) return { kind: 'nothing' }
        return { kind: 'column', column: name, conversion: chosen }
      },
    })),
  )
