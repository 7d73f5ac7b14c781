/** What writes a field returns where it ends, or one of these. */

/** The column's own encoder, on the caller's side, must write it. */
export const ASK: i32 = -1
/** The row is left to the caller. */
export const LEAVE: i32 = -2
