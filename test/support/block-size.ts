/** In the place of src/engine/run/prepare/block-size.ts (vitest.config.ts): a test file may have small tables cut into several blocks. */
import { usualRows as rowsOfPrograms } from '../../src/engine/run/prepare/block-size.ts'

export { usualBytes } from '../../src/engine/run/prepare/block-size.ts'

export let usualRows = rowsOfPrograms

/** Rows of a table of three small blocks. */
export const fewRows = 10_010

/** Until the end of the test file. */
export function cutSmallBlocks(): void {
  usualRows = 5_000
}

/** For each-file.ts. */
export function cutUsualBlocks(): void {
  usualRows = rowsOfPrograms
}
