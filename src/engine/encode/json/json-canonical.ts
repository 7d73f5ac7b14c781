/**
 * Rewrites JSON text to what jsonb's output function prints for it (JsonbToCString in jsonb.c): keys by length, then bytes, only the last
 * of equal keys; ", " and ": "; numbers as numeric prints them; string literals as escape_json writes them. Invariant: equal output means
 * equal jsonb, so source and target can be compared as bytes. No recursion; members are moved only when keys are out of order.
 */
import type { ByteWriter } from '../cell/byte-writer.ts'
import { OpenKeys } from './json-keys.ts'
import { unescapeJson } from './json-strings.ts'

const isBlank = new Uint8Array(256)
for (const blank of [0x20, 0x09, 0x0a, 0x0d]) isBlank[blank] = 1

const keys = new OpenKeys()
let frameIsObject = new Uint8Array(64)
let frameIsSorted = new Uint8Array(64)
let frameFirstKey = new Int32Array(64)
let rearranged = Buffer.allocUnsafe(1 << 12)

/**
 * Appends the canonical text of `bytes[start, end)`, for which `scanJson` must have returned no flag of REFUSED_BY_JSONB except
 * DUPLICATE_KEYS and TOO_DEEP. Throws when it is not JSON at all.
 */
export function canonicalJson(bytes: Uint8Array, start: number, end: number, out: ByteWriter): void {
  keys.begin(bytes)
  let at = start
  let depth = 0
  let wantsKey = false
  out.reserve(2 * (end - start) + 16)
  for (;;) {
    while (isBlank[bytes[at]!] === 1) at++
    if (at >= end) throw notJson()
    const first = bytes[at]!
    if (first === 0x22) {
      const place = out.position
      const close = writeLiteral(bytes, at, end, out)
      if (wantsKey) {
        pushKey(depth - 1, at + 1, close - 1, place)
        at = close
        while (isBlank[bytes[at]!] === 1) at++
        if (at >= end || bytes[at] !== 0x3a) throw notJson()
        out.buffer[out.position++] = 0x3a
        out.buffer[out.position++] = 0x20
        at++
        wantsKey = false
        continue
      }
      at = close
    } else if (wantsKey) {
      throw notJson()
    } else if (first === 0x7b || first === 0x5b) {
      out.buffer[out.position++] = first
      at++
      while (isBlank[bytes[at]!] === 1) at++
      if (at < end && bytes[at] === first + 2) {
        out.buffer[out.position++] = first + 2
        at++
      } else {
        wantsKey = first === 0x7b
        openFrame(depth++, wantsKey)
        continue
      }
    } else if (first === 0x2d || (first >= 0x30 && first <= 0x39)) {
      at = writeNumber(bytes, at, end, out)
    } else {
      const length = first === 0x66 ? 5 : 4
      if ((first !== 0x74 && first !== 0x66 && first !== 0x6e) || at + length > end) throw notJson()
      const { buffer, position } = out
      for (let i = 0; i < length; i++) buffer[position + i] = bytes[at + i]!
      out.position = position + length
      at += length
    }
    for (;;) {
      while (at < end && isBlank[bytes[at]!] === 1) at++
      if (depth === 0) {
        if (at < end) throw notJson()
        return
      }
      if (at >= end) throw notJson()
      const frame = depth - 1
      const next = bytes[at++]!
      if (next === 0x2c) {
        out.buffer[out.position++] = 0x2c
        out.buffer[out.position++] = 0x20
        wantsKey = frameIsObject[frame] === 1
        break
      }
      if (next !== (frameIsObject[frame] === 1 ? 0x7d : 0x5d)) throw notJson()
      if (frameIsObject[frame] === 1) {
        const firstKey = frameFirstKey[frame]!
        if (frameIsSorted[frame] === 0) rearrange(firstKey, out)
        keys.count = firstKey
      }
      out.buffer[out.position++] = next
      depth--
    }
  }
}

function notJson(): Error {
  return new Error('canonicalJson was given text that is not JSON')
}

function openFrame(depth: number, isObject: boolean): void {
  if (depth === frameIsObject.length) growFrames()
  frameIsObject[depth] = isObject ? 1 : 0
  frameIsSorted[depth] = 1
  frameFirstKey[depth] = keys.count
}

function growFrames(): void {
  const capacity = frameIsObject.length * 2
  const areObjects = new Uint8Array(capacity)
  const areSorted = new Uint8Array(capacity)
  const firstKeys = new Int32Array(capacity)
  areObjects.set(frameIsObject)
  areSorted.set(frameIsSorted)
  firstKeys.set(frameFirstKey)
  frameIsObject = areObjects
  frameIsSorted = areSorted
  frameFirstKey = firstKeys
}

function pushKey(frame: number, start: number, end: number, place: number): void {
  const key = keys.count
  keys.push(start, end, escaped)
  keys.places[key] = place
  if (key > frameFirstKey[frame]! && frameIsSorted[frame] === 1 && keys.compare(key - 1, key) >= 0) {
    frameIsSorted[frame] = 0
  }
}

