/**
 * Loads rows out of quarantine. Invariant: the transaction that loads a row also removes it from quarantine and changes its block's
 * outcome, so that the sums agree at every moment; a row that is refused again stays as it was.
 */

import { isDeepStrictEqual } from 'node:util'
import type { BlockCopy } from '../../copy/block-pass.ts'
import { copyBlock } from '../../copy/copy-block.ts'
import { CreatedIds } from '../../copy/created-ids.ts'
import type { SourceRow } from '../../encode/cell/cell.ts'
import { addTallies } from '../../encode/numbers/column-tally.ts'
import { sourceOrdinals } from '../../encode/rows/row-entries.ts'
import { RowSum } from '../../encode/rows/row-hash.ts'
import type { BlockBook } from '../../journal/block-book.ts'
import { amendBlock } from '../../journal/blocks.ts'
import { readEditedRows, writeEditedRows } from '../../journal/edited-rows.ts'
import { listQuarantine, writeArchive } from '../../journal/entries.ts'
import { deleteQuarantine } from '../../journal/remove-entries.ts'
import type { RetriedRejects } from '../../model/answers.ts'
import type { BlockOutcome } from '../../model/block.ts'
import { MigrateError } from '../../model/errors.ts'
import { fileReason } from '../../model/file-error.ts'
import type { BlockRecord, EditedRow, QuarantineEntry } from '../../model/journal.ts'
import { type CopyPlan, copyPlanOf, type TablePlan } from '../../model/plan.ts'
import { MOST_TEXT_BYTES, readNamedFile } from '../../own-files/named-file.ts'
import type { WorkerData } from '../../rows/worker-data.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { lockTarget, unlockTarget } from '../../target/connection/run-lock.ts'
import { openBlockCopy } from '../load/open-block-copy.ts'

type RetryWork = Pick<WorkerData, 'run' | 'plan' | 'snapshots' | 'orphans' | 'staging'> & {
  readonly book: BlockBook
}

/** `file`: lines of `rejects export` with some cells edited; null to retry all rows as they are. */
export async function retryRejects(
  connection: Connection,
  work: RetryWork,
  file: string | null,
): Promise<RetriedRejects> {
  await lockTarget(connection)
  try {
    const known = await Array.fromAsync(listQuarantine(connection, work.run))
    const chosen = file === null ? known.map((entry) => ({ entry, edits: null })) : readEdits(file, known)
    const editedBefore = await readEditedRows(connection, work.run)
    let loaded = 0
    const left: RetriedRejects['left'][number][] = []
    for (const table of work.plan.tables) {
      const own = chosen.filter(({ entry }) => entry.tableId === table.id)
      if (own.length === 0) continue
      if (table.fate.kind !== 'copy') {
        const parents = new Set(chosen.map(({ entry }) => entry.tableId))
        const into = table.fate.kind === 'fold' ? table.fate.into : ''
        // A child row is loaded together with its parent when that is retried too.
        left.push(
          ...own
            .map(({ entry }) => entry)
            .filter(({ code }) => code !== 'parent-refused' || !parents.has(into)),
        )
        continue
      }
      const copy = copyPlanOf(table)
      const edits = own.flatMap(({ edits }) => (edits === null ? [] : [edits]))
      for (const edit of edits) refuseUnfit(edit, copy)
      for (const [number, rows] of Map.groupBy(own, ({ entry }) => entry.block)) {
        const record = work.book.records.find(
          ({ block }) => block.tableId === table.id && block.number === number,
        )
        if (record === undefined) {
          // The following refused this row, not the run: it is loaded when the source or the target changes.
          left.push(...rows.map(({ entry }) => entry))
          continue
        }
        const result = await retryBlock(connection, work, table, record, {
          entries: rows.map(({ entry }) => entry),
          known,
          edits,
          editedBefore: editedBefore.filter(({ tableId }) => tableId === table.id),
        })
        loaded += result.loaded
        left.push(...result.left)
      }
    }
    return { loaded, left }
  } finally {
    if (connection.lost === null) await unlockTarget(connection)
  }
}

