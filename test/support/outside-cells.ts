/** Compares one cell on both sides, for the outside checker, by rules written independently of the engine's. */
import type pg from 'pg'

/** A source cell by storage class: `null`, `i:` decimal, `r:` the double in hex, `t:` the UTF-8 bytes in hex, `b:` hex. */
export type Exact = string
export type TargetValue = string | null
type Verdict = 'yes' | 'altered' | 'no'

export function exactOf(storage: string, value: unknown, encoding: string): Exact {
  switch (storage) {
    case 'null':
      return 'null'
    case 'integer':
      return `i:${value}`
    case 'real':
      return `r:${hexOfDouble(value as number)}`
    case 'text': {
      const bytes = value as Buffer
      if (encoding === 'utf-8') return `t:${bytes.toString('hex')}`
      const swapped = encoding === 'utf-16be' ? Buffer.from(bytes).swap16() : bytes
      return `t:${Buffer.from(swapped.toString('utf16le'), 'utf8').toString('hex')}`
    }
    default:
      return `b:${(value as Buffer).toString('hex')}`
  }
}

type Stored = null | Readonly<Record<string, string>> | 'missing'

export function exactOfStored(cell: Stored): Exact {
  if (cell === null) return 'null'
  if (cell === 'missing') return 'missing'
  if (cell.integer !== undefined) return `i:${cell.integer}`
  if (cell.real !== undefined) return `r:${hexOfDouble(Number(cell.real))}`
  if (cell.text !== undefined) return `t:${Buffer.from(cell.text, 'utf8').toString('hex')}`
  if (cell.textBase64 !== undefined) return `t:${Buffer.from(cell.textBase64, 'base64').toString('hex')}`
  return `b:${Buffer.from(cell.blob ?? '', 'base64').toString('hex')}`
}

export async function holds(
  cell: Exact,
  type: string,
  value: TargetValue,
  server: pg.Client,
): Promise<Verdict> {
  if (cell === 'null' || value === null) return cell === 'null' && value === null ? 'yes' : 'no'
  const kind = cell[0]!
  const body = cell.slice(2)
  const text = kind === 't' ? Buffer.from(body, 'hex').toString('utf8') : ''
  const real = kind === 'r' ? Buffer.from(body, 'hex').readDoubleBE() : 0
  const base = type.replace(/\(.*\)/, '')
  switch (base) {
    case 'text':
    case 'character varying': {
      if (kind === 't' || kind === 'b') return when(body === value)
      const held = Buffer.from(value, 'hex').toString('utf8')
      return when(
        kind === 'i' ? held === body : Object.is(Number(held.replace(/^(-?)inf$/i, '$1Infinity')), real),
      )
    }
    case 'smallint':
    case 'integer':
    case 'bigint':
      if (kind === 'i') return when(body === value)
      if (kind === 'r') return when(Number.isInteger(real) && String(BigInt(real)) === value)
      return when(
        kind === 't' &&
          /^\s*[+-]?\d+\s*$/.test(text) &&
          String(BigInt(text.trim().replace(/^\+/, ''))) === value,
      )
    case 'double precision': {
      const held = Buffer.from(value, 'hex').readDoubleBE()
      if (kind === 'r') return when(body === value)
      if (kind === 'i') return when(Number.isInteger(held) && BigInt(held) === BigInt(body))
      return when(kind === 't' && text.trim() !== '' && Object.is(Number(text), held))
    }
    case 'numeric':
      return numericHolds(
        kind === 'i' ? body : kind === 'r' ? String(real) : kind === 't' ? text.trim() : 'blob',
        type,
        value,
      )
    case 'boolean': {
      const said = kind === 'i' ? body : text.trim().toLowerCase()
      const isTrue = ['1', 'true', 't', 'yes', 'y', 'on'].includes(said)
      const isFalse = ['0', 'false', 'f', 'no', 'n', 'off'].includes(said)
      return when(value === 'true' || value === 't' ? isTrue : isFalse)
    }
    case 'bytea':
      return when((kind === 'b' || kind === 't') && body === value)
    case 'uuid': {
      const held = value.replaceAll('-', '')
      return when(held === (kind === 'b' ? body : text.trim().replaceAll('-', '').toLowerCase()))
    }
    case 'json':
    case 'jsonb':
      return jsonHolds(kind, body, text, real, value, server)
    case 'date':
    case 'timestamp':
    case 'timestamp without time zone':
    case 'timestamp with time zone':
      return timeHolds(kind, body, text, real, base, value)
    case 'time without time zone': {
      const held = timeOfDay(value)
      return when(kind === 't' && held !== null && held === timeOfDay(text.trim()))
    }
    default:
      return 'no'
  }
}

const when = (holds: boolean): Verdict => (holds ? 'yes' : 'no')

function hexOfDouble(value: number): string {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes.toString('hex')
}

