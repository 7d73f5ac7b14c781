/**
 * The meaning of source values as text, bytes, UUIDs and enumeration values. Invariant: text is compared character by character, bytes byte by
 * byte; long values are compared by length and SHA-256.
 */
import { createHash } from 'node:crypto'
import type { Conversion } from '../../model/conversion.ts'
import { BrokenText, type Meaning, meaningless, type SourceValue, textOfBytes } from './source-value.ts'

type Kind<K extends Conversion['kind']> = Extract<Conversion, { kind: K }>

/** Maximum size in bytes of a text and of a bytea that is fetched completely. */
const LONGEST_TEXT = 65_536
const LONGEST_BYTES = 4_096

export const textMeaning: Meaning = (value) => printText(value, LONGEST_TEXT)

/** The same without a digest, whatever its length. */
export const wholeText: Meaning = (value) => printText(value, Number.POSITIVE_INFINITY)

function printText(value: SourceValue, mostBytes: number): string | null {
  if (value === null) return null
  const text = plainText(value)
  if (text === null || text.includes('\0')) return meaningless(value, 'text')
  if (text.length * 3 <= mostBytes) return text
  const bytes = Buffer.from(text, 'utf8')
  return bytes.length <= mostBytes ? text : digestOf(bytes)
}

/** Numbers in JavaScript's shortest spelling. */
function plainText(value: Exclude<SourceValue, null>): string | null {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value === 'bigint') return value.toString()
  return value instanceof BrokenText ? null : textOfBytes(value)
}

export const bytesMeaning: Meaning = (value) => printBytes(value, LONGEST_BYTES)

/** The same without a digest, whatever their number. */
export const wholeBytes: Meaning = (value) => printBytes(value, Number.POSITIVE_INFINITY)

function printBytes(value: SourceValue, mostBytes: number): string | null {
  if (value === null) return null
  if (typeof value === 'number' || typeof value === 'bigint') return meaningless(value, 'bytes')
  const bytes = bytesOf(value)
  return bytes.length <= mostBytes ? `\\x${bytes.toString('hex')}` : digestOf(bytes)
}

function bytesOf(value: string | Uint8Array | BrokenText): Buffer {
  if (typeof value === 'string') return Buffer.from(value, 'utf8')
  if (value instanceof BrokenText) return value.bytes
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}

function digestOf(bytes: Buffer): string {
  return printDigest(bytes.length, createHash('sha256').update(bytes).digest('hex'))
}

/** Returns the text that stands for a long value: its size, and its SHA-256 in hexadecimal. */
export function printDigest(bytes: number, sha256: string): string {
  return `${bytes} bytes, sha256 ${sha256}`
}

/** Returns SQL that selects a text column, or the same digest when it is long. */
export function selectText(column: string): string {
  return `case when octet_length(${column}) <= ${LONGEST_TEXT} then ${column}::text
    else octet_length(${column}) || ' bytes, sha256 ' || encode(sha256(convert_to(${column}, 'UTF8')), 'hex') end`
}

/** Returns SQL that selects a bytea column, or the same digest when it is long. */
export function selectBytes(column: string): string {
  return `case when octet_length(${column}) <= ${LONGEST_BYTES} then '\\x' || encode(${column}, 'hex')
    else octet_length(${column}) || ' bytes, sha256 ' || encode(sha256(${column}), 'hex') end`
}

const uuidForm = /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32})$/i

/** Returns the value's UUID in canonical spelling; null when the value is no UUID. */
function readUuid(value: SourceValue): string | null {
  if (typeof value === 'string') {
    if (!uuidForm.test(value)) return null
    return value.length === 36 ? value.toLowerCase() : printUuid(value.toLowerCase())
  }
  return value instanceof Uint8Array && value.length === 16
    ? printUuid(Buffer.from(value).toString('hex'))
    : null
}

function printUuid(hex: string): string {
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
  return parts.join('-')
}

export const uuidMeaning: Meaning = (value) => {
  if (value === null) return null
  const wrapped = typeof value === 'string' ? /^(?:\{(.{32,36})\}|urn:uuid:(.{36}))$/i.exec(value) : null
  return readUuid(wrapped?.[1] ?? wrapped?.[2] ?? value) ?? meaningless(value, 'uuid')
}

/** The namespace of UUIDs that are derived from other ids: UUIDv5 of the DNS namespace and the name `gpt-migrate`. */
export const ID_NAMESPACE = 'bf994cc6-01c4-5841-8c0c-e4c5647f2bf1'

/** RFC 9562 section 5.5: the first 16 bytes of the SHA-1 of namespace and name, with version and variant set. */
function uuidOfName(namespace: string, name: Uint8Array): string {
  const hash = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest()
  const bytes = hash.subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x50
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return printUuid(bytes.toString('hex'))
}

export function uuidOfIdMeaning({ database, table }: Kind<'uuid-of-id'>): Meaning {
  const namespace = uuidOfName(ID_NAMESPACE, Buffer.from(`${database}/${table}`))
  return (value) => {
    if (value === null) return null
    if (typeof value === 'number' && !Number.isFinite(value)) return meaningless(value, 'id')
    return readUuid(value) ?? uuidOfName(namespace, nameOf(value))
  }
}

function nameOf(value: Exclude<SourceValue, null>): Buffer {
  if (value instanceof BrokenText) return value.bytes
  if (value instanceof Uint8Array) return Buffer.from(Buffer.from(value).toString('hex'))
  return Buffer.from(plainText(value)!)
}

/**
 * Looks a value up as written, then trimmed and in lower case. Spellings that differ only in that and have different values have no such
 * second form.
 */
export function enumerationMeaning({ values }: Kind<'enumeration'>): Meaning {
  const written = new Map(Object.entries(values))
  const folded = new Map<string, Set<string>>()
  for (const [spelling, word] of written) {
    const key = fold(spelling)
    const words = folded.get(key) ?? new Set()
    folded.set(key, words.add(word))
  }
  return (value) => {
    if (value === null) return null
    if (typeof value !== 'string') return meaningless(value, 'word of the list')
    const key = fold(value)
    const word = written.get(value) ?? written.get(key)
    if (word !== undefined) return word
    const [only, ...others] = folded.get(key) ?? []
    return only !== undefined && others.length === 0 ? only : meaningless(value, 'word of the list')
  }
}

function fold(text: string): string {
  return text.trim().toLowerCase()
}