/** Sorts the members written since key `first` into jsonb's order and drops all but the last of equal keys. */
function rearrange(first: number, out: ByteWriter): void {
  const { places } = keys
  const membersStart = places[first]!
  const membersEnd = out.position
  const needed = membersEnd - membersStart + 2
  if (needed > rearranged.length) rearranged = Buffer.allocUnsafe(needed * 2)
  const order = keys.sorted(first)
  const count = keys.count - first
  const { buffer } = out
  let position = 0
  for (let i = 0; i < count; i++) {
    const key = order[i]!
    if (i > 0 && keys.compare(order[i - 1]!, key) === 0) continue
    if (position > 0) {
      rearranged[position++] = 0x2c
      rearranged[position++] = 0x20
    }
    const from = places[key]!
    const to = key + 1 === keys.count ? membersEnd : places[key + 1]! - 2
    if (to - from < 64) for (let at = from; at < to; at++) rearranged[position++] = buffer[at]!
    else position += buffer.copy(rearranged, position, from, to)
  }
  if (position < 64) for (let at = 0; at < position; at++) buffer[membersStart + at] = rearranged[at]!
  else rearranged.copy(buffer, membersStart, 0, position)
  out.position = membersStart + position
  if (rearranged.length > 1 << 24) rearranged = Buffer.allocUnsafe(1 << 12)
}

/** Whether the literal that `writeLiteral` last wrote contained an escape. */
let escaped = false

/** Writes the literal whose opening quote is at `from`; returns the position after its closing quote. */
function writeLiteral(bytes: Uint8Array, from: number, end: number, out: ByteWriter): number {
  const { buffer } = out
  const start = out.position
  const shift = start - from
  const near = Math.min(end, from + 64)
  buffer[start] = 0x22
  escaped = false
  for (let at = from + 1; at < near; at++) {
    const byte = bytes[at]!
    buffer[at + shift] = byte
    if (byte === 0x22) {
      out.position = at + 1 + shift
      return at + 1
    }
    if (byte === 0x5c) break
  }
  return writeLongLiteral(bytes, from, end, out)
}

function writeLongLiteral(bytes: Uint8Array, from: number, end: number, out: ByteWriter): number {
  const close = closingQuote(bytes, from + 1, end)
  if (escaped) writeEscaped(bytes, from, close, out)
  else {
    out.buffer.set(bytes.subarray(from, close), out.position)
    out.position += close - from
  }
  return close
}

/** Returns the position after the closing quote; `from` is after the opening one. */
function closingQuote(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end) {
    const byte = bytes[at]!
    if (byte === 0x22) return at + 1
    if (byte === 0x5c) {
      escaped = true
      at++
    }
    at++
  }
  throw notJson()
}

function writeEscaped(bytes: Uint8Array, from: number, to: number, out: ByteWriter): void {
  const { buffer } = out
  buffer[out.position++] = 0x22
  const position = unescapeJson(bytes, from + 1, to - 1, buffer, out.position, true)
  buffer[position] = 0x22
  out.position = position + 1
}

/** By byte: 1 for the characters of a number without an exponent, 2 for those that an exponent adds. */
const numberPart = new Uint8Array(256).fill(1, 0x30, 0x3a)
numberPart[0x2d] = 1
numberPart[0x2e] = 1
numberPart[0x2b] = 2
numberPart[0x45] = 2
numberPart[0x65] = 2

/** A number as numeric_out prints it: no exponent, no sign of zero, the fraction's zeros kept. */
function writeNumber(bytes: Uint8Array, from: number, end: number, out: ByteWriter): number {
  const { buffer } = out
  const shift = out.position - from
  let at = from
  let part = 0
  while (at < end) {
    const byte = bytes[at]!
    part = numberPart[byte]!
    if (part !== 1) break
    buffer[at + shift] = byte
    at++
  }
  if ((at === end || part === 0) && !isNegativeZero(bytes, from, at)) {
    out.position = at + shift
    return at
  }
  while (at < end && numberPart[bytes[at]!] !== 0) at++
  writeUnusualNumber(bytes, from, at, end, out)
  return at
}

/** Whether the number, which has no exponent, is a zero with a minus sign. */
function isNegativeZero(bytes: Uint8Array, from: number, to: number): boolean {
  if (bytes[from] !== 0x2d) return false
  let at = from + 1
  while (at < to && (bytes[at] === 0x30 || bytes[at] === 0x2e)) at++
  return at === to
}

/**
 * A number with an exponent, or a negative zero. The digits have the places 10^(wholeDigits-1) down to 10^-fraction; the exponent moves the
 * point; numeric keeps `max(0, fraction - exponent)` digits after it (numeric_in).
 */
function writeUnusualNumber(bytes: Uint8Array, from: number, to: number, end: number, out: ByteWriter): void {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1')
  const [mantissa = '', exponentText = '0'] = text.split(/[eE]/)
  const negative = mantissa.startsWith('-')
  const [whole = '', fraction = ''] = (negative ? mantissa.slice(1) : mantissa).split('.')
  const exponent = Number(exponentText)
  const digits = (whole + fraction).replace(/^0+/, '')
  const scale = Math.max(0, fraction.length - exponent)
  let unsigned: string
  if (digits === '') {
    unsigned = scale === 0 ? '0' : `0.${'0'.repeat(scale)}`
  } else {
    const zeros = Math.max(0, exponent - fraction.length)
    if (Math.max(zeros, scale) > 200_000) throw new Error('canonicalJson was given a number out of range')
    const all = (digits + '0'.repeat(zeros)).padStart(scale + 1, '0')
    unsigned = scale === 0 ? all : `${all.slice(0, -scale)}.${all.slice(-scale)}`
  }
  out.ascii(negative && digits !== '' ? `-${unsigned}` : unsigned)
  out.reserve(2 * (end - to) + 16)
}
