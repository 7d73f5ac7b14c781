/**
 * The meaning of source values in types of an application's schema: intervals, addresses, bits, amounts, XML, arrays. Invariant: no code is
 * shared with the encoders; each type has one spelling here, in which the target's value is selected, too.
 */
import type { Conversion } from '../../model/conversion.ts'
import { integerMeaning, numericMeaning, printDouble } from './compare-numbers.ts'
import { type Meaning, meaningless } from './source-value.ts'

type Kind<K extends Conversion['kind']> = Extract<Conversion, { kind: K }>

export const realMeaning: Meaning = (value) => {
  if (value === null) return null
  if (value instanceof Uint8Array || typeof value === 'object') return meaningless(value, 'float4')
  const text = String(value).trim()
  // A number's spelling loses the sign of zero.
  const number = typeof value === 'number' ? value : Number(text)
  return text === '' || Number.isNaN(number) ? meaningless(value, 'float4') : printDouble(Math.fround(number))
}

/** Returns the meaning of the target's text of a float4. */
export function targetReal(text: string): string {
  return text === 'NaN' ? text : printDouble(Math.fround(Number(text)))
}

/** Without trailing blanks, as the server casts `character` to text. */
export function characterMeaning(text: Meaning): Meaning {
  return (value) => text(value)?.replace(/ +$/, '') ?? null
}

const units: Readonly<Record<string, bigint>> = {
  W: 604_800_000_000n,
  D: 86_400_000_000n,
  H: 3_600_000_000n,
  M: 60_000_000n,
  S: 1_000_000n,
}

/** Spelled as months, and the rest in microseconds. */
export function intervalMeaning({ unit }: Kind<'interval'>): Meaning {
  return (value) => {
    if (value === null) return null
    if (typeof value === 'bigint' || typeof value === 'number') {
      const isCounted = unit !== null && (typeof value === 'bigint' || Number.isSafeInteger(value))
      return isCounted ? `0 ${BigInt(value)}` : meaningless(value, 'interval')
    }
    const parts =
      typeof value === 'string'
        ? (isoParts(value) ?? clockParts(value) ?? daysParts(value) ?? partsSince1970(value))
        : null
    return parts === null ? meaningless(value, 'interval') : `${parts.months} ${parts.rest}`
  }
}

type Parts = { readonly months: bigint; readonly rest: bigint }

function isoParts(text: string): Parts | null {
  const said = /^([-+]?)P([-\dYMWD]*)(?:T([-\d.,HMS]+))?$/.exec(text)
  if (said === null) return null
  const turn = said[1] === '-' ? -1n : 1n
  let months = 0n
  let rest = 0n
  for (const [, count, unit] of (said[2] ?? '').matchAll(/(-?\d+)([YMWD])/g)) {
    if (unit === 'Y' || unit === 'M') months += BigInt(count!) * (unit === 'Y' ? 12n : 1n)
    else rest += BigInt(count!) * units[unit!]!
  }
  for (const [, sign, count, fraction, unit] of (said[3] ?? '').matchAll(/(-?)(\d+)(?:[.,](\d+))?([HMS])/g)) {
    const size = BigInt(count!) * units[unit!]! + BigInt((fraction ?? '').padEnd(6, '0'))
    rest += sign === '-' ? -size : size
  }
  return { months: turn * months, rest: turn * rest }
}

function clockParts(text: string): Parts | null {
  let months = 0n
  let rest = 0n
  const left = text.replaceAll(/([-+]?\d+) (year|mon|day)s?,? ?/g, (_, count: string, unit: string) => {
    if (unit === 'day') rest += BigInt(count) * units.D!
    else months += BigInt(count) * (unit === 'year' ? 12n : 1n)
    return ''
  })
  if (left === '' && text !== '') return { months, rest }
  const clock = /^([-+]?)(\d+):(\d+)(?::(\d+)(?:\.(\d{1,6})0?)?)?$/.exec(left)
  if (clock === null) return null
  const [, sign, hours, minutes, seconds = '0', fraction = ''] = clock
  const size =
    BigInt(hours!) * units.H! +
    BigInt(minutes!) * units.M! +
    BigInt(seconds) * units.S! +
    BigInt(fraction.padEnd(6, '0'))
  return { months, rest: rest + (sign === '-' ? -size : size) }
}

/** Days before a clock time: after a point the sign applies to both, after a blank to the days only. */
function daysParts(text: string): Parts | null {
  const said = /^(-?)(\d+)([. ])(\d\d:\d\d:\d\d(?:\.\d+)?)$/.exec(text)
  const clock = said === null ? null : clockParts(said[4]!)
  if (said === null || clock === null) return null
  const days = BigInt(said[2]!) * units.D!
  const ofDay = said[1] === '-' && said[3] === '.' ? -clock.rest : clock.rest
  return { months: 0n, rest: (said[1] === '-' ? -days : days) + ofDay }
}

