/**
 * The current row as the server returns it, where jsonb prints a document of it in another form. Invariant: what is written is what
 * `canonicalTuple` in `rows/canonical-tuple.ts` makes of the row.
 */
import { write4 } from './big-endian'
import { mayBeReprinted } from './fields'
import { FIELD_ROOM, MEMORY_END, ROW } from './layout'
import { ASK, LEAVE } from './outcome'
import { writePrinted } from './printed'

/** Where it is written: behind the row. */
export function returnedStart(rowEnd: i32): i32 {
  return rowEnd + FIELD_ROOM
}

/** Writes the row's `fields` fields, which end at `rowEnd`. Returns where they end then, or LEAVE. */
export function writeReturned(rowEnd: i32, fields: i32): i32 {
  let from = ROW
  let to = returnedStart(rowEnd)
  for (let field = 0; field < fields; field++) {
    const length = <i32>bswap<u32>(load<u32>(from))
    const next = from + 4 + max(length, 0)
    if (to + (next - from) + FIELD_ROOM > MEMORY_END) return LEAVE
    if (length < 0 || !mayBeReprinted(field)) {
      memory.copy(to, from, next - from)
      to += next - from
    } else {
      store<u8>(to, load<u8>(from, 4), 4)
      const end = writePrinted(to + 5, from + 5, next)
      if (end === ASK) return LEAVE
      write4(to, end - to - 4)
      to = end
    }
    from = next
  }
  return to + FIELD_ROOM > MEMORY_END ? LEAVE : to
}
