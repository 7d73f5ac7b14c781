/** The progress of indexes that other sessions build (manual section 28.4.4, `pg_stat_progress_create_index`). */
import type { Connection } from '../connection/connection.ts'

/** From 0 to 1, by backend process: reading the table is the first half, sorting and writing the second. */
export async function readIndexProgress(
  connection: Connection,
  processes: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const { rows } = await connection.query<{ pid: number; done: number }>(PROGRESS, [processes])
  return new Map(rows.map(({ pid, done }) => [pid, done]))
}

const PROGRESS = `
  select pid,
         case
           when phase like '%scanning table' then coalesce(least(blocks_done::float8 / nullif(blocks_total, 0), 1) / 2, 0)
           when phase like '%loading tuples%' then 0.5 + coalesce(least(tuples_done::float8 / nullif(tuples_total, 0), 1) / 2, 0)
           when phase like '%sorting%' then 0.5
           else 0
         end as done
    from pg_stat_progress_create_index
   where pid = any($1::int[])`
