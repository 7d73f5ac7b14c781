/**
 * Copies one block: read, encode, COPY, journal row, in one transaction. Invariant: when it returns, the block's rows, its
 * quarantine, its archive and its journal row are committed together; when it throws, none of them is.
 */
import { ByteWriter } from '../encode/byte-writer.ts'
import { type Cell, type NestedRow, NULL, type SourceRow } from '../encode/cell.ts'
import { type OrphanTest, RowEncoder } from '../encode/row-encoder.ts'
import { storedCellOf } from '../encode/stored-cell.ts'
import { recordBlock } from '../journal/journal.ts'
import type { Block, BlockOutcome, SourceTally } from '../model/block.ts'
import type { RejectCode } from '../model/conversion.ts'
import { MigrateError } from '../model/errors.ts'
import type { ArchiveEntry, QuarantineEntry } from '../model/journal.ts'
import type { CopyPlan } from '../model/plan.ts'
import { rejectSentences } from '../model/reject-sentences.ts'
import type { StoredCell } from '../model/storage.ts'
import type { TargetTable } from '../model/target-schema.ts'
import type { TableReader } from '../source/reader.ts'
import type { Connection } from '../target/connection.ts'
import { type CopyIn, copyIn } from '../target/copy.ts'
import { COPY_HEADER, COPY_TRAILER } from '../target/copy-binary.ts'
import { quoteIdentifier, quoteTable } from '../target/identifier.ts'
import { isRowRefusal } from '../target/pg-errors.ts'
import { type RowMatch, rowMatchOf } from '../verify/row-match.ts'

/** Bytes handed to the socket at a time: pg-copy-streams frames every chunk that it is given. */
const CHUNK_BYTES = 256 * 1024
/** Rows encoded between two looks at the chunk, and room for usual ones beyond its size. */
const ROWS_AT_ONCE = 200
const ROOM_BYTES = 64 * 1024
/** Memory of sent chunks, kept for the next ones: a block's usual 8 MB. */
const spareChunks: Buffer[] = []
const MOST_SPARE = 32

function emptyChunk(): Buffer {
  return spareChunks.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES + ROOM_BYTES)
}

/** Gives the memory of sent chunks back: once this thread has copied its last block. */
export function releaseSpareChunks(): void {
  spareChunks.length = 0
}

export type BlockCopy = {
  readonly run: string
  readonly tableId: string
  readonly copy: CopyPlan
  readonly target: TargetTable
  readonly reader: TableReader
  readonly orphans: readonly (OrphanTest | null)[]
  readonly exact: boolean
  readonly onReject: 'quarantine' | 'fail'
  /** Writes the outcome into the journal; `recordBlock` without it. */
  readonly record?: (outcome: BlockOutcome, pass: BlockPass) => Promise<void>
}

export async function copyBlock(
  connection: Connection,
  table: BlockCopy,
  block: Block,
): Promise<BlockOutcome> {
  try {
    return await copyInTransaction(connection, table, block, new Map())
  } catch (error) {
    if (!isRowRefusal(error)) throw error
    const refused = await findRefusedRows(connection, table, block)
    if (refused.size === 0) throw error
    return await copyInTransaction(connection, table, block, refused)
  }
}

/** Rows by ordinal that the server refuses, with its reason. */
export type RefusedRows = ReadonlyMap<number, string>

async function copyInTransaction(
  connection: Connection,
  table: BlockCopy,
  block: Block,
  refused: RefusedRows,
): Promise<BlockOutcome> {
  return connection.transaction(async () => {
    const pass = new BlockPass(table, block, refused)
    const stream = copyIn(connection, copyStatement(table.copy))
    try {
      await pass.sendTo(stream)
    } catch (error) {
      await stream.abort()
      throw error
    }
    const loaded = await stream.finish()
    pass.releaseMemory()
    if (loaded !== pass.encoder.sum.rows) {
      throw new Error(
        `${table.tableId}: the server took ${loaded} of ${pass.encoder.sum.rows} rows of block ${block.number}`,
      )
    }
    const outcome = pass.outcome()
    if (table.record === undefined) await recordBlock(connection, table.run, block, outcome, pass)
    else await table.record(outcome, pass)
    return outcome
  })
}

/** `into`: another table of the same columns; quoted. */
export function copyStatement(copy: CopyPlan, into = quoteTable(copy.target)): string {
  const columns = copy.columns.map((column) => quoteIdentifier(column.target)).join(', ')
  return `copy ${into} (${columns}) from stdin (format binary)`
}

