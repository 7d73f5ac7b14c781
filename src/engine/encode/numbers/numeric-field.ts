/**
 * PostgreSQL's binary format of numeric: ndigits, weight, sign, dscale and base-10000 digits (numeric_send and numeric_recv in
 * src/backend/utils/adt/numeric.c). Invariant: the bytes written are those that the server sends back for the stored value: no leading or
 * trailing zero digits; zero has weight 0 and no sign.
 */
import type { ByteWriter } from '../cell/byte-writer.ts'
import type { Decimal } from './decimal.ts'
import { powersOfTen } from './small-decimal.ts'

const NEGATIVE = 0x4000
const SPECIAL = 0xc000
const INFINITE = 0xd000
const NEGATIVE_INFINITE = 0xf000

/**
 * Writes whole + fraction / 10^fractionDigits; whole ≤ 2^53, fractionDigits ≤ 12, dscale ≥ 0.
 */
export function writeSmallNumeric(
  out: ByteWriter,
  negative: boolean,
  whole: number,
  fraction: number,
  fractionDigits: number,
  dscale: number,
): void {
  out.reserve(28)
  const { buffer } = out
  // Groups are written one by one, assuming that none is zero; the header is filled in at the end.
  const firstAt = out.position + 12
  let at = firstAt
  let weight = -1
  if (whole !== 0) {
    if (whole >= 1e8) {
      const high = Math.floor(whole / 1e8)
      if (high >= 1e4) at = writeGroup(buffer, at, (high / 1e4) | 0)
      at = writeGroup(buffer, at, high % 1e4)
      const low = whole - high * 1e8
      at = writeGroup(buffer, at, (low / 1e4) | 0)
      at = writeGroup(buffer, at, low % 1e4)
    } else {
      const small = whole | 0
      const high = (small / 10000) | 0
      if (high !== 0) at = writeGroup(buffer, at, high)
      at = writeGroup(buffer, at, small - high * 10000)
    }
    weight = ((at - firstAt) >> 1) - 1
  }
  if (fraction !== 0) {
    const places = (fractionDigits + 3) >> 2
    const aligned = fraction * powersOfTen[places * 4 - fractionDigits]!
    let low = aligned
    if (places === 3) {
      const high = Math.floor(aligned / 1e8)
      low = aligned - high * 1e8
      if (at > firstAt || high !== 0) at = writeGroup(buffer, at, high)
      else weight--
    }
    const lower = low | 0
    const middle = (lower / 10000) | 0
    if (places >= 2) {
      if (at > firstAt || middle !== 0) at = writeGroup(buffer, at, middle)
      else weight--
    }
    const last = lower - middle * 10000
    if (at > firstAt || last !== 0) at = writeGroup(buffer, at, last)
  }
  while (at > firstAt && buffer[at - 1] === 0 && buffer[at - 2] === 0) at -= 2
  const isZero = at === firstAt
  out.int32(8 + at - firstAt)
  out.int16((at - firstAt) >> 1)
  out.int16(isZero ? 0 : weight)
  out.int16(negative && !isZero ? NEGATIVE : 0)
  out.int16(dscale)
  out.position = at
}

/** Writes one base-10000 digit; returns the position after it. */
function writeGroup(buffer: Buffer, at: number, group: number): number {
  buffer[at] = group >>> 8
  buffer[at + 1] = group
  return at + 2
}

/** The number of base-10000 digits in the value. */
function countGroups(decimal: Decimal): number {
  if (decimal.count === 0) return 0
  return Math.floor((decimal.exponent - 1) / 4) - Math.floor((decimal.exponent - decimal.count) / 4) + 1
}

export function writeNumeric(out: ByteWriter, decimal: Decimal, dscale: number): void {
  const { digits, first, exponent } = decimal
  const count = countGroups(decimal)
  const bytes = 8 + count * 2
  out.reserve(4 + bytes)
  out.int32(bytes)
  out.int16(count)
  out.int16(count === 0 ? 0 : Math.floor((exponent - 1) / 4))
  out.int16(decimal.negative && count > 0 ? NEGATIVE : 0)
  out.int16(dscale)
  const end = first + decimal.count
  let at = first
  let power = exponent - 1
  for (let i = 0; i < count; i++) {
    let group = 0
    const last = Math.floor(power / 4) * 4
    for (; power >= last; power--) {
      group = group * 10 + (at < end ? digits[at]! : 0)
      at++
    }
    out.int16(group)
  }
}

/** Reads a field's bytes into `decimal`. Returns true for a finite number; for others see `readSpecialNumeric`. */
export function readNumeric(field: Buffer, decimal: Decimal): boolean {
  const count = field.readUInt16BE(0)
  const sign = field.readUInt16BE(4)
  if ((sign & SPECIAL) === SPECIAL) return false
  decimal.reserve(count * 4)
  decimal.first = 1
  decimal.negative = sign === NEGATIVE
  decimal.count = count * 4
  decimal.exponent = (field.readInt16BE(2) + 1) * 4
  decimal.scale = field.readUInt16BE(6)
  decimal.plain = true
  let at = 1
  for (let i = 0; i < count; i++) {
    const group = field.readUInt16BE(8 + i * 2)
    decimal.digits[at] = group / 1000
    decimal.digits[at + 1] = (group / 100) % 10
    decimal.digits[at + 2] = (group / 10) % 10
    decimal.digits[at + 3] = group % 10
    at += 4
  }
  decimal.strip()
  return true
}

/** NaN and the infinities, which the copy never writes but a target may contain. */
export function readSpecialNumeric(field: Buffer): number | 'NaN' {
  const sign = field.readUInt16BE(4)
  if (sign === INFINITE) return Number.POSITIVE_INFINITY
  return sign === NEGATIVE_INFINITE ? Number.NEGATIVE_INFINITY : 'NaN'
}
