/**
 * Sums the hashes of rows that the server returns: COPY messages (PostgreSQL manual, "Message Formats": CopyData), each with one tuple of
 * COPY BINARY. Invariant: a message is taken only if it contains exactly one complete tuple with the expected number of fields.
 */
import { addRow } from './digest'
import { SUM } from './layout'

const COPY_DATA: i32 = 0x64

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
    // The hash overwrites the bytes after its row.
    const next = load<u64>(messageEnd)
    const afterNext = load<u64>(messageEnd, 8)
    addRow(tuple, messageEnd, SUM)
    store<u64>(messageEnd, next)
    store<u64>(messageEnd, afterNext, 8)
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
    const length = <i32>bswap<u32>(load<u32>(at))
    at += 4
    if (length === -1) continue
    if (length < 0 || length > end - at) return false
    at += length
  }
  return at === end
}
