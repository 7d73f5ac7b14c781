/** The size of a table's blocks; in a file of its own so that tests can cut small tables into several blocks. */

/** Rows of a block; fewer when rows are large, since a block that the server refuses is searched in memory. */
export const usualRows = 50_000
export const usualBytes = 32 << 20
