/**
 * One pass over a block: the rows for the server, and the entries for quarantine and archive. Invariant: every row that is read is counted
 * exactly once, as held, quarantined or excluded.
 */
import { ByteWriter } from '../encode/cell/byte-writer.ts'
import type { SourceRow } from '../encode/cell/cell.ts'
import type { OrphanTests } from '../encode/cell/orphan-test.ts'
import { REFUSED_BY_SERVER, type Refusal, RowEncoder } from '../encode/rows/row-encoder.ts'
import { RowEntries, sourceOrdinals } from '../encode/rows/row-entries.ts'
import type { Block, BlockOutcome, SourceTally } from '../model/block.ts'
import { MigrateError } from '../model/errors.ts'
import type { ArchiveEntry, QuarantineEntry } from '../model/journal.ts'
import type { CopyPlan } from '../model/plan.ts'
import { rejectSentences } from '../model/reject-sentences.ts'
import type { TargetTable } from '../model/target-schema.ts'
import { PageEncoder } from '../page-encoder/page-encoder.ts'
import type { RefusedRows } from '../rows/refused-rows.ts'
import { type RowMatch, rowMatchOf } from '../rows/row-match.ts'
import type { Tuple } from '../rows/send-tuples.ts'
import type { TableReader, TakeRows } from '../source/base/reader.ts'
import { COPY_HEADER, COPY_TRAILER } from '../target/copy/copy-binary.ts'
import type { CopyIn } from '../target/copy/copy-in.ts'
import { CHUNK_BYTES, emptyChunk, reuseChunk } from './chunks.ts'

/** Rows encoded before the chunk's size is checked again: at first, and at most. */
const FIRST_ROWS = 16
const MOST_ROWS = 200

export type BlockCopy = {
  readonly run: string
  readonly tableId: string
  readonly copy: CopyPlan
  readonly target: TargetTable
  readonly reader: TableReader
  readonly orphans: OrphanTests
  readonly exact: boolean
  /** As in `RowEncoderOptions`. */
  readonly unchanged?: ReadonlySet<string>
  readonly onReject: 'quarantine' | 'fail'
  /** The plan by which rows are judged, when the columns sent differ from the final ones. */
  readonly judgedBy?: CopyPlan
  /** Rows that are not sent although the server would accept them at first. */
  readonly keptOut?: RefusedRows
  /** Returns the object id of the target table as the run created it; null when the journal does not have it. */
  readonly oid: () => Promise<string | null>
  /** Writes the outcome into the journal; `recordBlock` by default. */
  readonly record?: (outcome: BlockOutcome, pass: BlockPass) => Promise<void>
}

export class BlockPass {
  readonly encoder: RowEncoder
  readonly quarantine: QuarantineEntry[] = []
  readonly archive: ArchiveEntry[] = []
  readonly #table: BlockCopy
  readonly #block: Block
  readonly #refused: RefusedRows
  readonly #out = new ByteWriter(0)
  readonly #judge: RowEncoder | null
  readonly #sources: Map<string, { read: number; held: number; quarantined: number; excluded: number }>
  /** The table's own tally in `#sources`. */
  readonly #own: { read: number; held: number; quarantined: number; excluded: number }
  readonly #match: RowMatch | null
  readonly #entries: RowEntries
  #bytes = 0

  constructor(table: BlockCopy, block: Block, refused: RefusedRows) {
    this.#table = table
    this.#block = block
    this.#refused = refused
    const { copy, judgedBy, target, orphans, exact, unchanged } = table
    this.encoder = new RowEncoder(copy, target, { orphans, exact, unchanged })
    this.#judge = judgedBy === undefined ? null : new RowEncoder(judgedBy, target, { orphans, exact })
    this.#match = rowMatchOf(table.copy)
    this.#entries = new RowEntries(table.tableId, table.copy, block.number)
    const ids = [table.tableId, ...table.copy.folds.map((fold) => fold.tableId)]
    this.#sources = new Map(ids.map((id) => [id, { read: 0, held: 0, quarantined: 0, excluded: 0 }]))
    this.#own = this.#sources.get(table.tableId)!
    this.#out.buffer = emptyChunk()
  }

