/**
 * A time to the microsecond in two whole numbers, since microseconds alone exceed 2^53 outside the years 1715 to 2285. Invariant: `micro`
 * is 0 to 999,999; `second` counts from 2000-01-01T00:00:00, in UTC or in local time.
 */
import type { ByteWriter } from '../cell/byte-writer.ts'
import { FIRST_SECOND, LAST_SECOND, SECONDS_A_DAY } from './civil.ts'

export class Instant {
  second = 0
  micro = 0
  /** The absolute error in seconds, as decimal text; empty when nothing was rounded. */
  error = ''
}

export function isInRange(second: number): boolean {
  return second >= FIRST_SECOND && second <= LAST_SECOND
}

/** Beyond these seconds, microseconds exceed 2^53. */
const MAX_PLAIN_SECOND = 9007199253

/** Writes microseconds as PostgreSQL's int64. */
export function writeMicros(second: number, micro: number, out: ByteWriter): void {
  if (second > -MAX_PLAIN_SECOND && second < MAX_PLAIN_SECOND) out.int64(second * 1e6 + micro)
  else out.bigInt64(BigInt(second) * 1_000_000n + BigInt(micro))
}

/** Reads what `writeMicros` wrote. */
export function readMicros(field: Buffer, instant: Instant): void {
  const micros = field.readBigInt64BE(0)
  const micro = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  instant.second = Number((micros - micro) / 1_000_000n)
  instant.micro = Number(micro)
}

export function dayOfSecond(second: number): number {
  return Math.floor(second / SECONDS_A_DAY)
}

/** Rounds the microseconds of a second to `digits` digits, a half up; returns 1,000,000 on carry. */
export function roundMicro(micro: number, digits: number): number {
  const unit = 10 ** (6 - digits)
  return Math.floor((micro + unit / 2) / unit) * unit
}

/** The error in seconds of a value that was moved by `nanos` nanoseconds. */
export function errorOfDistance(nanos: number): string {
  const distance = Math.abs(nanos)
  const fraction = String(distance % 1e9)
    .padStart(9, '0')
    .replace(/0+$/, '')
  return `${Math.floor(distance / 1e9)}${fraction === '' ? '' : `.${fraction}`}`
}

/** The error in seconds of rounding to the microsecond, for 1 to 999 nanoseconds beyond it. */
export function errorOfNanos(nano: number): string {
  const distance = nano < 500 ? nano : 1000 - nano
  return `0.000000${String(distance).padStart(3, '0')}`.replace(/0+$/, '')
}
