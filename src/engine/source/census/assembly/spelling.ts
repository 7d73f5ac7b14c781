/** How a column's values are written, as `spelling-count.ts` counts it, from `counts` on. */

/** Places in a column's counts, after those in `column.ts`: digits after the point that suffice for every REAL so far; more than MOST_DIGITS where no count that is tried does. */
export const REAL_DIGITS_AT: i32 = 1960
export const LOWER_UUIDS_AT: i32 = 1964
export const UPPER_UUIDS_AT: i32 = 1968
/** Spellings of times so far, -1 when they are more than MOST_TIMES; each and its count, of 32 bits. */
export const FEW_TIMES_AT: i32 = 1972
export const TIMES_AT: i32 = 1976
const MOST_TIMES: i32 = 16

export const MOST_DIGITS: i32 = 8
const MOST_TRIED: f64 = 1e15
const powers = memory.data<f64>([1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8])

/** A finite REAL. */
export function seeDigits(counts: i32, value: f64): void {
  const before = load<i32>(counts, REAL_DIGITS_AT)
  if (before > MOST_DIGITS) return
  let digits = before
  if (reinterpret<i64>(value) === i64.MIN_VALUE) digits = MOST_DIGITS + 1
  const size = abs<f64>(value)
  while (digits <= MOST_DIGITS && !hasDigits(size, digits)) digits++
  if (digits !== before) store<i32>(counts, digits, REAL_DIGITS_AT)
}

/** A product within a quarter of the integer that it stands for is rounded to it in every way of rounding. */
function hasDigits(size: f64, digits: i32): bool {
  const unit = load<f64>(<i32>powers + (digits << 3))
  const product = size * unit
  return product <= MOST_TRIED && nearest<f64>(product) / unit === size
}

/** A UUID of 36 characters. */
export function seeUuid(counts: i32, start: i32, times: i32): void {
  const letters = i8x16.splat(0x60)
  const first = v128.and(v128.load(start), letters)
  const second = v128.and(v128.load(start, 16), letters)
  const last = v128.and(v128.load(start, 20), letters)
  if (!isAmong(i8x16.splat(0x40), first, second, last)) addTo(counts + LOWER_UUIDS_AT, times)
  if (!isAmong(letters, first, second, last)) addTo(counts + UPPER_UUIDS_AT, times)
}

/** Capital letters and small ones are all that has the bit 0x40, and differ in 0x20. */
function isAmong(letter: v128, first: v128, second: v128, last: v128): bool {
  const found = v128.or(i8x16.eq(first, letter), v128.or(i8x16.eq(second, letter), i8x16.eq(last, letter)))
  return v128.any_true(found)
}

function addTo(at: i32, count: i32): void {
  store<i32>(at, load<i32>(at) + count)
}

/** A possible date or moment. */
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
