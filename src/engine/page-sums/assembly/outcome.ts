/** A function that writes a field returns where it ends, or one of these. */

/** The column's own encoder must write the field. */
export const ASK: i32 = -1
/** The row is left to the caller. */
export const LEAVE: i32 = -2