/** One reading of a block: what goes to the server, and what is kept from it. */
export class BlockPass {
  readonly encoder: RowEncoder
  readonly quarantine: QuarantineEntry[] = []
  readonly archive: ArchiveEntry[] = []
  readonly #table: BlockCopy
  readonly #block: Block
  readonly #refused: RefusedRows
  readonly #out = new ByteWriter(0)
  /** Memory of the chunks on their way: the server may not have read them before the copy is finished. */
  #sent: Buffer[] = []
  readonly #sources: Map<string, { read: number; held: number; quarantined: number; excluded: number }>
  /** The table's own entry of `#sources`. */
  readonly #own: { read: number; held: number; quarantined: number; excluded: number }
  readonly #match: RowMatch | null
  #bytes = 0

  constructor(table: BlockCopy, block: Block, refused: RefusedRows) {
    this.#table = table
    this.#block = block
    this.#refused = refused
    this.encoder = new RowEncoder(table.copy, table.target, { orphans: table.orphans, exact: table.exact })
    this.#match = rowMatchOf(table.copy)
    const ids = [table.tableId, ...table.copy.folds.map((fold) => fold.tableId)]
    this.#sources = new Map(ids.map((id) => [id, { read: 0, held: 0, quarantined: 0, excluded: 0 }]))
    this.#own = this.#sources.get(table.tableId)!
    this.#out.buffer = emptyChunk()
  }

  async sendTo(stream: CopyIn): Promise<void> {
    const out = this.#out
    await stream.write(COPY_HEADER)
    await this.#read(async () => {
      if (out.position < CHUNK_BYTES) return
      this.#bytes += out.position
      await stream.write(this.#takeChunk())
    })
    this.#bytes += out.position
    await stream.write(this.#takeChunk())
    await stream.write(COPY_TRAILER)
  }

  #takeChunk(): Buffer {
    this.#sent.push(this.#out.buffer)
    return this.#out.take(emptyChunk())
  }

  /** Once the copy is finished: the next block uses the same memory. */
  releaseMemory(): void {
    for (const chunk of [...this.#sent, this.#out.buffer]) {
      const isUsual = chunk.length === CHUNK_BYTES + ROOM_BYTES
      if (isUsual && spareChunks.length < MOST_SPARE) spareChunks.push(chunk)
    }
    this.#sent = []
  }

  /** The tuples that would be sent, apart, with their ordinals: for finding the ones that the server refuses. */
  async tuples(): Promise<{ readonly ordinal: number; readonly bytes: Buffer }[]> {
    const tuples: { ordinal: number; bytes: Buffer }[] = []
    await this.#read(
      async () => {},
      (ordinal) => {
        // A copy: the writer's own buffer is large, and would be kept once a row.
        tuples.push({ ordinal, bytes: Buffer.from(this.#out.buffer.subarray(0, this.#out.position)) })
        this.#out.position = 0
      },
    )
    return tuples
  }

  outcome(): BlockOutcome {
    const sources: SourceTally[] = Array.from(this.#sources, ([tableId, tally]) => ({ tableId, ...tally }))
    const { sum } = this.encoder
    return {
      targetRows: sum.rows,
      bytes: this.#bytes,
      checksum: sum.toString(),
      sources,
      columns: this.encoder.tallies(),
    }
  }

  async #read(between: () => Promise<void>, onKept?: (ordinal: number) => void): Promise<void> {
    const reading = this.#table.reader.open(this.#block)
    const visit = (row: SourceRow): void => {
      if (this.#take(row)) onKept?.(row.ordinal)
    }
    for (let more = true; more; ) {
      more = reading.advance(ROWS_AT_ONCE, visit)
      await between()
    }
  }

  /** True when the row is kept. */
  #take(row: SourceRow): boolean {
    const own = this.#own
    if (!row.wanted) {
      own.read++
      own.excluded++
      return false
    }
    const start = this.#out.position
    const reason = this.#refused.get(row.ordinal)
    const refusal =
      reason === undefined
        ? this.encoder.encode(row, this.#out)
        : { column: null, code: 'refused-by-server' as const }
    if (refusal !== null) {
      this.#putAside(row, refusal.column, refusal.code, reason ?? null)
      return false
    }
    const members = this.encoder.memberCount
    own.read += members
    own.held += members
    if (this.#table.copy.folds.length > 0) this.#countChildren(row)
    this.#keepArchive(row, start)
    return true
  }

  #keepArchive(row: SourceRow, start: number): void {
    const { archived, archivedKind, archivedChildren } = this.encoder
    if (
      archived === null &&
      (archivedChildren.length === 0 || archivedChildren.every((rows) => rows === null))
    )
      return
    const { buffer, position } = this.#out
    const place = { ...this.#placeOf(row), targetRow: this.#match?.(buffer, start + 2, position) ?? null }
    if (archived !== null) this.archive.push({ ...place, kind: archivedKind, rows: archived })
    archivedChildren.forEach((rows, fold) => {
      const { tableId } = this.#table.copy.folds[fold]!
      if (rows !== null) this.archive.push({ ...place, tableId, kind: 'members', rows })
    })
  }

  #countChildren(row: SourceRow): void {
    this.#table.copy.folds.forEach((fold, index) => {
      const tally = this.#sources.get(fold.tableId)!
      for (const _ of row.children(index)) {
        tally.read++
        tally.held++
      }
    })
  }

  #placeOf(row: SourceRow) {
    const { key } = this.#table.copy
    const columns = this.#table.copy.read.columns
    const cells: StoredCell[] =
      key.kind === 'primary-key'
        ? key.columns.map(({ name }) => storedCellOf(row.cells[columns.indexOf(name)]!))
        : [storedCellOf(row.rowid)]
    return { tableId: this.#table.tableId, block: this.#block.number, key: cells, ordinal: row.ordinal }
  }

  /** A refused row goes to quarantine with everything that would have come with it: a group's members, a parent's children. */
  #putAside(row: SourceRow, column: string | null, code: RejectCode, reason: string | null): void {
    const { copy, tableId, onReject } = this.#table
    const place = this.#placeOf(row)
    const sentence = reason ?? rejectSentences[code]
    if (onReject === 'fail') {
      throw new MigrateError(
        'copy',
        code,
        `${tableId}, row ${row.ordinal}${column === null ? '' : `, column ${column}`}: ${sentence}.`,
        {
          hint: 'Mend the row in the source, or run again with --on-reject quarantine.',
        },
      )
    }
    const put = (
      id: string,
      nested: NestedRow | null,
      names: readonly string[],
      cells: readonly Cell[],
    ): void => {
      const tally = this.#sources.get(id)!
      tally.read++
      tally.quarantined++
      const own = id === tableId
      this.quarantine.push({
        ...place,
        tableId: id,
        ...(nested === null ? {} : { key: keyOfNested(nested), ordinal: nested.ordinal }),
        cells: cellsByName(names, cells),
        column: own ? column : null,
        code: own ? code : 'parent-refused',
        reason: own ? sentence : `its row of ${tableId} was refused: ${sentence}`,
      })
    }
    if (copy.pivot === null) put(tableId, null, copy.read.columns, row.cells)
    else for (const member of row.members()) put(tableId, member, copy.read.columns, member)
    copy.folds.forEach((fold, index) => {
      for (const child of row.children(index)) put(fold.tableId, child, fold.columns, child)
    })
  }
}

