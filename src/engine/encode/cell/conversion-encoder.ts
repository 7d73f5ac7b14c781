import { type RejectCode, rejectCodes } from '../../model/conversion.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { Cell } from './cell.ts'

/** The outcome of a cell. A refusal is 3 plus the code's index in `rejectCodes`. */
export const EXACT = 0
export const NORMALIZED = 1
export const ROUNDED = 2
export const FIRST_REJECT = 3
export type Outcome = number

/**
 * Writes one COPY BINARY field (its int32 length, then its bytes; https://www.postgresql.org/docs/current/sql-copy.html
 * "Binary Format") and says how the cell came over. A refused cell may leave bytes behind: the row encoder takes them back.
 * Counting is the row encoder's, for rows that are kept.
 */
export type CellEncoder = {
  encode(cell: Cell, out: ByteWriter): Outcome
  /** Absolute error of the cell just encoded, as decimal text; called only after ROUNDED. */
  lastError(): string
}

export function reject(code: RejectCode): Outcome {
  return FIRST_REJECT + rejectCodes.indexOf(code)
}

export function rejectCodeOf(outcome: Outcome): RejectCode {
  return rejectCodes[outcome - FIRST_REJECT]!
}
