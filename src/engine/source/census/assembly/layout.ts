/** The layout of the kernel's memory; exported to its caller. Invariant: no region is written beyond its end. */
import { MOST_CELLS } from '../../leaves/assembly/leaf'
import { MOST_COLUMNS } from '../../leaves/assembly/record'

/** Static data is below. */
const BOTTOM: i32 = 32768
/** Leaf pages as they were read. */
export const PAGES: i32 = BOTTOM
export const PAGES_BYTES: i32 = 262144
/** A byte for each column of the record: 1 for one of REAL affinity. */
export const REALS: i32 = PAGES + PAGES_BYTES + 64
/** Rowids of the rows of a leaf that are left to the caller. */
export const LEFT: i32 = REALS + MOST_COLUMNS + 8
/** The columns that are counted, each by its place in the record. */
export const COUNTED: i32 = LEFT + MOST_CELLS * 8
export const MOST_COUNTED: i32 = 200
/** What was counted of each, as `column.ts` has it. */
export const COUNTS: i32 = COUNTED + MOST_COUNTED * 4
export const COUNT_BYTES: i32 = 2168
