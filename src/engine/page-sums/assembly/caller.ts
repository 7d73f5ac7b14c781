/**
 * Writes a value with the column's own encoder. `storage`: 1 for an integer and 2 for a real, which is `number`; 3 for text and 4 for a
 * blob, which is at `[start, end)`. Returns where the field ends, or LEAVE.
 */
export declare function ask(field: i32, storage: i32, number: f64, start: i32, end: i32, to: i32): i32

/**
 * Learns the values of the columns that a record with `values` values lacks, from the row with this rowid, and calls `knowAdded`. Returns 0
 * when it cannot.
 */
export declare function learnAdded(values: i32, rowid: i64): i32

/** Reports a summed row that the server may return in other bytes: its fields are at `[start, end)`. */
export declare function see(start: i32, end: i32): void