type Chosen = {
  readonly entries: readonly QuarantineEntry[]
  readonly known: readonly QuarantineEntry[]
  readonly edits: readonly EditedRow[]
  readonly editedBefore: readonly EditedRow[]
}

async function retryBlock(
  connection: Connection,
  work: RetryWork,
  table: TablePlan,
  { block, outcome }: BlockRecord,
  { entries, known, edits, editedBefore }: Chosen,
): Promise<RetriedRejects> {
  const { run } = work
  const copy = copyPlanOf(table)
  const ordinals = new Set(entries.map(({ ordinal }) => ordinal))
  const entryKey = (tableId: string, ordinal: number): string => `${ordinal} ${tableId}`
  const met = new Set<string>()
  const isChosen = (row: SourceRow): boolean => {
    const own = sourceOrdinals(copy, row)
    if (!own.some((ordinal) => ordinals.has(ordinal))) return false
    for (const ordinal of own) met.add(entryKey(table.id, ordinal))
    copy.folds.forEach((fold, index) => {
      for (const child of row.children(index)) met.add(entryKey(fold.tableId, child.ordinal))
    })
    return true
  }
  const edited = new Set(edits.map(({ ordinal }) => ordinal))
  const cells = [...editedBefore.filter(({ ordinal }) => !edited.has(ordinal)), ...edits]
  const oids = new CreatedIds(connection, run)
  const copied = openBlockCopy({ ...work, edited: cells }, table, oids, isChosen)
  let refused: readonly QuarantineEntry[] = []
  let loaded: readonly QuarantineEntry[] = []
  const record: BlockCopy['record'] = async (added, pass) => {
    refused = pass.quarantine
    const still = new Set(refused.map(({ tableId, ordinal }) => entryKey(tableId, ordinal)))
    loaded = known.filter(({ tableId, ordinal }) => {
      const place = entryKey(tableId, ordinal)
      return met.has(place) && !still.has(place)
    })
    await deleteQuarantine(connection, run, loaded)
    await writeArchive(connection, run, pass.archive)
    const isLoaded = new Set(loaded.map(({ ordinal, tableId }) => entryKey(tableId, ordinal)))
    await writeEditedRows(
      connection,
      run,
      edits.filter(({ tableId, ordinal }) => isLoaded.has(entryKey(tableId, ordinal))),
    )
    await amendBlock(connection, run, block, addOutcome(outcome!, added))
  }
  try {
    await copyBlock(connection, { ...copied, onReject: 'quarantine', record }, block)
  } finally {
    copied.reader.close()
  }
  return { loaded: loaded.length, left: refused }
}

/** Adds the retried rows to a block's outcome; rows that are refused again do not change it. */
function addOutcome(old: BlockOutcome, added: BlockOutcome): BlockOutcome {
  const sum = new RowSum()
  sum.addSum(old.checksum, old.targetRows)
  sum.addSum(added.checksum, added.targetRows)
  return {
    targetRows: sum.rows,
    bytes: old.bytes + added.bytes,
    checksum: sum.toString(),
    sources: old.sources.map((tally) => {
      const held = added.sources.find(({ tableId }) => tableId === tally.tableId)?.held ?? 0
      return { ...tally, held: tally.held + held, quarantined: tally.quarantined - held }
    }),
    columns: added.columns.map((tally) => {
      const before = old.columns.find(({ target }) => target === tally.target)
      return before === undefined ? tally : addTallies(before, tally)
    }),
  }
}

type Edited = { readonly entry: QuarantineEntry; readonly edits: EditedRow | null }