function keyOfNested({ rowid }: NestedRow): StoredCell[] {
  return rowid.storage === NULL ? [] : [storedCellOf(rowid)]
}

/** Finds the rows that the server refuses, by halves, in a transaction that is always rolled back. */
async function findRefusedRows(connection: Connection, table: BlockCopy, block: Block): Promise<RefusedRows> {
  const tuples = await new BlockPass(table, block, new Map()).tuples()
  const refused = new Map<number, string>()
  const search = async (from: number, to: number): Promise<void> => {
    const error = await refusalOf(
      connection,
      table.copy,
      tuples.slice(from, to).map(({ bytes }) => bytes),
    )
    if (error === null) return
    if (to - from === 1) {
      refused.set(tuples[from]!.ordinal, error.message)
      return
    }
    const middle = (from + to) >>> 1
    await search(from, middle)
    await search(middle, to)
  }
  await connection.execute('begin')
  try {
    if (tuples.length > 0) await search(0, tuples.length)
  } finally {
    await connection.execute('rollback')
  }
  return refused
}

async function refusalOf(
  connection: Connection,
  copy: CopyPlan,
  tuples: readonly Buffer[],
): Promise<Error | null> {
  await connection.execute('savepoint block')
  const stream = copyIn(connection, copyStatement(copy))
  try {
    await stream.write(COPY_HEADER)
    for (let at = 0; at < tuples.length; at += ROWS_AT_ONCE) {
      await stream.write(Buffer.concat(tuples.slice(at, at + ROWS_AT_ONCE)))
    }
    await stream.write(COPY_TRAILER)
    await stream.finish()
    await connection.execute('release savepoint block')
    return null
  } catch (error) {
    if (!isRowRefusal(error) || !(error instanceof Error)) throw error
    await connection.execute('rollback to savepoint block')
    return error
  }
}

function cellsByName(names: readonly string[], cells: SourceRow['cells']): Record<string, StoredCell> {
  return Object.fromEntries(names.map((name, index) => [name, storedCellOf(cells[index]!)]))
}
