/**
 * A decimal number of any length, reusable as scratch. Invariant: `digits[first, first + count)` has neither leading nor trailing zeros,
 * and the value is 0.d₁d₂d₃… × 10^exponent; zero has no digits.
 */
import { isDigit } from '../text/digits.ts'
export class Decimal {
  negative = false
  /** One digit per byte. The byte before `first` is free for a carry. */
  digits = new Uint8Array(64)
  first = 1
  count = 0
  exponent = 0
  /** The number of digits after the point as written, adjusted by the exponent. */
  scale = 0
  /** Whether there was no plus, no exponent, no superfluous zero before the point, and at least one digit on each side of it. */
  plain = false

  #tailStart = 0
  #tailEnd = 0
  #tailExponent = 0
  #roundedUp = false

  /** Parses an optional sign, digits with or without a point, and an optional exponent, without blanks. Returns false for anything else. */
  parse(bytes: Uint8Array, start: number, end: number): boolean {
    this.reserve(end - start)
    this.first = 1
    const { digits } = this
    let at = start
    const hasPlus = bytes[at] === PLUS && at < end
    this.negative = bytes[at] === MINUS && at < end
    if (hasPlus || this.negative) at++

    let next = 1
    const wholeStart = at
    for (; at < end && isDigit(bytes[at]!); at++) {
      if (next > 1 || bytes[at] !== ZERO) digits[next++] = bytes[at]! - ZERO
    }
    const wholeDigits = at - wholeStart
    let exponent = next - 1

    let fractionDigits = 0
    const hasPoint = at < end && bytes[at] === POINT
    if (hasPoint) {
      const fractionStart = ++at
      for (; at < end && isDigit(bytes[at]!); at++) {
        if (next > 1 || bytes[at] !== ZERO) digits[next++] = bytes[at]! - ZERO
        else exponent--
      }
      fractionDigits = at - fractionStart
    }
    if (wholeDigits + fractionDigits === 0) return false

    let power = 0
    const hasPower = at < end && (bytes[at]! | 0x20) === LETTER_E
    if (hasPower) {
      at++
      const isNegative = at < end && bytes[at] === MINUS
      if (isNegative || (at < end && bytes[at] === PLUS)) at++
      const powerStart = at
      for (; at < end && isDigit(bytes[at]!); at++) power = Math.min(power * 10 + bytes[at]! - ZERO, 1e12)
      if (at === powerStart) return false
      if (isNegative) power = -power
    }
    if (at !== end) return false

    this.count = next - 1
    this.exponent = exponent + power
    this.scale = Math.max(0, fractionDigits - power)
    this.plain =
      !hasPlus &&
      !hasPower &&
      wholeDigits > 0 &&
      (wholeDigits === 1 || bytes[wholeStart] !== ZERO) &&
      (!hasPoint || fractionDigits > 0)
    this.strip()
    return true
  }

  /** Sets ASCII text that is known to be a decimal, such as that of a number. */
  setText(text: string): void {
    if (scratch.length < text.length) scratch = Buffer.alloc(text.length * 2)
    const length = scratch.write(text, 0, 'latin1')
    if (!this.parse(scratch, 0, length)) throw new Error(`not a decimal: ${text}`)
  }

