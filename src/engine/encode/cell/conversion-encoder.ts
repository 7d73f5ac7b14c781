import { type RejectCode, rejectCodes } from '../../model/conversion.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { Cell } from './cell.ts'

/** The outcome of encoding a cell. A refusal is 3 plus the index of its code in `rejectCodes`. */
export const EXACT = 0
export const NORMALIZED = 1
export const ROUNDED = 2
export const FIRST_REJECT = 3
export type Outcome = number

/**
 * Writes one COPY BINARY field (its int32 length, then its bytes; https://www.postgresql.org/docs/current/sql-copy.html "Binary Format")
 * and returns the outcome. A refused cell may leave bytes in the writer, which the row encoder discards. The row encoder also counts the
 * outcomes, of kept rows only.
 */
export type CellEncoder = {
  encode(cell: Cell, out: ByteWriter): Outcome
  /** The absolute error of the last cell, as decimal text; valid only after ROUNDED. */
  lastError(): string
}

export function reject(code: RejectCode): Outcome {
  return FIRST_REJECT + rejectCodes.indexOf(code)
}

export function rejectCodeOf(outcome: Outcome): RejectCode {
  return rejectCodes[outcome - FIRST_REJECT]!
}
