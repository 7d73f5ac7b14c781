/**
 * What a field's function returns: where the field ends, with NORMALIZED where it was; or that the row encoder has to write it. Invariant: the
 * memory is smaller than NORMALIZED, so that the place is the number without it.
 */

export const NORMALIZED: i32 = 0x40000000
/** Not plain enough for this side: asked of the column's own encoder. */
export const ASK: i32 = -1
/** The whole row is left to the row encoder: it is refused, rounded, or has something else to be said of it. */
export const LEAVE: i32 = -2
