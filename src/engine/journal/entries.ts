/** Quarantine and archive: what the target's tables cannot hold. Invariant: an entry is stored once, however often it is written. */
import { createHash } from 'node:crypto'
import type { RejectCode } from '../model/conversion.ts'
import type { ArchiveEntry, QuarantineEntry, QuarantineTally } from '../model/journal.ts'
import type { StoredCell } from '../model/storage.ts'
import type { Connection } from '../target/connection/connection.ts'

/** Maximum text in one statement: enough for thousands of usual rows. */
const STATEMENT_CHARACTERS = 4_000_000

const STATEMENT_ROWS = 5_000

const PAGE = 200

/** What identifies an entry of either kind. */
export type EntryKey = Pick<QuarantineEntry, 'tableId' | 'ordinal' | 'key'>

export async function writeQuarantine(
  connection: Connection,
  run: string,
  entries: readonly QuarantineEntry[],
): Promise<void> {
  for (const batch of batches(entries, (entry) => JSON.stringify(entry.cells))) {
    await connection.query(
      `insert into gpt_migrate.quarantine
         (run, table_id, block, ordinal, key, key_digest, cells, "column", code, reason)
       select $1, e.table_id, e.block, e.ordinal, e.key::json, e.key_digest, e.cells::json, e."column", e.code, e.reason
         from unnest($2::text[], $3::integer[], $4::bigint[], $5::text[], $6::bytea[], $7::text[], $8::text[], $9::text[], $10::text[])
           as e (table_id, block, ordinal, key, key_digest, cells, "column", code, reason)
           on conflict do nothing`,
      [
        run,
        ...keysOf(batch),
        batch.map((item) => item.body),
        batch.map((item) => item.entry.column),
        batch.map((item) => item.entry.code),
        // The server's message may quote anything, and text cannot contain U+0000.
        batch.map((item) => item.entry.reason.replaceAll('\0', '\uFFFD')),
      ],
    )
  }
}

export async function writeArchive(
  connection: Connection,
  run: string,
  entries: readonly ArchiveEntry[],
): Promise<void> {
  for (const batch of batches(entries, (entry) => JSON.stringify(entry.rows))) {
    await connection.query(
      `insert into gpt_migrate.archive (run, table_id, block, ordinal, key, key_digest, rows, kind, target_row)
       select $1, e.table_id, e.block, e.ordinal, e.key::json, e.key_digest, e.rows::json, e.kind, e.target_row
         from unnest($2::text[], $3::integer[], $4::bigint[], $5::text[], $6::bytea[], $7::text[], $8::text[], $9::text[])
           as e (table_id, block, ordinal, key, key_digest, rows, kind, target_row)
           on conflict do nothing`,
      [
        run,
        ...keysOf(batch),
        batch.map((item) => item.body),
        batch.map((item) => item.entry.kind),
        batch.map((item) => item.entry.targetRow),
      ],
    )
  }
}

/** Yields quarantined rows of the run, or of one table, sorted by table and ordinal, read page by page. */
export async function* listQuarantine(
  connection: Connection,
  run: string,
  tableId?: string,
): AsyncGenerator<QuarantineEntry> {
  const pages = read<{
    cells: QuarantineEntry['cells']
    column: string | null
    code: RejectCode
    reason: string
  }>(connection, 'quarantine', 'cells, "column", code, reason', run, tableId)
  for await (const { head, row } of pages) {
    yield { ...head, cells: row.cells, column: row.column, code: row.code, reason: row.reason }
  }
}

/** Yields archive entries of the run, or of one table, sorted by table and ordinal, read page by page. */
export async function* listArchive(
  connection: Connection,
  run: string,
  tableId?: string,
): AsyncGenerator<ArchiveEntry> {
  const pages = read<Pick<ArchiveEntry, 'kind' | 'rows'> & { target_row: string | null }>(
    connection,
    'archive',
    'kind, rows, target_row',
    run,
    tableId,
  )
  for await (const { head, row } of pages)
    yield { ...head, kind: row.kind, rows: row.rows, targetRow: row.target_row }
}

/** Returns how many rows are in quarantine, by reason; `followed`: only those that following has put there since the run. */
export async function countQuarantine(
  connection: Connection,
  run: string,
  { followed = false }: { readonly followed?: boolean } = {},
): Promise<readonly QuarantineTally[]> {
  const { rows } = await connection.query<QuarantineTally>(
    `select table_id as "tableId", "column", code, count(*)::float8 as rows
       from gpt_migrate.quarantine
      where run = $1${followed ? ' and block < 0' : ''}
      group by table_id, "column", code
      order by table_id, "column" collate "C", code collate "C"`,
    [run],
  )
  return rows
}

