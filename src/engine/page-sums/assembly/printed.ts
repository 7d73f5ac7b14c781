/**
 * Documents as jsonb prints them (JsonbToCString in PostgreSQL's jsonb.c): members in the order of their keys, one blank after commas and
 * colons and no other, escapes only where they are needed, no negative zero, no exponents. Invariant: of a text that `jsonOf` accepted, what
 * is written is what `canonicalJson` in `encode/json/json-canonical.ts` writes.
 */
import { escapeEnd, readEscape } from '../../source/leaves/assembly/escapes'
import { hasShortEscape, MOST_KEYS, order } from '../../source/leaves/assembly/json'
import { MEMORY_END } from './layout'
import { ASK } from './outcome'

const BRACE: i32 = 0x7b
const BRACKET: i32 = 0x5b
const QUOTE: i32 = 0x22
const BACKSLASH: i32 = 0x5c
const SLASH: i32 = 0x2f
const MINUS: i32 = 0x2d
const POINT: u32 = 0x2e
const COMMA_AND_BLANK: u16 = 0x202c
const COLON_AND_BLANK: u16 = 0x203a

/** For each member of the open objects four 32-bit numbers: where its key begins and ends, and where it is written. */
const MEMBER_BYTES: i32 = 16
const members = memory.data(2048)
let memberCount: i32 = 0
let at: i32 = 0
let out: i32 = 0
/** What is left in the memory for the digits that stand for exponents. */
let room: i32 = 0

/** Writes the document in `[start, end)` at `to`. Returns where it ends, or ASK when it is not written here or there is no room. */
export function writePrinted(to: i32, start: i32, end: i32): i32 {
  // Without exponents it may become twice as long; and it is held twice while its members are arranged.
  room = MEMORY_END - to - 64 - (end - start) * 4
  if (room < 0) return ASK
  at = start
  out = to
  memberCount = 0
  return writeValue() ? out : ASK
}

/** Returns false for a document with too many members, or for which there is no room; so do the functions below. */
function writeValue(): bool {
  const first = <i32>load<u8>(at)
  switch (first) {
    case QUOTE:
      writeLiteral()
      return true
    case BRACE:
    case BRACKET:
      writeByte(first)
      at++
      skipBlanks()
      if (<i32>load<u8>(at) !== first + 2 && !(first === BRACE ? writeMembers() : writeElements()))
        return false
      writeByte(first + 2)
      at++
      return true
    case 0x74:
    case 0x6e:
    case 0x66: {
      const length = first === 0x66 ? 5 : 4
      memory.copy(out, at, length)
      out += length
      at += length
      return true
    }
    default:
      return writeNumber()
  }
}

function writeByte(byte: i32): void {
  store<u8>(out++, <u8>byte)
}

function skipBlanks(): void {
  while (load<u8>(at) <= 0x20) at++
}

/** Skips a comma or colon and the blanks around it, and writes it with its blank. */
function writeSeparator(separator: u16): void {
  at++
  skipBlanks()
  store<u16>(out, separator)
  out += 2
}

/** From the first element to the closing bracket. */
function writeElements(): bool {
  while (writeValue()) {
    skipBlanks()
    if (<i32>load<u8>(at) === BRACKET + 2) return true
    writeSeparator(COMMA_AND_BLANK)
  }
  return false
}

/** From the first key to the closing brace. */
function writeMembers(): bool {
  const first = <i32>members + memberCount * MEMBER_BYTES
  const start = out
  let isSorted = true
  for (;;) {
    if (memberCount === MOST_KEYS) return false
    const member = <i32>members + memberCount++ * MEMBER_BYTES
    store<i32>(member, at + 1)
    store<i32>(member, out, 8)
    writeLiteral()
    store<i32>(member, at - 1, 4)
    if (member > first && order(member - MEMBER_BYTES, member) > 0) isSorted = false
    skipBlanks()
    writeSeparator(COLON_AND_BLANK)
    if (!writeValue()) return false
    store<i32>(member, out, 12)
    skipBlanks()
    if (<i32>load<u8>(at) === BRACE + 2) break
    writeSeparator(COMMA_AND_BLANK)
  }
  if (!isSorted) arrange(first, start)
  memberCount = (first - <i32>members) / MEMBER_BYTES
  return true
}

/** Puts the members from `first` on, written from `start` to `out`, into the order of their keys. */
function arrange(first: i32, start: i32): void {
  const end = <i32>members + memberCount * MEMBER_BYTES
  for (let next = first + MEMBER_BYTES; next < end; next += MEMBER_BYTES) {
    for (let place = next; place > first && order(place - MEMBER_BYTES, place) > 0; place -= MEMBER_BYTES) {
      const member = v128.load(place)
      v128.store(place, v128.load(place - MEMBER_BYTES))
      v128.store(place - MEMBER_BYTES, member)
    }
  }
  let to = out
  for (let member = first; member < end; member += MEMBER_BYTES) {
    if (member > first) {
      store<u16>(to, COMMA_AND_BLANK)
      to += 2
    }
    const from = load<i32>(member, 8)
    const bytes = load<i32>(member, 12) - from
    memory.copy(to, from, bytes)
    to += bytes
  }
  memory.copy(start, out, to - out)
}