function partsSince1970(text: string): Parts | null {
  const said = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d+))?$/.exec(text)
  const milliseconds = said === null ? Number.NaN : Date.parse(`${said[1]}T${said[2]}Z`)
  if (Number.isNaN(milliseconds)) return null
  return { months: 0n, rest: BigInt(milliseconds) * 1000n + BigInt((said?.[3] ?? '').padEnd(6, '0')) }
}

/** Returns SQL that selects an interval of the target in the same spelling. */
export function selectInterval(column: string): string {
  return `(extract(year from ${column})::bigint * 12 + extract(month from ${column})::bigint) || ' ' ||
    (extract(day from ${column})::bigint * 86400000000 + extract(hour from ${column})::bigint * 3600000000
     + extract(minute from ${column})::bigint * 60000000 + extract(microseconds from ${column})::bigint)`
}

/** The address's bytes in hexadecimal, and the length of its network prefix. */
export const addressMeaning: Meaning = (value) => {
  if (value === null) return null
  if (typeof value !== 'string') return meaningless(value, 'network address')
  const [host = '', length] = value.split('/')
  const hex = host.includes(':') ? hexOfSix(host) : hexOfFour(host)
  if (hex === null) return meaningless(value, 'network address')
  return `${hex}/${Number(length ?? hex.length * 4)}`
}

const hexOfFour = (text: string): string =>
  text
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join('')

/** Parses IPv6 as Node parses a URL's host (https://url.spec.whatwg.org/#concept-ipv6-parser). */
function hexOfSix(text: string): string | null {
  if (!URL.canParse(`http://[${text}]/`)) return null
  const host = new URL(`http://[${text}]/`).hostname.slice(1, -1)
  const [left = '', right] = host.split('::')
  const words = (part: string): string[] =>
    part === '' ? [] : part.split(':').map((word) => word.padStart(4, '0'))
  const [before, after] = [words(left), words(right ?? '')]
  return [
    ...before,
    ...Array.from({ length: 8 - before.length - after.length }, () => '0000'),
    ...after,
  ].join('')
}

/** Returns SQL that selects an address in the same spelling: its bytes follow the first four of `inet_send`. */
export function selectAddress(column: string): string {
  return `encode(substr(inet_send(${column}), 5), 'hex') || '/' || masklen(${column})`
}

export const bitsMeaning: Meaning = (value) =>
  value === null || typeof value === 'string'
    ? value
    : typeof value === 'bigint'
      ? value.toString()
      : meaningless(value, 'string of bits')

export function moneyMeaning({ digits }: Kind<'money'>): Meaning {
  return numericMeaning({ kind: 'numeric', precision: 20, scale: digits, form: 'text' })
}

export function xmlMeaning(text: Meaning): Meaning {
  return (value) => text(typeof value === 'string' ? value.replace(/^<\?xml[^>]*\?>\n?/, '') : value)
}

/** As the server prints it, since only the server knows the type. */
export function serverTextMeaning({ values, type }: Kind<'server-text'>): Meaning {
  return (value) => {
    if (value === null) return null
    const text = typeof value === 'bigint' ? value.toString() : value
    const known = typeof text === 'string' && Object.hasOwn(values, text) ? values[text] : undefined
    return known?.text ?? meaningless(value, type)
  }
}

/** The members' spellings as a JSON array of strings. */
export function arrayMeaning({ element }: Kind<'array'>, meaning: Meaning): Meaning {
  return (value) => {
    if (value === null) return null
    const members = typeof value === 'string' ? membersOf(value) : null
    if (members === null) return meaningless(value, 'array')
    return JSON.stringify(
      members.map((member) => meaning(typeof member === 'boolean' ? String(member) : member)),
    )
  }

  function membersOf(text: string): readonly (string | boolean | null | bigint)[] | null {
    const quoted = text.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
      token.startsWith('"') ? token : `{"n":"${token}"}`,
    )
    try {
      const read: unknown = JSON.parse(quoted)
      if (!Array.isArray(read)) return null
      return read.map((one: string | boolean | null | { readonly n: string }) => {
        if (one === null || typeof one !== 'object') return one
        return element.kind === 'integer'
          ? BigInt(integerMeaning({ ...element, bytes: 8 })(one.n) ?? 0)
          : one.n
      })
    } catch {
      return null
    }
  }
}

/** Returns SQL that selects an array as a JSON array of its members' texts. */
export function selectArray(column: string): string {
  return `case when ${column} is not null then to_json(array(
    select m.member::text from unnest(${column}) with ordinality m (member, place) order by m.place))::text end`
}
