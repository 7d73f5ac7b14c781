/**
 * The layout of the kernel's memory, exported for its caller. Invariant: writes stay within their own region; loads of up to sixteen bytes
 * beyond one stay in the memory.
 */
import { MOST_CELLS } from '../../source/leaves/assembly/leaf'
import { MOST_COLUMNS } from '../../source/leaves/assembly/record'

/** Static data is below this. */
const BOTTOM: i32 = 49152
/** The leaf pages as read from the file. */
export const PAGES: i32 = BOTTOM
export const PAGES_BYTES: i32 = 262144
/** A byte for each column of the record: 1 for one of REAL affinity. */
export const REALS: i32 = PAGES + PAGES_BYTES + 64
/** For each field of a row an entry of FIELD_BYTES: see `fields.ts`. */
export const FIELDS: i32 = REALS + MOST_COLUMNS
export const MOST_FIELDS: i32 = 1600
export const FIELD_BYTES: i32 = 32
/** Fields that are equal in all rows, as the server returns them. */
export const CONSTANTS: i32 = FIELDS + MOST_FIELDS * FIELD_BYTES
export const CONSTANTS_BYTES: i32 = 16384
/** Values of columns that were added to the table, for records that end before them. */
export const ADDED: i32 = CONSTANTS + CONSTANTS_BYTES
export const ADDED_BYTES: i32 = 16384
/** Rows of a leaf that are left to the caller: for each, the rowid and its number in the range, two 64-bit numbers. */
export const LEFT: i32 = ADDED + ADDED_BYTES
/** The sum of the rows' hashes: four 32-bit numbers. */
export const SUM: i32 = LEFT + MOST_CELLS * 16
/** The same for rows that the server may return in other bytes. */
export const CHANGING_SUM: i32 = SUM + 16
/** Of these, the sum of those that `returned.ts` wrote, as the server returns them. */
export const RETURNED_SUM: i32 = CHANGING_SUM + 16
/** The texts of a record in UTF-16, as UTF-8. */
export const TEXTS: i32 = RETURNED_SUM + 16
const TEXTS_BYTES: i32 = 98304 + 64
/** The fields of the current row. */
export const ROW: i32 = TEXTS + TEXTS_BYTES
/** The size of the memory in bytes, set in `asconfig.json` in pages of 64 KB. */
export const MEMORY_END: i32 = memory.size() << 16
/** The most bytes that a field takes beyond its value's. */
export const FIELD_ROOM: i32 = 64