  /** Rounds half away from zero to `scale` digits after the point (before it, when negative). Returns whether the value changed. */
  round(scale: number): boolean {
    const kept = this.exponent + scale
    if (kept >= this.count) return false
    const { digits, first, count } = this
    this.#tailEnd = first + count
    if (kept < 0) {
      this.#tailStart = first
      this.#tailExponent = this.exponent
      this.#roundedUp = false
      this.count = 0
      this.exponent = 0
      return true
    }
    this.#tailStart = first + kept
    this.#tailExponent = -scale
    this.#roundedUp = digits[first + kept]! >= 5
    this.count = kept
    if (this.#roundedUp) this.#increment()
    this.strip()
    return true
  }

  /** The distance that the last `round` moved the value, as a positive decimal. */
  errorText(): string {
    const tail = this.digits.slice(this.#tailStart, this.#tailEnd)
    if (this.#roundedUp) {
      const last = tail.length - 1
      for (let i = 0; i < last; i++) tail[i] = 9 - tail[i]!
      tail[last] = 10 - tail[last]!
    }
    let zeros = 0
    while (tail[zeros] === 0) zeros++
    return textOf(digitText(tail, zeros, tail.length), this.#tailExponent - zeros)
  }

  /** Plain digits, `scale` of them after the point; the value must not have more. */
  toText(scale: number): string {
    const { digits, first, count, exponent } = this
    const text = digitText(digits, first, first + count)
    const whole = exponent <= 0 ? '0' : text.slice(0, exponent).padEnd(exponent, '0')
    const sign = this.negative && count > 0 ? '-' : ''
    if (scale <= 0) return sign + whole
    const fraction = exponent >= 0 ? text.slice(exponent) : '0'.repeat(-exponent) + text
    return `${sign}${whole}.${fraction.padEnd(scale, '0')}`
  }

  /** The number of digits after the point that the value needs. */
  neededScale(): number {
    return Math.max(0, this.count - this.exponent)
  }

  isWhole(): boolean {
    return this.count <= this.exponent || this.count === 0
  }

  /** The value as a 64-bit integer; null when it is not one. */
  toInt64(): bigint | null {
    if (!this.isWhole() || this.exponent > 19) return null
    const value = BigInt(this.toText(0))
    return BigInt.asIntN(64, value) === value ? value : null
  }

  /** Whether this decimal is the shortest spelling of the double `number`. */
  isShortestOf(number: number): boolean {
    if (this.count <= 15 && this.exponent > -290 && this.exponent < 300) return true
    if (!Number.isFinite(number)) return false
    other.setText(String(number))
    return this.equals(other)
  }

  equals(that: Decimal): boolean {
    if (this.count !== that.count) return false
    if (this.count === 0) return true
    if (this.exponent !== that.exponent || this.negative !== that.negative) return false
    for (let i = 0; i < this.count; i++) {
      if (this.digits[this.first + i] !== that.digits[that.first + i]) return false
    }
    return true
  }

  /** Makes room for `count` digits and a carry; the current digits are lost. */
  reserve(count: number): void {
    if (this.digits.length < count + 2) this.digits = new Uint8Array((count + 2) * 2)
  }

  /** Removes leading and trailing zeros. */
  strip(): void {
    const { digits } = this
    while (this.count > 0 && digits[this.first + this.count - 1] === 0) this.count--
    while (this.count > 0 && digits[this.first] === 0) {
      this.first++
      this.count--
      this.exponent--
    }
    if (this.count === 0) this.exponent = 0
  }

  #increment(): void {
    const { digits } = this
    let at = this.first + this.count - 1
    for (; at >= this.first; at--) {
      if (digits[at]! < 9) {
        digits[at]!++
        return
      }
      digits[at] = 0
    }
    digits[at] = 1
    this.first = at
    this.count++
    this.exponent++
  }
}

let scratch = Buffer.alloc(64)

const ZERO = 0x30
const PLUS = 0x2b
const MINUS = 0x2d
const POINT = 0x2e
const LETTER_E = 0x65

function digitText(digits: Uint8Array, start: number, end: number): string {
  const ascii = Buffer.allocUnsafe(end - start)
  for (let i = start; i < end; i++) ascii[i - start] = digits[i]! + ZERO
  return ascii.toString('latin1')
}

/** 0.`digits` × 10^exponent, in plain digits if that is readable. */
function textOf(digits: string, exponent: number): string {
  if (exponent > 40 || exponent < -40) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
    return `${digits[0]}${fraction}e${exponent - 1}`
  }
  if (exponent <= 0) return `0.${'0'.repeat(-exponent)}${digits}`
  const whole = digits.slice(0, exponent).padEnd(exponent, '0')
  return digits.length > exponent ? `${whole}.${digits.slice(exponent)}` : whole
}

const other = new Decimal()

/** The larger of two non-negative numbers written as decimal text. */
export function largerDecimal(a: string, b: string): string {
  return Number(b) > Number(a) ? b : a
}
