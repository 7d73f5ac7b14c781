/**
 * The places of the encoder's memory, known to both sides: they are exported. Invariant: everything that is written is within its
 * own region; reading up to 16 bytes beyond one, as wide loads do, stays in the memory.
 */

/** Static data is below. */
const FIRST: i32 = 4096
/** The leaf page: 65,536 bytes at most (https://www.sqlite.org/fileformat2.html §1.3.2). */
export const PAGE: i32 = FIRST
/** Of each of its cells four numbers of 32 bits: place and size of the payload, the rowid's upper and lower half. */
export const CELLS: i32 = PAGE + 65536 + 64
const MOST_CELLS: i32 = 10922
/** For each of the record's columns two numbers of 32 bits: serial type and place of the value. */
export const RECORD: i32 = CELLS + MOST_CELLS * 16
export const MOST_COLUMNS: i32 = 2000
/** For each of the record's columns 1 if it has REAL affinity. */
export const REALS: i32 = RECORD + MOST_COLUMNS * 8
/** For each field FIELD_BYTES that say how it is made: see `fields.ts`. */
export const FIELDS: i32 = REALS + MOST_COLUMNS
export const MOST_FIELDS: i32 = 1600
export const FIELD_BYTES: i32 = 48
/** How each field of the row came over. */
export const OUTCOMES: i32 = FIELDS + MOST_FIELDS * FIELD_BYTES
/** For each field a number of 32 bits: rows in which it was NORMALIZED. */
export const NORMALIZED_ROWS: i32 = OUTCOMES + MOST_FIELDS
/** The sum of the rows' hashes: four numbers of 32 bits. */
export const LANES: i32 = NORMALIZED_ROWS + MOST_FIELDS * 4
/** Fields that are the same in every row, as they are sent. */
export const CONSTANTS: i32 = LANES + 16
export const CONSTANTS_BYTES: i32 = 16384
/** The rows as they are sent. */
export const OUT: i32 = CONSTANTS + CONSTANTS_BYTES
export const OUT_BYTES: i32 = 524288
/** Bytes of the whole memory, as `asconfig.json` says in pages of 64 KB: more than all regions take. */
export const MEMORY_BYTES: i32 = memory.size() << 16
