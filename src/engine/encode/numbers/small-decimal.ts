/**
 * Decimal numbers of usual size as two JavaScript integers: the digits before the point and those after it. Invariant: `scan` accepts a
 * number only if it represents it exactly; longer numbers and those with an exponent are left to `Decimal`.
 */
const maxWholeDigits = 15
const maxFractionDigits = 12

/** 10^0 to 10^22: the powers of ten that a double holds exactly. */
export const powersOfTen: readonly number[] = Array.from({ length: 23 }, (_, power) => Number(`1e${power}`))

/** How many digits after the point are tried for a REAL before its shortest decimal is computed. */
export const triedDigits = 8
/** A decimal of up to 15 digits is the only one of that length near its double, and so the shortest. */
export const maxTried = 1e15

/**
 * Whether a REAL of this magnitude is the double nearest to a decimal with `digits` digits after the point. It is then also the nearest for
 * more digits, as long as its product with that power of ten is at most `maxTried`.
 */
export function hasDigits(size: number, digits: number): boolean {
  const unit = powersOfTen[digits]!
  const product = size * unit
  return product <= maxTried && Math.round(product) / unit === size
}

export class SmallDecimal {
  negative = false
  /** The digits before the point. */
  whole = 0
  wholeDigits = 0
  /** The digits after the point as one integer of `fractionDigits` digits. */
  fraction = 0
  fractionDigits = 0
  /** Whether there was no plus, no superfluous zero before the point, and at least one digit on each side of it. */
  plain = false

  /** Returns false when `bytes[start, end)` is not a decimal, or not a small one. */
  scan(bytes: Uint8Array, start: number, end: number): boolean {
    let at = start
    if (at === end) return false
    const sign = bytes[at]!
    if (sign === MINUS || sign === PLUS) at++
    this.negative = sign === MINUS

    const wholeStart = at
    let whole = 0
    let byte = 0
    while (at < end) {
      byte = bytes[at]! - ZERO
      if (byte < 0 || byte > 9) break
      whole = whole * 10 + byte
      at++
    }
    const wholeDigits = at - wholeStart
    if (wholeDigits > maxWholeDigits) return false

    let fraction = 0
    let fractionDigits = 0
    let hasPoint = false
    if (at < end) {
      if (bytes[at] !== POINT) return false
      hasPoint = true
      at++
      const fractionStart = at
      while (at < end) {
        byte = bytes[at]! - ZERO
        if (byte < 0 || byte > 9) return false
        fraction = fraction * 10 + byte
        at++
      }
      fractionDigits = at - fractionStart
      if (fractionDigits > maxFractionDigits) return false
    }
    if (wholeDigits + fractionDigits === 0) return false

    this.whole = whole
    this.wholeDigits = wholeDigits
    this.fraction = fraction
    this.fractionDigits = fractionDigits
    this.plain =
      sign !== PLUS &&
      wholeDigits > 0 &&
      (wholeDigits === 1 || bytes[wholeStart] !== ZERO) &&
      (!hasPoint || fractionDigits > 0)
    return true
  }
}

const ZERO = 0x30
const PLUS = 0x2b
const MINUS = 0x2d
const POINT = 0x2e
