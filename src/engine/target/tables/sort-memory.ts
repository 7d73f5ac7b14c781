/**
 * How much memory the server sorts an index in. Sorting in several runs that fit into a core's cache takes less CPU than in one that does
 * not, merge and temporary files included (docs/performance.md). Invariant: where the server limits temporary files, none is written that
 * more memory would avoid.
 */
import type { Connection } from '../connection/connection.ts'

/** The most for a session that has the server's memory to itself. */
export const MOST_MEGABYTES = 256

const LEAST_MEGABYTES = 8

/** The rows of a typical key that `LEAST_MEGABYTES` can sort with a single merge. */
const ROWS_OF_LEAST = 3_000_000

/**
 * Megabytes for one process to sort the index of `rows` rows. Memory limits both the length of a run and the number of runs merged at once,
 * so that twice the memory suffices for four times the rows (PostgreSQL, tuplesort.c, tuplesort_merge_order).
 */
export function sortMegabytes(rows: number): number {
  const doublings = Math.ceil(Math.log2(Math.max(1, rows / ROWS_OF_LEAST)) / 2)
  return Math.min(MOST_MEGABYTES, LEAST_MEGABYTES * 2 ** doublings)
}

/** Sets the memory for the session's next indexes. */
export async function setSortMemory(connection: Connection, megabytes: number): Promise<void> {
  await connection.query(
    `select set_config('maintenance_work_mem',
              case current_setting('temp_file_limit') when '-1' then $1 else $2 end, false)`,
    [`${megabytes}MB`, `${MOST_MEGABYTES}MB`],
  )
}
