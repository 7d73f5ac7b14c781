/**
 * How much memory the server sorts an index in. Runs that fit into a core's cache are sorted in less CPU than one that does not, the merge
 * and the temporary files included (docs/performance.md). Invariant: where the server limits temporary files, none is asked for that a
 * larger memory would spare.
 */
import type { Connection } from '../connection/connection.ts'

/** What a session may take that has the server's memory to itself. */
export const MOST_MEGABYTES = 256

const LEAST_MEGABYTES = 8

/** Rows of a usual key that `LEAST_MEGABYTES` sort in runs which are merged at once. */
const ROWS_OF_LEAST = 3_000_000

/**
 * Megabytes for the index of so many rows, sorted by one process. As many runs are merged at once as the memory holds buffers, so that
 * four times as many rows take twice the memory (PostgreSQL, tuplesort.c, tuplesort_merge_order).
 */
export function sortMegabytes(rows: number): number {
  const doublings = Math.ceil(Math.log2(Math.max(1, rows / ROWS_OF_LEAST)) / 2)
  return Math.min(MOST_MEGABYTES, LEAST_MEGABYTES * 2 ** doublings)
}

/** For the session's next indexes. */
export async function setSortMemory(connection: Connection, megabytes: number): Promise<void> {
  await connection.query(
    `select set_config('maintenance_work_mem',
              case current_setting('temp_file_limit') when '-1' then $1 else $2 end, false)`,
    [`${megabytes}MB`, `${MOST_MEGABYTES}MB`],
  )
}
