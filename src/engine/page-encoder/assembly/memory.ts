/**
 * The layout of the encoder's memory, exported for the JavaScript side. Invariant: writes stay within their own region; reads of up to 16
 * bytes beyond one, as wide loads do, stay in the memory.
 */

/** Static data is below this. */
const FIRST: i32 = 4096
/** The leaf page: 65,536 bytes at most (https://www.sqlite.org/fileformat2.html §1.3.2). */
export const PAGE: i32 = FIRST
/** For each cell of the page four 32-bit numbers: offset and size of the payload, upper and lower half of the rowid. */
export const CELLS: i32 = PAGE + 65536 + 64
const MOST_CELLS: i32 = 10922
/** For each column of the record two 32-bit numbers: serial type and address of the value. */
export const RECORD: i32 = CELLS + MOST_CELLS * 16
export const MOST_COLUMNS: i32 = 2000
/** For each column of the record: 1 if it has REAL affinity. */
export const REALS: i32 = RECORD + MOST_COLUMNS * 8
/** For each field an entry of FIELD_BYTES: see `fields.ts`. */
export const FIELDS: i32 = REALS + MOST_COLUMNS
export const MOST_FIELDS: i32 = 1600
export const FIELD_BYTES: i32 = 56
/** For each field of the row: 1 if it was NORMALIZED. */
export const OUTCOMES: i32 = FIELDS + MOST_FIELDS * FIELD_BYTES
/** For each field a 32-bit number: the rows in which it was NORMALIZED. */
export const NORMALIZED_ROWS: i32 = OUTCOMES + MOST_FIELDS
/** The sum of the rows' hashes: four 32-bit numbers. */
export const LANES: i32 = NORMALIZED_ROWS + MOST_FIELDS * 4
/** Fields that are equal in every row, or in every row without the column, as they are sent. */
export const CONSTANTS: i32 = LANES + 16
export const CONSTANTS_BYTES: i32 = 65536
/** A text in UTF-8 that the page has in UTF-16: three bytes for each two. */
export const NARROW: i32 = CONSTANTS + CONSTANTS_BYTES
const NARROW_BYTES: i32 = 98304 + 64
/** The rows as they are sent. */
export const OUT: i32 = NARROW + NARROW_BYTES
export const OUT_BYTES: i32 = 524288
/** The size of the memory in bytes, set in `asconfig.json` in pages of 64 KB; more than all regions need. */
export const MEMORY_BYTES: i32 = memory.size() << 16
