/** Removes entries from quarantine and archive, in the transactions that make them obsolete. */
import type { ArchiveEntry, QuarantineEntry } from '../model/journal.ts'
import type { Connection } from '../target/connection/connection.ts'
import { digest, type EntryKey, type IsNamedByCells, listQuarantine, writeQuarantine } from './entries.ts'

/** Removes rows from quarantine, for example after they were loaded. Returns how many there were. */
export async function deleteQuarantine(
  connection: Connection,
  run: string,
  entries: readonly EntryKey[],
): Promise<number> {
  const { count } = await connection.query(
    `delete from gpt_migrate.quarantine q
      using unnest($2::text[], $3::bigint[], $4::bytea[]) as e (table_id, ordinal, key_digest)
      where q.run = $1 and q.table_id = e.table_id and q.ordinal = e.ordinal and q.key_digest = e.key_digest`,
    [
      run,
      entries.map((entry) => entry.tableId),
      entries.map((entry) => entry.ordinal),
      entries.map((entry) => digest(JSON.stringify(entry.key))),
    ],
  )
  return count
}

/**
 * Removes the entries of changed rows, whatever their number in key order was: by key; for rows without a key, as many equal entries as are
 * given, those with the same key first.
 */
export async function deleteFollowedEntries(
  connection: Connection,
  run: string,
  entries: readonly (QuarantineEntry | ArchiveEntry)[],
  isNamedByCells: IsNamedByCells,
): Promise<void> {
  const byKind = Map.groupBy(entries, (entry) => ('code' in entry ? 'quarantine' : 'archive'))
  for (const [table, all] of byKind) {
    const byKey = all.filter(({ tableId }) => !isNamedByCells(tableId))
    if (byKey.length > 0) {
      await connection.query(
        `delete from gpt_migrate.${table} q
          using unnest($2::text[], $3::bytea[]) as e (table_id, key_digest)
          where q.run = $1 and q.table_id = e.table_id and q.key_digest = e.key_digest`,
        [run, byKey.map((entry) => entry.tableId), byKey.map((entry) => digest(JSON.stringify(entry.key)))],
      )
    }
    const byCells = all.filter(({ tableId }) => isNamedByCells(tableId))
    if (byCells.length > 0) {
      const [body, of] =
        table === 'quarantine' ? ['q.cells', `''`] : ['q.rows', `q.kind || coalesce(' ' || q.target_row, '')`]
      await connection.query(
        `with gone as (
           select table_id, body, of, count(*) as number, array_agg(key_digest) as keys
             from unnest($2::text[], $3::text[], $4::text[], $5::bytea[]) as e (table_id, body, of, key_digest)
            group by 1, 2, 3),
         kept as (
           select q.ctid as place, g.number as most,
                  row_number() over (partition by g.table_id, g.body, g.of
                                         order by q.key_digest = any (g.keys) desc, q.ordinal) as number
             from gpt_migrate.${table} q
             join gone g on g.table_id = q.table_id and g.body = ${body}::text and g.of = ${of}
            where q.run = $1)
         delete from gpt_migrate.${table} q
          using kept
          where q.ctid = kept.place and kept.number <= kept.most`,
        [
          run,
          byCells.map((entry) => entry.tableId),
          byCells.map((entry) => JSON.stringify('code' in entry ? entry.cells : entry.rows)),
          byCells.map((entry) => ('code' in entry ? '' : rowOf(entry))),
          byCells.map((entry) => digest(JSON.stringify(entry.key))),
        ],
      )
    }
  }
}

/** What distinguishes archive entries with equal cells: their kind and target row. */
const rowOf = ({ kind, targetRow }: ArchiveEntry): string =>
  targetRow === null ? kind : `${kind} ${targetRow}`

/** Returns the smallest ordinal of the run's entries, at most 0: numbers below it are free. */
export async function leastOrdinal(connection: Connection, run: string): Promise<number> {
  const { least } = await connection.queryOne<{ least: number }>(
    `select least(0, min(ordinal))::float8 as least
       from (select ordinal from gpt_migrate.quarantine where run = $1
             union all select ordinal from gpt_migrate.archive where run = $1) e`,
    [run],
  )
  return least
}

/** Makes these the tables' entries in quarantine, keeping equal entries and rows that the server itself refused. */
export async function replaceQuarantine(
  connection: Connection,
  run: string,
  tableIds: readonly string[],
  entries: readonly QuarantineEntry[],
): Promise<void> {
  const nameOf = ({ tableId, key, cells, code }: QuarantineEntry): string =>
    JSON.stringify([tableId, key, cells, code])
  const wanted = new Map(entries.map((entry) => [nameOf(entry), entry]))
  const gone: QuarantineEntry[] = []
  for (const tableId of tableIds) {
    for await (const entry of listQuarantine(connection, run, tableId)) {
      const isWanted = wanted.delete(nameOf(entry))
      if (!isWanted && entry.code !== 'refused-by-server') gone.push(entry)
    }
  }
  await deleteQuarantine(connection, run, gone)
  await writeQuarantine(connection, run, [...wanted.values()])
}
