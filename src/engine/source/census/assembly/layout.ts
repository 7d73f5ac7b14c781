/** The layout of the kernel's memory; exported to its caller. Invariant: no region is written beyond its end. */
import { MOST_CELLS } from '../../leaves/assembly/leaf'
import { MOST_COLUMNS } from '../../leaves/assembly/record'

/** Static data is below this. */
const BOTTOM: i32 = 49152
/** The leaf pages as read from the file. */
export const PAGES: i32 = BOTTOM
export const PAGES_BYTES: i32 = 262144
/** A byte for each column of the record: 1 for REAL affinity. */
export const REALS: i32 = PAGES + PAGES_BYTES + 64
/** Values of columns that were added to the table, for records that end before them. */
export const ADDED: i32 = REALS + MOST_COLUMNS + 8
export const ADDED_BYTES: i32 = 16384
/** The texts of a record in UTF-16, as UTF-8. */
export const TEXTS: i32 = ADDED + ADDED_BYTES
const TEXTS_BYTES: i32 = 98304 + 64
/** Rowids of a leaf's rows that are left to the caller. */
export const LEFT: i32 = TEXTS + TEXTS_BYTES
/** The counted columns, each by its index in the record. */
export const COUNTED: i32 = LEFT + MOST_CELLS * 8
export const MOST_COUNTED: i32 = 200
/** The counts of each of these columns, laid out as in `column.ts`. */
export const COUNTS: i32 = COUNTED + MOST_COUNTED * 4
export const COUNT_BYTES: i32 = 2168
