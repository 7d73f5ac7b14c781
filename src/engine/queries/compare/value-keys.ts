/**
 * Spells each value of a result in one way for both sides, so that values that are equal for an application have equal spellings:
 * 1 and true, 5 and 5.0, a time as text and as a time, JSON by its meaning. Invariant: a text never equals a number.
 */
import type { Conversion } from '../../model/conversion.ts'
import { targetJsonb } from '../../rows/meaning/compare-json.ts'
import { targetDouble, targetNumeric } from '../../rows/meaning/compare-numbers.ts'
import { bytesMeaning, textMeaning } from '../../rows/meaning/compare-texts.ts'
import { momentMeaning } from '../../rows/meaning/compare-times.ts'
import { meaningOf } from '../../rows/meaning/meaning-of.ts'
import type { SourceValue } from '../../rows/meaning/source-value.ts'

/** OIDs of types (`pg_type.dat`) by their names. */
const oid = {
  boolean: 16,
  bytea: 17,
  bigint: 20,
  smallint: 21,
  integer: 23,
  json: 114,
  real: 700,
  'double precision': 701,
  date: 1082,
  'timestamp without time zone': 1114,
  'timestamp with time zone': 1184,
  numeric: 1700,
  uuid: 2950,
  jsonb: 3802,
} as const

/** Returns the OID of text for any type that is not listed. */
export function oidOfType(type: string | undefined): number {
  const name = type?.replace(/ ?\(.*?\)/, '') ?? ''
  return Object.hasOwn(oid, name) ? oid[name as keyof typeof oid] : 25
}

const numbers: ReadonlySet<number> = new Set([
  oid.smallint,
  oid.integer,
  oid.bigint,
  oid.real,
  oid['double precision'],
  oid.numeric,
])
const times: ReadonlySet<number> = new Set([
  oid.date,
  oid['timestamp without time zone'],
  oid['timestamp with time zone'],
])
const documents: ReadonlySet<number> = new Set([oid.json, oid.jsonb])

export type ColumnKeys = {
  readonly ofSqlite: (value: SourceValue) => string
  readonly ofPostgres: (text: string | null) => string
}

const NULL = '-'

/**
 * `conversion`: of the table's column that the result column is on both sides; null for a calculation. `isStored`: the values come from the
 * source, so that a number that the target holds as text was stored by the application.
 */
export function columnKeys(
  type: number,
  conversion: Conversion | null,
  zone: string,
  isStored = false,
): ColumnKeys {
  const moment = momentMeaning({ kind: 'timestamptz', zone, epoch: null, form: null })
  if (conversion !== null && isOwnType(conversion, type)) {
    const meaning = meaningOf(conversion)
    return {
      ofSqlite: (value) => {
        if (
          isStored &&
          conversion.kind === 'text' &&
          (typeof value === 'bigint' || typeof value === 'number')
        )
          return numberKey(String(value))
        const spelling = meaning(value)
        // JSON that the statement itself makes has other spaces on each side.
        return spelling === null ? NULL : `v ${documents.has(type) ? targetJsonb(spelling) : spelling}`
      },
      ofPostgres: (text) => (text === null ? NULL : `v ${printed(type, text, moment)}`),
    }
  }
  return {
    ofSqlite: (value) => (value === null ? NULL : sqliteKey(value, type, moment)),
    ofPostgres: (text) => (text === null ? NULL : postgresKey(text, type, moment)),
  }
}

/** The server's types that conversions produce; values of all other conversions are spelled as text. */
const ownTypes: Partial<Record<Conversion['kind'], ReadonlySet<number>>> = {
  integer: new Set([oid.smallint, oid.integer, oid.bigint]),
  double: new Set([oid['double precision']]),
  numeric: new Set([oid.numeric]),
  boolean: new Set([oid.boolean]),
  timestamptz: new Set([oid['timestamp with time zone']]),
  timestamp: new Set([oid['timestamp without time zone']]),
  date: new Set([oid.date]),
  uuid: new Set([oid.uuid]),
  'uuid-of-id': new Set([oid.uuid]),
  json: documents,
  bytes: new Set([oid.bytea]),
}

