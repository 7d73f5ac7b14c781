/**
 * Whether a text is what jsonb's output function prints (JsonbToCString in PostgreSQL's jsonb.c), so that it comes back from the server
 * byte for byte. Invariant: true only for an object or an array of which that is so; of what holds escapes or is not ASCII nothing is said.
 */

const MOST_DEPTH: i32 = 24
const MOST_DIGITS: i32 = 200

let cursor: i32 = 0
let limit: i32 = 0

export function isPrintedJson(start: i32, end: i32): bool {
  cursor = start
  limit = end
  // A key with a dollar sign may stand for a value that JSON has no words for.
  if (end - start < 2 || load<u8>(start, 2) === 0x24) return false
  const isContainer = takes(0x7b) ? members(1) : takes(0x5b) && elements(1)
  return isContainer && cursor === limit
}

/** Goes past the byte if it is the next one. */
function takes(byte: u32): bool {
  if (cursor >= limit || <u32>load<u8>(cursor) !== byte) return false
  cursor++
  return true
}

/** Goes past a comma or colon and the blank after it. */
function separates(byte: u32): bool {
  return takes(byte) && takes(0x20)
}

/** What follows an opening brace: keys that ascend, each once. */
function members(depth: i32): bool {
  if (takes(0x7d)) return true
  if (depth > MOST_DEPTH) return false
  let lastKey = 0
  let lastLength = -1
  do {
    const key = cursor + 1
    if (!takes(0x22) || !literal()) return false
    const length = cursor - 1 - key
    if (length < lastLength || (length === lastLength && !isLess(lastKey, key, length))) return false
    lastKey = key
    lastLength = length
    if (!separates(0x3a) || !value(depth)) return false
    if (takes(0x7d)) return true
  } while (separates(0x2c))
  return false
}

/** What follows an opening bracket. */
function elements(depth: i32): bool {
  if (takes(0x5d)) return true
  if (depth > MOST_DEPTH) return false
  do {
    if (!value(depth)) return false
    if (takes(0x5d)) return true
  } while (separates(0x2c))
  return false
}

function isLess(one: i32, other: i32, length: i32): bool {
  for (let at = 0; at < length; at++) {
    const left = load<u8>(one + at)
    const right = load<u8>(other + at)
    if (left !== right) return left < right
  }
  return false
}

function value(depth: i32): bool {
  if (takes(0x22)) return literal()
  if (takes(0x7b)) return members(depth + 1)
  if (takes(0x5b)) return elements(depth + 1)
  if (takes(0x74)) return spells(0x657572)
  if (takes(0x6e)) return spells(0x6c6c75)
  if (takes(0x66)) return takes(0x61) && spells(0x65736c)
  return number()
}

/** The three bytes that end a word, the first of them lowest. */
function spells(bytes: u32): bool {
  return takes(bytes & 0xff) && takes((bytes >> 8) & 0xff) && takes(bytes >> 16)
}

/** What follows an opening quote. */
function literal(): bool {
  while (cursor < limit) {
    const byte = <u32>load<u8>(cursor++)
    if (byte === 0x22) return true
    if (byte < 0x20 || byte > 0x7e || byte === 0x5c) return false
  }
  return false
}

/** As numeric prints it: no exponent, no zeros before it, and no sign of zero. */
function number(): bool {
  const isNegative = takes(0x2d)
  const start = cursor
  const startsWithZero = cursor < limit && load<u8>(cursor) === 0x30
  let digitsSeen = digits()
  let isZero = onlyZeros
  if (digitsSeen === 0 || (startsWithZero && digitsSeen > 1)) return false
  if (takes(0x2e)) {
    digitsSeen = digits()
    if (digitsSeen === 0) return false
    isZero = isZero && onlyZeros
  }
  return cursor - start <= MOST_DIGITS && !(isNegative && isZero)
}

let onlyZeros: bool = false

/** Goes past digits; returns how many there are. */
function digits(): i32 {
  const start = cursor
  onlyZeros = true
  while (cursor < limit && <u32>load<u8>(cursor) - 0x30 <= 9) {
    if (load<u8>(cursor++) !== 0x30) onlyZeros = false
  }
  return cursor - start
}