function readEdits(file: string, known: readonly QuarantineEntry[]): readonly Edited[] {
  const lines = readLines(file)
  return lines.map(({ line, number }) => {
    const where = `${file}, line ${number}`
    const given = parseEntry(line, where)
    const entry = known.find(
      ({ tableId, ordinal, key }) =>
        tableId === given.tableId && ordinal === given.ordinal && isDeepStrictEqual(key, given.key),
    )
    if (entry === undefined) {
      throw usage(
        'no-such-reject',
        `${where}: there is no such row in quarantine.`,
        'Export again: gpt-migrate rejects export.',
      )
    }
    const names = Object.keys(given.cells).filter(
      (name) => !isDeepStrictEqual(given.cells[name], entry.cells[name]),
    )
    for (const name of names) {
      if (!Object.hasOwn(entry.cells, name))
        throw usage('no-such-column', `${where}: the row has no column "${name}".`)
      if (!isStoredCell(given.cells[name])) {
        throw usage(
          'not-a-cell',
          `${where}: "${name}" is no cell.`,
          'A cell is null, {"integer": "5"}, {"real": "1.5"}, {"text": "…"} or {"blob": "base64"}.',
        )
      }
    }
    if (names.length === 0) return { entry, edits: null }
    const pick = (cells: QuarantineEntry['cells']) =>
      Object.fromEntries(names.map((name) => [name, cells[name]!]))
    const { tableId, ordinal } = entry
    return { entry, edits: { tableId, ordinal, cells: pick(given.cells), originals: pick(entry.cells) } }
  })
}

function readLines(file: string): readonly { readonly line: string; readonly number: number }[] {
  let text: string
  try {
    text = readNamedFile(file, MOST_TEXT_BYTES).toString('utf8')
  } catch (error) {
    throw usage('file-unreadable', `${file} cannot be read: ${fileReason(error)}.`)
  }
  return text
    .split('\n')
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim() !== '')
}

function parseEntry(
  line: string,
  where: string,
): Pick<QuarantineEntry, 'tableId' | 'ordinal' | 'key' | 'cells'> {
  try {
    const entry: unknown = JSON.parse(line)
    if (
      typeof entry === 'object' &&
      entry !== null &&
      'cells' in entry &&
      typeof entry.cells === 'object' &&
      entry.cells !== null
    )
      return entry as QuarantineEntry
  } catch {
    // Reported below.
  }
  throw usage('not-a-reject', `${where} is no row of rejects export.`)
}

function isStoredCell(cell: unknown): boolean {
  if (cell === null) return true
  if (typeof cell !== 'object' || cell === undefined) return false
  const [[kind, value] = [], ...more] = Object.entries(cell)
  if (more.length > 0 || typeof value !== 'string') return false
  switch (kind) {
    case 'integer':
      return /^-?\d{1,19}$/.test(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value)
    case 'real':
      return value !== '' && !Number.isNaN(Number(value))
    case 'text':
    case 'textBase64':
    case 'blob':
      return true
    default:
      return false
  }
}

/** Refuses edits that would not carry through to what the row determines: its key, its children, expressions. */
function refuseUnfit({ cells, tableId, ordinal }: EditedRow, copy: CopyPlan): void {
  const row = `${tableId}, row ${ordinal}`
  if (copy.pivot !== null) {
    throw usage(
      'edit-of-pivot',
      `${row}: a row that is pivoted into another one can't be edited here.`,
      'Correct it in the target.',
    )
  }
  const { key } = copy
  const keys =
    key.kind === 'primary-key'
      ? key.columns.map(({ name }) => name)
      : key.kind === 'rowid'
        ? [key.column]
        : []
  const parents = copy.folds.map(({ parentColumn }) => parentColumn)
  for (const name of Object.keys(cells)) {
    const isUsed = copy.read.expressions.some((expression) => expression.includes(quoteSqlite(name)))
    if (keys.includes(name) || parents.includes(name) || isUsed) {
      throw usage(
        'edit-of-key',
        `${row}: "${name}" says which row it is, or what it refers to, and can't be edited here.`,
        'Correct it in the source and move it again.',
      )
    }
  }
}

function usage(code: string, message: string, hint?: string): MigrateError {
  return new MigrateError('usage', code, message, hint === undefined ? {} : { hint })
}
