/** Counts how a column's values are written like `spelling-count.ts`. `counts`: the address of the column's counts. */

/**
 * Offsets in a column's counts, after those in `column.ts`. The most fractional digits that a REAL needs, so far; more than MOST_DIGITS when
 * none suffice:
 */
export const REAL_DIGITS_AT: i32 = 1960
export const LOWER_UUIDS_AT: i32 = 1964
export const UPPER_UUIDS_AT: i32 = 1968
/** The number of spellings of times so far, -1 for more than MOST_TIMES; then each spelling and its count, of 32 bits each. */
export const FEW_TIMES_AT: i32 = 1972
export const TIMES_AT: i32 = 1976
const MOST_TIMES: i32 = 16

export const MOST_DIGITS: i32 = 8
const MOST_TRIED: f64 = 1e15
const powers = memory.data<f64>([1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8])

/** `value` must be finite. */
export function seeDigits(counts: i32, value: f64): void {
  const before = load<i32>(counts, REAL_DIGITS_AT)
  if (before > MOST_DIGITS) return
  const digits =
    reinterpret<i64>(value) === i64.MIN_VALUE ? MOST_DIGITS + 1 : digitsOf(abs<f64>(value), before)
  if (digits > before) store<i32>(counts, digits, REAL_DIGITS_AT)
}

/** The fewest digits that suffice, or `before` where fewer do; MOST_DIGITS + 1 when none do. */
function digitsOf(size: f64, before: i32): i32 {
  for (let digits = before; digits <= MOST_DIGITS; digits++) if (hasDigits(size, digits)) return digits
  // Large numbers with few digits do not have more.
  for (let digits = 0; digits < before; digits++) if (hasDigits(size, digits)) return before
  return MOST_DIGITS + 1
}

/** The way of rounding does not matter: a product up to MOST_TRIED is within a quarter of the integer that it stands for. */
function hasDigits(size: f64, digits: i32): bool {
  const unit = load<f64>(<i32>powers + (digits << 3))
  const product = size * unit
  return product <= MOST_TRIED && nearest<f64>(product) / unit === size
}

/** The UUID has `bytes` characters, 36 or 32. */
export function seeUuid(counts: i32, start: i32, bytes: i32, times: i32): void {
  const letters = i8x16.splat(0x60)
  const first = v128.and(v128.load(start), letters)
  const second = v128.and(v128.load(start, 16), letters)
  const last = v128.and(v128.load(start + bytes - 16), letters)
  if (!isAmong(i8x16.splat(0x40), first, second, last)) addTo(counts + LOWER_UUIDS_AT, times)
  if (!isAmong(letters, first, second, last)) addTo(counts + UPPER_UUIDS_AT, times)
}

/** Of a UUID's characters only letters have the bit 0x40; capital and small letters differ in the bit 0x20. */
function isAmong(letter: v128, first: v128, second: v128, last: v128): bool {
  const found = v128.or(i8x16.eq(first, letter), v128.or(i8x16.eq(second, letter), i8x16.eq(last, letter)))
  return v128.any_true(found)
}

function addTo(at: i32, count: i32): void {
  store<i32>(at, load<i32>(at) + count)
}

/** Counts a possible date or moment by its spelling. */
export function seeTime(counts: i32, spelling: i32, times: i32): void {
  const few = load<i32>(counts, FEW_TIMES_AT)
  if (few < 0) return
  const first = counts + TIMES_AT
  for (let at = first; at < first + few * 8; at += 8) {
    if (load<i32>(at) !== spelling) continue
    store<i32>(at, load<i32>(at, 4) + times, 4)
    return
  }
  if (few === MOST_TIMES) {
    store<i32>(counts, -1, FEW_TIMES_AT)
    return
  }
  store<i32>(first + few * 8, spelling)
  store<i32>(first + few * 8, times, 4)
  store<i32>(counts, few + 1, FEW_TIMES_AT)
}