function isOwnType({ kind }: Conversion, type: number): boolean {
  return ownTypes[kind]?.has(type) ?? !(numbers.has(type) || times.has(type) || type === oid.boolean)
}

/** Spells the server's text like `Meaning`. */
function printed(type: number, text: string, moment: (value: SourceValue) => string | null): string {
  if (documents.has(type)) return targetJsonb(text)
  if (type === oid.numeric) return targetNumeric(text)
  if (type === oid['double precision']) return targetDouble(text)
  if (type === oid['timestamp with time zone']) return moment(withMinutes(text)) ?? text
  if (type === oid.boolean) return text === 't' ? 'true' : 'false'
  if (type === oid.bytea) return bytesMeaning(Buffer.from(text.slice(2), 'hex')) ?? text
  if (numbers.has(type) || times.has(type)) return text
  return textMeaning(text) ?? text
}

/** Completes an offset of `+00` to `+00:00`. */
function withMinutes(text: string): string {
  return text.replace(/([+-]\d\d)$/, '$1:00')
}

function sqliteKey(
  value: (SourceValue & object) | string | number | bigint,
  type: number,
  moment: (value: SourceValue) => string | null,
): string {
  if (typeof value === 'bigint' || typeof value === 'number') {
    if (documents.has(type)) return `j ${targetJsonb(String(value))}`
    if (times.has(type)) return `t ${microsOfNumber(Number(value))}`
    return numberKey(String(value))
  }
  if (typeof value !== 'string') {
    const bytes = value instanceof Uint8Array ? value : value.bytes
    return `b ${Buffer.from(bytes).toString('hex')}`
  }
  if (documents.has(type)) return `j ${targetJsonb(value)}`
  if (type === oid.bytea) return `b ${Buffer.from(value).toString('hex')}`
  if (type === oid.uuid) return `u ${value.toLowerCase().replaceAll('-', '')}`
  if (type === oid.boolean && /^(?:true|false|t|f)$/i.test(value))
    return numberKey(/^t/i.test(value) ? '1' : '0')
  if (times.has(type)) {
    const instant = moment(value)
    return instant === null || instant.startsWith('(') ? `s ${value}` : `t ${microsOfInstant(instant)}`
  }
  return `s ${value}`
}

function postgresKey(text: string, type: number, moment: (value: SourceValue) => string | null): string {
  if (numbers.has(type)) return numberKey(text)
  if (type === oid.bytea) return `b ${text.replace(/^\\x/, '')}`
  return sqliteKey(type === oid['timestamp with time zone'] ? withMinutes(text) : text, type, moment)
}

/** Spells integers exactly, and other numbers with twelve digits, since further digits depend on the order of calculation. */
function numberKey(text: string): string {
  if (/^-?\d+$/.test(text)) return `n ${BigInt(text)}`
  const number = Number(text)
  if (!Number.isFinite(number)) return `n ${number}`
  const rounded = Number(number.toPrecision(12))
  return Number.isInteger(rounded) && Math.abs(rounded) < 2 ** 53 ? `n ${BigInt(rounded)}` : `n ${rounded}`
}

function microsOfInstant(instant: string): string {
  const [, clock, fraction = ''] = /^(\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(\d+))?/.exec(instant) ?? []
  return `${Date.parse(`${clock!.replace(' ', 'T')}Z`) / 1000}.${fraction.padEnd(6, '0')}`
}

/** Reads a number as a time: seconds, milliseconds, microseconds or nanoseconds, judged by its size. */
function microsOfNumber(value: number): string {
  const size = Math.abs(value)
  const seconds = size < 1e11 ? value : size < 1e14 ? value / 1e3 : size < 1e17 ? value / 1e6 : value / 1e9
  const whole = Math.floor(seconds)
  return `${whole}.${String(Math.round((seconds - whole) * 1e6)).padStart(6, '0')}`
}
