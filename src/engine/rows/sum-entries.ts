/**
 * Compares quarantine and archive with the snapshot: sums of the entries that encoding its rows again yields, and of the journal's. Invariant:
 * equal entries have the same bytes in both sums: the fields of `writeEntry` in COPY BINARY. The reason of a quarantined row is for people,
 * and not included.
 */
import { ByteWriter } from '../encode/cell/byte-writer.ts'
import { RowSum } from '../encode/rows/row-hash.ts'
import type { ArchiveEntry, QuarantineEntry } from '../model/journal.ts'
import type { CopyPlan } from '../model/plan.ts'
import { quoteLiteral } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { copyOut } from '../target/copy/copy-out.ts'

export type EntriesSum = { readonly rows: number; readonly sum: string }
export const NO_ENTRIES: EntriesSum = { rows: 0, sum: new RowSum().toString() }

export class EntrySum {
  readonly #sum = new RowSum()
  readonly #out = new ByteWriter(1 << 10)

  add(entry: QuarantineEntry | ArchiveEntry): void {
    this.#out.position = 0
    writeEntry(entry, this.#out)
    this.#sum.add(this.#out.buffer, 0, this.#out.position)
  }

  total(): EntriesSum {
    return { rows: this.#sum.rows, sum: this.#sum.toString() }
  }
}

/** Returns, for each table, the sums of the journal's entries for it and its folds, by block. Child rows without a parent belong to no block. */
export async function sumKeptEntries(
  connection: Connection,
  run: string,
  tables: readonly { readonly tableId: string; readonly copy: CopyPlan }[],
): Promise<readonly ReadonlyMap<number, EntriesSum>[]> {
  const found = tables.map(() => new Map<number, RowSum>())
  const sumsOf = new Map(
    tables.flatMap(({ tableId, copy }, at) =>
      entryTables(tableId, copy).map((id) => [id, found[at]!] as const),
    ),
  )
  await readKeptEntries(connection, run, [...sumsOf.keys()], (block, buffer, start, end) => {
    const sums = sumsOf.get(tableOfEntry(buffer, start))!
    const sum = sums.get(block) ?? new RowSum()
    sum.add(buffer, start, end)
    sums.set(block, sum)
  })
  return found.map(
    (sums) => new Map(Array.from(sums, ([block, sum]) => [block, { rows: sum.rows, sum: sum.toString() }])),
  )
}

/** Returns the second field, the table id, of the entry whose fields begin at `start`. */
function tableOfEntry(buffer: Buffer, start: number): string {
  const at = start + 4 + buffer.readInt32BE(start)
  return buffer.toString('utf8', at + 4, at + 4 + buffer.readInt32BE(at))
}

/** Returns the ids of the table and of those folded into it. */
export function entryTables(tableId: string, { folds }: CopyPlan): readonly string[] {
  return [tableId, ...folds.map((fold) => fold.tableId)]
}

type OnEntry = (block: number, buffer: Buffer, start: number, end: number) => void

/** Calls `onEntry` for the entries of the tables' blocks. */
export async function readKeptEntries(
  connection: Connection,
  run: string,
  tableIds: readonly string[],
  onEntry: OnEntry,
): Promise<void> {
  await readEntries(connection, `${QUARANTINE} where code <> 'no-parent'`, run, tableIds, onEntry)
  await readEntries(connection, `${ARCHIVE} where true`, run, tableIds, onEntry)
}

/** Calls `onEntry` for child rows without a parent. */
export function readKeptParentless(
  connection: Connection,
  run: string,
  tableId: string,
  onEntry: OnEntry,
): Promise<void> {
  return readEntries(connection, `${QUARANTINE} where code = 'no-parent'`, run, [tableId], onEntry)
}

const QUARANTINE = `select block, 'quarantine', table_id, ordinal, key::text, cells::text, "column", code from gpt_migrate.quarantine`
const ARCHIVE = `select block, kind, table_id, ordinal, key::text, rows::text, target_row from gpt_migrate.archive`

async function readEntries(
  connection: Connection,
  statement: string,
  run: string,
  tableIds: readonly string[],
  onEntry: OnEntry,
): Promise<void> {
  const tables = `array[${tableIds.map((id) => quoteLiteral(id)).join(', ')}]::text[]`
  const select = `${statement} and run = ${quoteLiteral(run)} and table_id = any(${tables})`
  await copyOut(connection, `copy (${select}) to stdout (format binary)`, (buffer, start, end) =>
    onEntry(buffer.readInt32BE(start + 4), buffer, start + 8, end),
  )
}

/** Writes the entry's fields in the order in which the query returns them after the block. */
export function writeEntry(entry: QuarantineEntry | ArchiveEntry, out: ByteWriter): void {
  const isQuarantined = 'code' in entry
  writeText(isQuarantined ? 'quarantine' : entry.kind, out)
  writeText(entry.tableId, out)
  out.reserve(12)
  out.int32(8)
  out.int64(entry.ordinal)
  writeText(JSON.stringify(entry.key), out)
  writeText(JSON.stringify(isQuarantined ? entry.cells : entry.rows), out)
  writeText(isQuarantined ? entry.column : entry.targetRow, out)
  if (isQuarantined) writeText(entry.code, out)
}

function writeText(text: string | null, out: ByteWriter): void {
  out.reserve(4)
  const at = out.position
  out.int32(-1)
  if (text === null) return
  out.utf8(text)
  out.int32At(at, out.position - at - 4)
}