function writeLiteral(): void {
  writeByte(QUOTE)
  at++
  for (;;) {
    const bytes = v128.load(at)
    // What is written beyond the literal is overwritten later.
    v128.store(out, bytes)
    const odd = i8x16.bitmask(
      v128.or(i8x16.eq(bytes, i8x16.splat(<i8>QUOTE)), i8x16.eq(bytes, i8x16.splat(<i8>BACKSLASH))),
    )
    const count = odd === 0 ? 16 : ctz<i32>(odd)
    at += count
    out += count
    if (odd === 0) continue
    const byte = <i32>load<u8>(at++)
    if (byte === BACKSLASH) {
      const letter = <i32>load<u8>(at++)
      if (letter === 0x75) {
        writeCharacter(readEscape(at, at + 10))
        at = escapeEnd
        continue
      }
      if (letter !== SLASH) writeByte(BACKSLASH)
      writeByte(letter)
    } else {
      writeByte(QUOTE)
      return
    }
  }
}

/** Writes a character that had an escape, in UTF-8 or with the escape that it needs. */
function writeCharacter(point: i32): void {
  if (point < 0x20) {
    writeControl(point)
  } else if (point < 0x80) {
    if (point === QUOTE || point === BACKSLASH) writeByte(BACKSLASH)
    writeByte(point)
  } else {
    const more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3
    // As many ones as there are bytes, and a zero.
    writeByte(((0xff00 >> (more + 1)) & 0xff) | (point >> (more * 6)))
    for (let rest = more - 1; rest >= 0; rest--) writeByte(0x80 | ((point >> (rest * 6)) & 0x3f))
  }
}

/** b, t, n, f and r for U+0008 to U+000D but U+000B. */
const letters = memory.data<u8>([0x62, 0x74, 0x6e, 0, 0x66, 0x72])
/** The first four characters of an escape with hex digits for a control character. */
const HEX_ESCAPE: u32 = 0x3030755c

function writeControl(point: i32): void {
  if (hasShortEscape(point)) {
    writeByte(BACKSLASH)
    writeByte(<i32>load<u8>(<i32>letters + point - 8))
    return
  }
  store<u32>(out, HEX_ESCAPE)
  out += 4
  const digit = point & 15
  writeByte(0x30 + (point >> 4))
  writeByte(digit < 10 ? 0x30 + digit : 0x57 + digit)
}

function writeNumber(): bool {
  const start = at
  let isZero = true
  let point = 0
  const isNegative = <i32>load<u8>(at) === MINUS
  if (isNegative) at++
  const digits = at
  for (;;) {
    const byte = <u32>load<u8>(at)
    if (byte === POINT) point = at
    else if (byte - 0x30 > 9) break
    if (byte > 0x30) isZero = false
    at++
  }
  const end = at
  if ((load<u8>(at) | 0x20) === 0x65) {
    const exponent = readExponent()
    room -= (abs<i32>(exponent) + 2) * 2
    if (room < 0) return false
    if (isNegative && !isZero) writeByte(MINUS)
    writeMoved(digits, point === 0 ? end : point, end, exponent)
    return true
  }
  const from = isNegative && isZero ? digits : start
  memory.copy(out, from, end - from)
  out += end - from
  return true
}

/** Reads the letter, the sign and the digits. */
function readExponent(): i32 {
  const sign = <i32>load<u8>(++at)
  if (sign === MINUS || sign === 0x2b) at++
  let exponent = 0
  for (; <u32>load<u8>(at) - 0x30 <= 9; at++) exponent = exponent * 10 + <i32>load<u8>(at) - 0x30
  return sign === MINUS ? -exponent : exponent
}

/** Writes digits from `start` to `end`, which have a point at `point`, with the point moved by `exponent` places. */
function writeMoved(start: i32, point: i32, end: i32, exponent: i32): void {
  const whole = point - start
  const count = point === end ? whole : end - start - 1
  const places = whole + exponent
  let isLeading = true
  for (let place = min(0, places - 1); place < max(count, places); place++) {
    if (place === places) writeByte(<i32>POINT)
    const digit = place < 0 || place >= count ? 0x30 : <i32>load<u8>(start + place + (place < whole ? 0 : 1))
    // The last digit before the point is written even if it is zero.
    if (digit !== 0x30 || place >= places - 1) isLeading = false
    if (!isLeading) writeByte(digit)
  }
}
