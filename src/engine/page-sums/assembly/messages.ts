/**
 * Sums the hashes of rows that the server returns: COPY messages (PostgreSQL manual, "Message Formats": CopyData), each with one tuple of
 * COPY BINARY. Invariant: a message is taken only if it contains exactly one complete tuple with the expected number of fields.
 */
import { addRow } from './digest'
import { SUM } from './layout'

const COPY_DATA: i32 = 0x64
const NULL_LENGTH: u32 = 0xffffffff

let taken: i32 = 0

/** The number of messages that the last `sumMessages` took. */
export function takenMessages(): i32 {
  return taken
}

/** Takes messages from `start` on. Returns the start of the first one not taken, at most `end`. */
export function sumMessages(start: i32, end: i32, fields: i32): i32 {
  taken = 0
  let at = start
  // Message type, length, and number of fields.
  while (end - at >= 7 && load<u8>(at) === COPY_DATA) {
    // The length includes itself, but not the type.
    const length = bswap<u32>(load<u32>(at, 1))
    if (length < 6 || length > <u32>(end - at - 1)) break
    const messageEnd = at + 1 + <i32>length
    const tuple = at + 7
    if (<i32>bswap<u16>(load<u16>(at, 5)) !== fields || !isTuple(tuple, messageEnd, fields)) break
    addRow(tuple, messageEnd, SUM)
    taken++
    at = messageEnd
  }
  return at
}

/** Whether `fields` fields, each with its length, end at `end`. */
function isTuple(start: i32, end: i32, fields: i32): bool {
  let at = start
  for (let field = 0; field < fields; field++) {
    if (end - at < 4) return false
    const word = load<u32>(at)
    at += 4
    // Nearly all are shorter than 256 bytes, so that only the last of the four is not zero.
    const length = (word & 0xffffff) === 0 ? word >> 24 : bswap<u32>(word)
    if (length === NULL_LENGTH) continue
    if (length > <u32>(end - at)) return false
    at += <i32>length
  }
  return at === end
}
