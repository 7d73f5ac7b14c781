/**
 * Documents as jsonb prints them (JsonbToCString in PostgreSQL's jsonb.c): members in the order of their keys, one blank after commas and
 * colons and no other, slashes without an escape, no negative zero. Invariant: of a text that `jsonOf` accepted, what is written is what
 * `canonicalJson` in `encode/json/json-canonical.ts` writes; exponents are left to it.
 */
import { MOST_KEYS, order } from '../../source/leaves/assembly/json'
import { MEMORY_END } from './layout'
import { ASK } from './outcome'

const BRACE: i32 = 0x7b
const BRACKET: i32 = 0x5b
const QUOTE: i32 = 0x22
const BACKSLASH: i32 = 0x5c
const SLASH: i32 = 0x2f
const MINUS: i32 = 0x2d
const COMMA_AND_BLANK: u16 = 0x202c
const COLON_AND_BLANK: u16 = 0x203a

/** For each member of the open objects four 32-bit numbers: where its key begins and ends, and where it is written. */
const MEMBER_BYTES: i32 = 16
const members = memory.data(2048)
let memberCount: i32 = 0
let at: i32 = 0
let out: i32 = 0

/** Writes the document in `[start, end)` at `to`. Returns where it ends, or ASK when it is not written here or there is no room. */
export function writePrinted(to: i32, start: i32, end: i32): i32 {
  // It may become twice as long, and is held twice while its members are arranged.
  if (end - start > (MEMORY_END - to - 64) >> 2) return ASK
  at = start
  out = to
  memberCount = 0
  return writeValue() ? out : ASK
}

/** Returns false for a document with an exponent; so do the functions below. */
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
      if (letter !== SLASH) writeByte(BACKSLASH)
      writeByte(letter)
    } else {
      writeByte(QUOTE)
      return
    }
  }
}

function writeNumber(): bool {
  const start = at
  let isZero = true
  if (<i32>load<u8>(at) === MINUS) at++
  for (;;) {
    const byte = <u32>load<u8>(at)
    if (byte - 0x30 > 9 && byte !== 0x2e) break
    if (byte > 0x30) isZero = false
    at++
  }
  if ((load<u8>(at) | 0x20) === 0x65) return false
  const from = isZero && <i32>load<u8>(start) === MINUS ? start + 1 : start
  memory.copy(out, from, at - from)
  out += at - from
  return true
}