  async sendTo(stream: CopyIn): Promise<void> {
    const out = this.#out
    // With the rows: a block of few is one message.
    out.bytes(COPY_HEADER, 0, COPY_HEADER.length)
    await this.#read(
      async () => {
        if (out.position >= CHUNK_BYTES || out.longs.length > 0) await this.#send(stream)
      },
      (row) => {
        this.#take(row)
        // The encoded bytes are a copy.
        row.forget()
      },
      this.#takePlainRows(),
    )
    out.bytes(COPY_TRAILER, 0, COPY_TRAILER.length)
    await this.#send(stream)
    reuseChunk(out.buffer)
    this.#bytes -= COPY_HEADER.length + COPY_TRAILER.length
  }

  async #send(stream: CopyIn): Promise<void> {
    const out = this.#out
    if (out.longs.length === 0) {
      const chunk = out.buffer
      const sent = out.take(emptyChunk())
      this.#bytes += sent.length
      await stream.write(sent, () => reuseChunk(chunk))
      return
    }
    for (const part of out.parts(0)) await this.#sendCopyOf(stream, part)
    out.takeBack(0)
  }

  async #sendCopyOf(stream: CopyIn, part: Buffer): Promise<void> {
    for (let at = 0; at < part.length; at += CHUNK_BYTES) {
      const chunk = emptyChunk()
      const count = part.copy(chunk, 0, at, at + CHUNK_BYTES)
      this.#bytes += count
      await stream.write(chunk.subarray(0, count), () => reuseChunk(chunk))
    }
  }

  /** Returns the tuples one by one with their ordinals, to find those that the server refuses. */
  async tuples(): Promise<Tuple[]> {
    const tuples: Tuple[] = []
    await this.#read(
      async () => {},
      (row) => {
        if (!this.#take(row)) return
        const ordinal = sourceOrdinals(this.#table.copy, row)[0]!
        // A copy, because the writer's own buffer is large and would be kept for each row.
        tuples.push({ ordinal, bytes: Buffer.from(this.#out.whole(0)) })
        this.#out.takeBack(0)
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

  async #read(between: () => Promise<void>, visit: (row: SourceRow) => void, take?: TakeRows): Promise<void> {
    const reading = this.#table.reader.open(this.#block)
    const out = this.#out
    let rows = FIRST_ROWS
    for (let more = true; more; ) {
      const start = out.position
      more = reading.advance(rows, visit, take)
      // Fewer large rows, so that the chunk hardly grows.
      rows = out.position - start > CHUNK_BYTES / 2 ? Math.ceil(rows / 2) : Math.min(rows * 2, MOST_ROWS)
      await between()
    }
  }

  /** Returns a function that encodes rows directly from pages; undefined when each row must be examined. */
  #takePlainRows(): TakeRows | undefined {
    const { copy, target, orphans, exact, unchanged, reader } = this.#table
    if (reader.stored === null || this.#refused.size > 0 || this.#judge !== null) return undefined
    const plain = PageEncoder.of(copy, target, { orphans, exact, unchanged }, reader.stored)
    if (plain === null) return undefined
    const own = this.#own
    return (rows, from, to, ordinal) => {
      const next = plain.take(rows, [from, to], ordinal, this.encoder, this.#out)
      own.read += next - from
      own.held += next - from
      return next
    }
  }

  /** Encodes a row. Returns true when it is held. */
  #take(row: SourceRow): boolean {
    const own = this.#own
    if (!row.wanted) {
      own.read++
      own.excluded++
      return false
    }
    const start = this.#out.position
    const reason = this.#reasonOfServer(row)
    const refusal = reason === null ? this.#refusalOf(row) : REFUSED_BY_SERVER
    if (refusal !== null) {
      this.#putAside(row, refusal, reason)
      return false
    }
    const members = this.encoder.memberCount
    own.read += members
    own.held += members
    if (this.#table.copy.folds.length > 0) this.#countChildren(row)
    if (this.encoder.isArchived) {
      const match = this.#match?.(this.#out.whole(start + 2)) ?? null
      this.archive.push(...this.#entries.ofKept(row, this.encoder, match))
    }
    return true
  }

  /** Encodes the row. Returns null, or the reason why it is refused. */
  #refusalOf(row: SourceRow): Refusal | null {
    if (this.#judge !== null) {
      const start = this.#out.position
      const refusal = this.#judge.encode(row, this.#out)
      if (refusal !== null) return refusal
      this.#out.takeBack(start)
    }
    return this.encoder.encode(row, this.#out)
  }

  /** Returns the server's reason for refusing the row; null when it accepts it. */
  #reasonOfServer(row: SourceRow): string | null {
    if (this.#refused.size === 0) return null
    const refused = sourceOrdinals(this.#table.copy, row).find((ordinal) => this.#refused.has(ordinal))
    return refused === undefined ? null : this.#refused.get(refused)!
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

  #putAside(row: SourceRow, refusal: Refusal, reason: string | null): void {
    const { tableId, onReject } = this.#table
    const { column, code } = refusal
    if (onReject === 'fail') {
      const sentence = reason ?? rejectSentences[code]
      throw new MigrateError(
        'copy',
        code,
        `${tableId}, row ${row.ordinal}${column === null ? '' : `, column ${column}`}: ${sentence}.`,
        {
          hint: 'Correct the row in the source, or run again with --on-reject quarantine.',
        },
      )
    }
    for (const entry of this.#entries.ofRefused(row, refusal, reason)) {
      const tally = this.#sources.get(entry.tableId)!
      tally.read++
      tally.quarantined++
      this.quarantine.push(entry)
    }
  }
}
