/**
 * What a field function returns: where the field ends, with NORMALIZED if it was normalized; or that the row encoder must write it.
 * Invariant: all addresses are smaller than NORMALIZED, so the address is the number without that bit.
 */

export const NORMALIZED: i32 = 0x40000000
/** Not plain enough here: the column's own encoder must write the field. */
export const ASK: i32 = -1
/** The row encoder must encode the whole row: it is refused, rounded, or otherwise remarkable. */
export const LEAVE: i32 = -2
