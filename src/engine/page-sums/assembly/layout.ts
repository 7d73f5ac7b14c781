/**
 * The layout of the kernel's memory; exported to its caller. Invariant: no region is written beyond its end; loads of up to
 * eight bytes beyond one stay in the memory.
 */
import { MOST_CELLS } from '../../source/leaves/assembly/leaf'
import { MOST_COLUMNS } from '../../source/leaves/assembly/record'

/** Static data is below. */
const BOTTOM: i32 = 32768
/** Leaf pages as they were read. */
export const PAGES: i32 = BOTTOM
export const PAGES_BYTES: i32 = 262144
/** A byte for each column of the record: 1 for one of REAL affinity. */
export const REALS: i32 = PAGES + PAGES_BYTES + 64
/** FIELD_BYTES for each field of a row: `fields.ts` says which. */
export const FIELDS: i32 = REALS + MOST_COLUMNS
export const MOST_FIELDS: i32 = 1600
export const FIELD_BYTES: i32 = 32
/** Fields that are equal in all rows, as the server returns them. */
export const CONSTANTS: i32 = FIELDS + MOST_FIELDS * FIELD_BYTES
export const CONSTANTS_BYTES: i32 = 16384
/** Rows of a leaf that are left to the caller, each with its rowid and its number in the range, two numbers of 64 bits. */
export const LEFT: i32 = CONSTANTS + CONSTANTS_BYTES
/** The sum of the rows' hashes, four numbers of 32 bits. */
export const SUM: i32 = LEFT + MOST_CELLS * 16
/** The same of rows that the server may return in other bytes. */
export const CHANGING_SUM: i32 = SUM + 16
/** For each byte the value of the hex digit that it is: `hex.ts`. */
export const HEX_DIGITS: i32 = CHANGING_SUM + 16
/** The row under way: its fields. */
export const ROW: i32 = HEX_DIGITS + 256
/** The end of the memory, as `asconfig.json` says in pages of 64 KB. */
export const MEMORY_END: i32 = memory.size() << 16
/** What a field takes beyond the bytes of its value, at most. */
export const FIELD_ROOM: i32 = 64