/** Returns the ids of tables that have rows in quarantine. */
export async function quarantinedTables(connection: Connection, run: string): Promise<ReadonlySet<string>> {
  return new Set((await countQuarantine(connection, run)).map(({ tableId }) => tableId))
}

/** Whether a table's rows are identified by their cells: they have no key, and VACUUM changes their rowids. */
export type IsNamedByCells = (tableId: string) => boolean

/** Returns a name for a quarantined row that is unique within the run. */
export function quarantinedName(
  { tableId, key, cells }: Pick<QuarantineEntry, 'tableId' | 'key' | 'cells'>,
  isNamedByCells: IsNamedByCells,
): string {
  return `${tableId} ${JSON.stringify(isNamedByCells(tableId) ? cells : key)}`
}

export type RefusedRow = Pick<QuarantineEntry, 'tableId' | 'key'>

/** Returns the rows that the server itself refused, by name: all, or those of one table. */
export async function readRefused(
  connection: Connection,
  run: string,
  isNamedByCells: IsNamedByCells,
  tableId: string | null = null,
): Promise<Map<string, RefusedRow>> {
  const { rows } = await connection.query<Pick<QuarantineEntry, 'tableId' | 'key' | 'cells'>>(
    `select table_id as "tableId", key, cells from gpt_migrate.quarantine
      where run = $1 and code = 'refused-by-server' and ($2::text is null or table_id = $2)`,
    [run, tableId],
  )
  return new Map(
    rows.map((row) => [quarantinedName(row, isNamedByCells), { tableId: row.tableId, key: row.key }]),
  )
}

type Head = {
  readonly tableId: string
  readonly block: number
  readonly ordinal: number
  readonly key: readonly StoredCell[]
}

type Item<T> = { readonly entry: T; readonly key: string; readonly body: string }

function* batches<T extends Head>(entries: readonly T[], bodyOf: (entry: T) => string): Generator<Item<T>[]> {
  let batch: Item<T>[] = []
  let characters = 0
  for (const entry of entries) {
    const item = { entry, key: JSON.stringify(entry.key), body: bodyOf(entry) }
    const size = item.key.length + item.body.length
    if (batch.length > 0 && (characters + size > STATEMENT_CHARACTERS || batch.length === STATEMENT_ROWS)) {
      yield batch
      batch = []
      characters = 0
    }
    batch.push(item)
    characters += size
  }
  if (batch.length > 0) yield batch
}

/** Returns the first parameters for both tables: table, block, ordinal, key, digest of the key. */
function keysOf(batch: readonly Item<Head>[]): unknown[] {
  return [
    batch.map((item) => item.entry.tableId),
    batch.map((item) => item.entry.block),
    batch.map((item) => item.entry.ordinal),
    batch.map((item) => item.key),
    batch.map((item) => digest(item.key)),
  ]
}

export function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

type PageRow = {
  table_id: string
  block: number
  ordinal: string
  key: readonly StoredCell[]
  key_digest: Buffer
}

async function* read<R>(
  connection: Connection,
  table: 'quarantine' | 'archive',
  columns: string,
  run: string,
  tableId: string | undefined,
): AsyncGenerator<{ head: Head; row: R }> {
  let last: readonly unknown[] = ['', '-9223372036854775808', Buffer.alloc(0)]
  for (;;) {
    const { rows } = await connection.query<PageRow & R>(
      `select table_id, block, ordinal, key, key_digest, ${columns}
         from gpt_migrate.${table}
        where run = $1 and ($2::text is null or table_id = $2)
          and (table_id, ordinal, key_digest) > ($3::text collate "C", $4::bigint, $5::bytea)
        order by table_id, ordinal, key_digest
        limit ${PAGE}`,
      [run, tableId ?? null, ...last],
    )
    for (const row of rows) {
      const head = { tableId: row.table_id, block: row.block, ordinal: Number(row.ordinal), key: row.key }
      yield { head, row }
    }
    const end = rows.at(-1)
    if (end === undefined || rows.length < PAGE) return
    last = [end.table_id, end.ordinal, end.key_digest]
  }
}
