/**
 * Gives small pieces of work to a worker together: a table of few rows costs little more than its messages, round trips and commits.
 */

/** A limit because a transaction locks each table, and a stopped run waits for the pieces that have begun. */
const MOST_PIECES = 50
const MOST_BYTES = 1 << 18

/** Returns `first` and the small pieces that follow it in `waiting`, which are removed from there. `bytesOf`: infinite for a piece that goes alone. */
export function takeTogether<T>(first: T, waiting: T[], bytesOf: (piece: T) => number): readonly T[] {
  let bytes = bytesOf(first)
  let count = 0
  for (const piece of waiting) {
    bytes += bytesOf(piece)
    if (bytes > MOST_BYTES || count + 1 === MOST_PIECES) break
    count++
  }
  return [first, ...waiting.splice(0, count)]
}