/** A decimal as an integer and a power of ten. */
function decimalOf(text: string): { digits: bigint; exponent: number } | null {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text)
  if (match === null) return null
  const [, sign, whole = '', fraction = '', power = '0'] = match
  if (whole === '' && fraction === '') return null
  const digits = BigInt(whole + fraction)
  return { digits: sign === '-' ? -digits : digits, exponent: Number(power) - fraction.length }
}

function numericHolds(said: string, type: string, value: string): Verdict {
  const source = decimalOf(said)
  const target = decimalOf(value)
  if (source === null || target === null) return when(said === value)
  const low = Math.min(source.exponent, target.exponent)
  if (Math.max(source.exponent, target.exponent) - low > 5000) return 'no'
  const a = source.digits * 10n ** BigInt(source.exponent - low)
  const b = target.digits * 10n ** BigInt(target.exponent - low)
  if (a === b) return 'yes'
  const scale = /,(\d+)\)/.exec(type)?.[1]
  if (scale === undefined) return 'no'
  const difference = a > b ? a - b : b - a
  // At most half a unit in the last place: 2 · difference · 10^low ≤ 10^-scale.
  const power = -Number(scale) - low
  return power >= 0 && 2n * difference <= 10n ** BigInt(power) ? 'altered' : 'no'
}

async function jsonHolds(
  kind: string,
  body: string,
  text: string,
  real: number,
  value: string,
  server: pg.Client,
): Promise<Verdict> {
  const same = async (wanted: string): Promise<boolean> =>
    (
      await server.query<{ same: string }>('select ($1::text::jsonb = $2::text::jsonb)::text as same', [
        wanted,
        value,
      ])
    ).rows[0]!.same === 'true'
  const base64 = Buffer.from(body, 'hex').toString('base64')
  switch (kind) {
    case 'i':
      return when(await same(body))
    case 'r':
      return when(await same(Number.isFinite(real) ? String(real) : JSON.stringify({ $real: String(real) })))
    case 'b':
      return when(await same(JSON.stringify({ $blob: base64 })))
  }
  if (value === text) return 'yes'
  if (Buffer.from(text, 'utf8').toString('hex') !== body || text.includes('\0')) {
    return when(await same(JSON.stringify({ $text: base64 })))
  }
  if (await same(JSON.stringify(text))) return 'yes'
  return when(await same(text).catch(() => false))
}

const microsOfUnit: Readonly<Record<string, (value: number) => number>> = {
  seconds: (value) => value * 1e6,
  milliseconds: (value) => value * 1e3,
  microseconds: (value) => value,
  nanoseconds: (value) => value / 1e3,
  julian: (value) => (value - 2440587.5) * 86_400e6,
  core: (value) => (value + 978_307_200) * 1e6,
}

function timeHolds(
  kind: string,
  body: string,
  text: string,
  real: number,
  base: string,
  value: string,
): Verdict {
  const held = microsOf(value)
  if (held === null) return 'no'
  if (kind === 'i' || kind === 'r') {
    const number = kind === 'i' ? Number(body) : real
    return when(
      Object.values(microsOfUnit).some(
        (of) => Math.abs(of(number) - Number(held)) <= 1024 && /* within a double */ true,
      ),
    )
  }
  const said = microsOf(text.trim())
  if (said === null) return 'no'
  if (base === 'date' && said % 86_400_000_000n !== 0n) return 'no'
  if (said === held) return 'yes'
  const digits = /\.(\d+)/.exec(text)?.[1]?.length ?? 0
  return digits > 6 && (said - held) ** 2n <= 1n ? 'altered' : 'no'
}

/** The microseconds since 1970 of an ISO time, in UTC if it has no zone. 24:00 and leap seconds are not accepted. */
function microsOf(text: string): bigint | null {
  const match =
    /^(\d{4,6})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)?\s*(Z|UTC|[+-]\d\d(?::?\d\d)?(?::\d\d)?)?( BC)?$/i.exec(
      text,
    )
  if (match === null) return null
  const [, y, mo, d, h = '0', mi = '0', s = '0', fraction = '', zone = '', bc] = match
  const year = bc === undefined ? Number(y) : 1 - Number(y)
  const date = new Date(0)
  date.setUTCFullYear(year, Number(mo) - 1, Number(d))
  if (date.getUTCDate() !== Number(d)) return null
  date.setUTCHours(Number(h), Number(mi), Number(s))
  const micros = BigInt(fraction.padEnd(6, '0').slice(0, 6))
  const offset = /^([+-])(\d\d):?(\d\d)?/.exec(zone)
  const minutes =
    offset === null ? 0 : (offset[1] === '-' ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3] ?? 0))
  return BigInt(date.getTime()) * 1000n + micros - BigInt(minutes) * 60_000_000n
}

function timeOfDay(text: string): string | null {
  const match = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?$/.exec(text)
  if (match === null) return null
  return `${match[1]}:${match[2]}:${match[3] ?? '00'}.${(match[4] ?? '').padEnd(6, '0')}`
}
