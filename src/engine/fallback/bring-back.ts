/**
 * One round of the way back: writes what changed in PostgreSQL since the last round into the files. Invariant: rows are read in the snapshot
 * that shows which of them changed, and that snapshot's entries are removed only after the files are on disk: after a kill at any point a
 * round is repeated, and a repeated round changes nothing.
 */

import { type CapturedTable, renewTriggers } from '../journal/capture-triggers.ts'
import { type ChangeCapture, noteBroughtBack } from '../journal/change-capture.ts'
import { countChanges, forgetChanges } from '../journal/noted-changes.ts'
import type { BroughtBackTable } from '../model/event.ts'
import { refuseChangedTables } from '../rows/refuse-changed-tables.ts'
import { quoteIdentifier, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { beginSteadySnapshot } from '../target/connection/steady-snapshot.ts'
import { copyOut } from '../target/copy/copy-out.ts'
import { holdForReading } from '../target/guards/foreign-names.ts'
import { ownRowsConditions, whereAll } from '../target/tables/own-rows.ts'
import { hasAside } from './aside-rows.ts'
import type { FallbackFolder } from './folder.ts'
import type { MappedRow } from './row-map.ts'
import type { SyncedTable, TableChange } from './synced-tables.ts'
import { TableSync } from './table-sync.ts'
import { matchOfKey, type TargetRow, TupleReader } from './target-row.ts'

export type Round = {
  readonly connection: Connection
  readonly folder: FallbackFolder
  readonly capture: ChangeCapture
  readonly tables: readonly SyncedTable[]
  /** The run whose rows to read in tables that other runs fill, too. */
  readonly run: string
  /** Records the moment up to which the files are current even when nothing has changed. */
  readonly recordsMoment?: boolean
}

const CHANGE_IT_BACK =
  'The files are as of the last round, and nothing noted since is lost. Change it back, then run the same command again; or give the way back up: gpt-migrate fallback --end.'

/**
 * `whole` selects tables to compare in full, whatever changes were captured. Returns the tables in which something changed; null when no
 * change was captured. Throws `target-changed`, without changing anything, when a table is no longer as the run made it.
 */
export async function bringBack(
  round: Round,
  whole: (table: CapturedTable) => boolean,
): Promise<readonly BroughtBackTable[] | null> {
  const { connection, capture } = round
  await renewTriggers(connection, capture.tables)
  const names = capture.tables.map(({ target }) => target)
  await beginSteadySnapshot(connection, names, 'read write')
  try {
    const brought = await bringBackInSnapshot(round, whole)
    await connection.execute('commit')
    return brought
  } catch (error) {
    if (connection.lost === null) await connection.execute('rollback').catch(() => undefined)
    throw error
  }
}

/** The same in the caller's transaction, which locks the tables against changes and whose snapshot is taken after that. */
export async function bringBackInSnapshot(
  round: Round,
  whole: (table: CapturedTable) => boolean,
): Promise<readonly BroughtBackTable[] | null> {
  const { connection, folder, capture, tables } = round
  await refuseChangedTables(connection, tables, CHANGE_IT_BACK)
  const noted = await countChanges(connection)
  const changes: { readonly sync: TableSync; readonly change: TableChange }[] = []
  for (const captured of capture.tables) {
    const entry = noted.find(({ capture: number }) => number === captured.number)
    const comparesAll =
      whole(captured) || entry?.whole === true || isAside(folder, tables, captured, entry !== undefined)
    if (!comparesAll && entry === undefined) continue
    await holdForReading(connection, [captured.target])
    for (const table of tables) {
      if (quoteTable(table.copy.target) !== quoteTable(captured.target)) continue
      const change = comparesAll
        ? await compareAllRows(round, table)
        : await readChanged(round, table, captured)
      if (change.present.length > 0 || change.gone.length > 0)
        changes.push({ sync: new TableSync(folder.db, table), change })
    }
  }
  if (noted.length === 0 && changes.length === 0) {
    if (round.recordsMoment === true) await noteBroughtBack(connection)
    return null
  }
  const outcomes = folder.transaction(() => {
    for (const { sync, change } of changes) sync.recordIds(change)
    return changes.map(({ sync, change }) => sync.apply(change))
  })
  if (noted.length > 0) await forgetChanges(connection)
  await noteBroughtBack(connection)
  return outcomes.filter(
    ({ inserted, updated, deleted, lost }) => inserted + updated + deleted + lost.length > 0,
  )
}

/** Whether a changed table has refused rows, which are then tried again. */
function isAside(
  { db }: FallbackFolder,
  tables: readonly SyncedTable[],
  captured: CapturedTable,
  isChanged: boolean,
): boolean {
  if (!isChanged) return false
  return tables.some(
    ({ plan, copy }) => quoteTable(copy.target) === quoteTable(captured.target) && hasAside(db, plan.id),
  )
}

async function readChanged(
  { connection, run }: Round,
  table: SyncedTable,
  captured: CapturedTable,
): Promise<TableChange> {
  const { copy, map } = table
  const types = await typesOf(connection, table, captured.key)
  const keys = captured.key
    .map((name, index) => `(c.key ->> ${index})::${types[index]} as ${quoteIdentifier(name)}`)
    .join(', ')
  const changed = `(select distinct ${keys} from gpt_migrate.changed c where c.capture = ${captured.number})`
  const names = captured.key.map(quoteIdentifier)
  const present = new Map<string, { row: TargetRow; known: MappedRow | null }>()
  const columns = copy.columns.map(({ target }) => quoteIdentifier(target))
  await readRows(
    connection,
    table,
    `select ${columns.map((name) => `r.${name}`).join(', ')}
       from ${changed} k
       join (select ${columns.join(', ')} from ${quoteTable(copy.target)}${whereAll(rowsOfPlan(copy, run))}) r
         on ${names.map((name) => `r.${name} = k.${name}`).join(' and ')}`,
    (row) => present.set(row.match, { row, known: map.find(row.match) }),
  )
  const gone: MappedRow[] = []
  await copyOut(
    connection,
    `copy (select ${names.map((name) => `k.${name}`).join(', ')} from ${changed} k) to stdout (format binary)`,
    (buffer, start, end) => {
      const match = matchOfKey(buffer.subarray(start, end))
      if (present.has(match)) return
      const known = map.find(match)
      if (known !== null) gone.push(known)
    },
  )
  return { present: [...present.values()].filter(isChange), gone }
}

/** Returns the types of the key columns, by which the captured text of keys is read. */
async function typesOf(
  connection: Connection,
  { copy }: SyncedTable,
  names: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await connection.query<{ type: string }>(
    `select format_type(a.atttypid, a.atttypmod) as type
       from unnest($2::text[]) with ordinality as w (name, place)
       join pg_attribute a on a.attrelid = $1::regclass and a.attname = w.name
      order by w.place`,
    [quoteTable(copy.target), names],
  )
  return rows.map(({ type }) => type)
}

async function compareAllRows({ connection, folder, run }: Round, table: SyncedTable): Promise<TableChange> {
  const { copy, map } = table
  const present: { row: TargetRow; known: MappedRow | null }[] = []
  // The comparison uses a temporary table: one transaction, so that its changes are not committed row by row.
  folder.db.exec('begin')
  try {
    const comparison = map.comparison()
    await readRows(
      connection,
      table,
      `select ${copy.columns.map(({ target }) => quoteIdentifier(target)).join(', ')}
       from ${quoteTable(copy.target)}${whereAll(rowsOfPlan(copy, run))}`,
      (row) => {
        const change = { row, known: comparison.take(row.match) }
        // Earlier rows of the table were never in SQLite; new ones are captured one by one.
        const isOthers = change.known === null && copy.among?.kind === 'earlier'
        if (isChange(change) && !isOthers) present.push(change)
      },
    )
    return { present, gone: comparison.left() }
  } finally {
    folder.db.exec('rollback')
  }
}

/** Returns no conditions for a table with earlier rows: a row of the run that another program changes no longer shows its run. */
function rowsOfPlan(copy: SyncedTable['copy'], run: string): readonly string[] {
  return copy.among?.kind === 'origins' ? ownRowsConditions(copy, run) : []
}

const isChange = ({ row, known }: { readonly row: TargetRow; readonly known: MappedRow | null }): boolean =>
  known === null || known.sum !== row.sum

async function readRows(
  connection: Connection,
  { copy }: SyncedTable,
  select: string,
  onRow: (row: TargetRow) => void,
): Promise<void> {
  const tuples = new TupleReader(copy)
  await copyOut(connection, `copy (${select}) to stdout (format binary)`, (buffer, start, end) => {
    onRow(tuples.read(buffer.subarray(start, end)))
  })
}
