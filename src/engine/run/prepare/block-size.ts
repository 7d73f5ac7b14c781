/** How large the blocks of a table are. A file of its own, so that tests can cut small tables into several blocks. */

/** Rows of a block, fewer where rows are large: a block that the server refuses is searched in memory. */
export const usualRows = 50_000
export const usualBytes = 32 << 20
