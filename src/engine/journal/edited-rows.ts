/** Rows loaded out of quarantine with edited cells: `gpt_migrate.mended`, as the first journals named the table. */
import type { EditedRow } from '../model/journal.ts'
import type { Connection } from '../target/connection/connection.ts'

/** Records the edits of loaded rows; a later edit replaces an earlier one, but never its originals. */
export async function writeEditedRows(
  connection: Connection,
  run: string,
  rows: readonly EditedRow[],
): Promise<void> {
  for (const { tableId, ordinal, cells, originals } of rows) {
    await connection.query(
      `insert into gpt_migrate.mended (run, table_id, ordinal, cells, originals) values ($1, $2, $3, $4, $5)
       on conflict (run, table_id, ordinal) do update set cells = excluded.cells`,
      [run, tableId, ordinal, JSON.stringify(cells), JSON.stringify(originals)],
    )
  }
}

export async function readEditedRows(connection: Connection, run: string): Promise<EditedRow[]> {
  const { rows } = await connection.query<Omit<EditedRow, 'ordinal'> & { ordinal: string }>(
    `select table_id as "tableId", ordinal, cells, originals
       from gpt_migrate.mended
      where run = $1
      order by table_id, ordinal`,
    [run],
  )
  return rows.map((row) => ({ ...row, ordinal: Number(row.ordinal) }))
}
