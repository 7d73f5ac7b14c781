/**
 * Compares a target table with our copy of its source, and returns the changes that make them equal. Invariant: rows are compared as a
 * multiset of the bytes that the server returns, so that a table without changes is equal, cell by cell.
 */

import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import type { ArchiveEntry, QuarantineEntry } from '../../model/journal.ts'
import type { CopyPlan } from '../../model/plan.ts'
import { canonicalTuple, jsonbPositions } from '../../rows/canonical-tuple.ts'
import { type ComparedTable, rowConditions } from '../../rows/sum-rows.ts'
import type { TableReader } from '../../source/base/reader.ts'
import { openScratch, type SqliteDatabase } from '../../source/base/sqlite.ts'
import { quoteIdentifier, quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { copyOut } from '../../target/copy/copy-out.ts'
import { holdForReading } from '../../target/guards/foreign-names.ts'
import { whereAll } from '../../target/tables/own-rows.ts'
import { type EncodedRow, encodeAll } from './encode-changes.ts'
import { emptyDelta, type TableDelta } from './table-delta.ts'

const ROWS_AT_ONCE = 1000

/**
 * Returns the changes and the quarantine entries; passes archive entries to `keep`. `isRefused`: whether the server refused the row, which is
 * then in quarantine. `scratch`: path of a temporary file that does not exist yet.
 */
export async function differFromTarget(
  connection: Connection,
  run: string,
  table: ComparedTable,
  openRows: () => TableReader,
  options: {
    readonly isRefused: (row: EncodedRow) => boolean
    readonly scratch: string
    readonly keep: (entries: readonly ArchiveEntry[]) => Promise<void>
  },
): Promise<{ readonly delta: TableDelta; readonly quarantine: readonly QuarantineEntry[] }> {
  const { isRefused, scratch, keep } = options
  const { copy, tableId } = table
  const jsonb = jsonbPositions({ ...copy, computed: [] })
  const sumOf = (tuple: Buffer): Buffer => hash(canonicalTuple(tuple, 2, tuple.length, jsonb))
  const quarantine: QuarantineEntry[] = []
  let archive: ArchiveEntry[] = []
  const wanted = new Multiset(scratch)
  try {
    const takeIn = (row: EncodedRow): void => {
      quarantine.push(...row.quarantine)
      if (row.tuple === null || isRefused(row)) return
      archive.push(...row.archive)
      wanted.add(sumOf(row.tuple))
    }
    await encodeAll(table, openRows(), ROWS_AT_ONCE, takeIn, async () => {
      await keep(archive)
      archive = []
    })
    const gone: EncodedRow[] = []
    await holdForReading(connection, [copy.target])
    await copyOut(connection, selectOf(copy, run), (buffer, start, end) => {
      const fields = buffer.subarray(start, end)
      if (wanted.take(hash(fields))) return
      const count = Buffer.alloc(2)
      count.writeInt16BE(copy.columns.length)
      gone.push({ tuple: Buffer.concat([count, fields]), quarantine: [], archive: [], ifRefused: null })
    })
    const come: EncodedRow[] = []
    if (!wanted.isEmpty)
      await encodeAll(table, openRows(), ROWS_AT_ONCE, (row) => {
        if (row.tuple !== null && !isRefused(row) && wanted.take(sumOf(row.tuple))) come.push(row)
      })
    return { delta: { ...emptyDelta(tableId), gone, come }, quarantine }
  } finally {
    wanted.close()
  }
}

function selectOf(copy: CopyPlan, run: string): string {
  const columns = copy.columns.map(({ target }) => quoteIdentifier(target)).join(', ')
  const rows = `${quoteTable(copy.target)}${whereAll(rowConditions(copy, run, null))}`
  return `copy (select ${columns} from ${rows}) to stdout (format binary)`
}

const hash = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest().subarray(0, 16)

/** A multiset of hashes, in a file, since there may be many millions. */
class Multiset {
  readonly #db: SqliteDatabase
  readonly #file: string
  readonly #add
  readonly #take
  #size = 0

  constructor(file: string) {
    this.#file = file
    this.#db = openScratch(file)
    this.#db.exec('create table sums (sum blob primary key, number integer not null) without rowid; begin')
    this.#add = this.#db.prepare<[Buffer]>(
      'insert into sums values (?, 1) on conflict do update set number = number + 1',
    )
    this.#take = this.#db.prepare<[Buffer]>(
      'update sums set number = number - 1 where sum = ? and number > 0',
    )
  }

  get isEmpty(): boolean {
    return this.#size === 0
  }

  add(sum: Buffer): void {
    this.#add.run(sum)
    this.#size++
  }

  /** Removes one occurrence. Returns whether there was one. */
  take(sum: Buffer): boolean {
    const isThere = this.#take.run(sum).changes === 1
    if (isThere) this.#size--
    return isThere
  }

  close(): void {
    this.#db.close()
    rmSync(this.#file, { force: true })
  }
}
