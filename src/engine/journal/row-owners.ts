/** Which rows of a table belong to the run: the transactions that wrote them, and what the table held before. */
import type { Connection } from '../target/connection/connection.ts'

/** Marks this transaction's rows as the run's, so that rollback can distinguish them from those of others. */
export async function signTransaction(connection: Connection, run: string): Promise<void> {
  await connection.queryPrepared('insert into gpt_migrate.writer (run) values ($1)', [run])
}

/** Removes the signatures of transactions that left no row in the tables (quoted names). Reads each table once. */
export async function pruneSignatures(
  connection: Connection,
  run: string,
  tables: readonly string[],
): Promise<void> {
  const written = tables.map((table) => `select xmin::text as xid from ${table}`).join(' union ')
  await connection.query(
    `with written as materialized (${written})
     delete from gpt_migrate.writer w
      where w.run = $1 and not exists (select from written where written.xid = w.xmin::text)`,
    [run],
  )
}

/** The rows that an existing table held before the run, or that a distributed table held after it. */
export type EarlierRows = { readonly target: string; readonly rows: string; readonly sum: string }

export async function recordEarlier(
  connection: Connection,
  run: string,
  earlier: readonly EarlierRows[],
): Promise<void> {
  for (const { target, rows, sum } of earlier) {
    await connection.query(
      `insert into gpt_migrate.earlier (run, target, rows, sum) values ($1, $2, $3, $4)
       on conflict (run, target) do update set rows = excluded.rows, sum = excluded.sum`,
      [run, target, rows, sum],
    )
  }
}

export async function readEarlier(connection: Connection, run: string): Promise<readonly EarlierRows[]> {
  const { rows } = await connection.query<EarlierRows>(
    'select target, rows::text as rows, sum from gpt_migrate.earlier where run = $1 order by target collate "C"',
    [run],
  )
  return rows
}
