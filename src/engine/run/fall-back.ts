/**
 * Keeps SQLite files in the old layout current from PostgreSQL, for as long as a way back is wanted. Invariant: nothing is written to a
 * folder that a run moved databases from, and the target's tables are only read.
 */

import { randomUUID } from 'node:crypto'
import { existsSync, realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { now, type RunContext, runPhase } from '../events/run-context.ts'
import { bringBack, type Round } from '../fallback/bring-back.ts'
import { FallbackFolder } from '../fallback/folder.ts'
import { mapSourceRows, openSyncedTables } from '../fallback/synced-tables.ts'
import type { CapturedTable } from '../journal/capture-triggers.ts'
import {
  type ChangeCapture,
  createChangeCapture,
  dropChangeCapture,
  readChangeCapture,
  takeConsumer,
} from '../journal/change-capture.ts'
import { readEditedRows } from '../journal/edited-rows.ts'
import { listQuarantine } from '../journal/entries.ts'
import { readFollow } from '../journal/follow.ts'
import { readForwards, withPresentSources } from '../journal/forward.ts'
import { listRuns, readRun } from '../journal/journal.ts'
import type { EndedFallback, FellBack, UnsyncedTable } from '../model/answers.ts'
import { MigrateError } from '../model/errors.ts'
import type { BroughtBackTable } from '../model/event.ts'
import type { RunRecord } from '../model/journal.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { firstDistributed } from '../plan/distribution/table-facts.ts'
import { errorCode } from '../source/base/error-code.ts'
import { verifySnapshot } from '../source/snapshot/snapshot.ts'
import type { TargetAddress } from '../target/address.ts'
import { type Connection, connect } from '../target/connection.ts'
import { mayPass } from '../target/pg-errors.ts'
import { openFollowedFiles } from './followed-files.ts'
import { chosenRun, gather, type LaterRequest, onTarget, refuseUnfinished } from './past-runs.ts'

export type FallBackRequest = LaterRequest & {
  readonly folder: string
  /** One round, then the end. */
  readonly once: boolean
}

/** Between two looks at what was noted. */
const EVERY_MS = 500
/** Between two comparisons of tables that take no triggers. */
const COMPARE_EVERY_MS = 60_000
/** How often the moment of files is noted for which nothing changes. */
const NOTE_EVERY_MS = 5_000
const LONGEST_WAIT_MS = 30_000
const MOST_NAMED = 100

export async function fallBack(request: FallBackRequest, context: RunContext): Promise<FellBack> {
  return onTarget(request.target, async (connection, address) => {
    const fallback = await openFallback(connection, request, context)
    const { opened, round, unsynced, mustCompare, folder } = fallback
    try {
      context.emit({ type: 'fallback-started', run: round.run, folder, at: now() })
      const keeper = new Keeper(round, { mustCompare, address, context })
      const answer = await keeper.keep(connection, request.once)
      const aside = opened.listAside()
      const { files } = opened
      opened.close()
      return {
        run: round.run,
        folder,
        files,
        ...answer,
        aside: aside.slice(0, MOST_NAMED).map(({ tableId, reason }) => ({ tableId, reason })),
        asideCount: aside.length,
        unsynced,
      }
    } catch (error) {
      opened.abandon()
      throw error
    }
  })
}

export type OpenFallback = {
  /** Absolute. */
  readonly folder: string
  readonly opened: FallbackFolder
  readonly round: Omit<Round, 'connection'>
  readonly unsynced: readonly UnsyncedTable[]
  /** Changes may have been missed: the first round compares all tables whole. */
  readonly mustCompare: boolean
}

/** Makes or opens the folder, has changes noted from now on, and takes them over. The caller closes or abandons what it opened. */
export async function openFallback(
  connection: Connection,
  request: LaterRequest & { readonly folder: string },
  context: RunContext,
): Promise<OpenFallback> {
  const record = await withPresentSources(connection, await chosenRun(connection, request.run))
  await refuseUnfinished(connection, record.run, 'bring back')
  refuseDistributed(record)
  await refuseFollowed(connection, record.run)
  const folder = resolve(request.folder)
  await refuseSourceFolder(connection, folder)
  await lockFallback(connection)
  const capture = await connection.transaction(() => createChangeCapture(connection, record))
  if (capture.run !== record.run) throw capturesAnother(capture, record)
  if (capture.state !== 'current') throw movedBack(capture)
  const isThere = FallbackFolder.isReady(folder, record.run)
  const { bases, release } = isThere ? { bases: [], release: () => {} } : await basesOf(connection, record)
  let opened: FallbackFolder | null = null
  try {
    const made = FallbackFolder.open(folder, record.run, record.catalogs, bases)
    opened = made.opened
    const { tables, unsynced } = openSyncedTables(opened, record)
    if (made.isNew) await mapRows(connection, record, opened, tables, bases, context)
    const mustCompare = await takeOver(connection, opened, capture)
    return {
      folder,
      opened,
      round: { folder: opened, capture, tables, run: record.run },
      unsynced,
      mustCompare,
    }
  } catch (error) {
    opened?.abandon()
    throw error
  } finally {
    release()
  }
}

/** While sources are followed PostgreSQL has nothing that they lack. */
async function refuseFollowed(connection: Connection, run: string): Promise<void> {
  const follow = await readFollow(connection, run)
  if (follow === null || follow.state === 'cut-over' || follow.state === 'fallen-back') return
  throw new MigrateError(
    'copy',
    'still-following',
    `Run ${run} is ${follow.state}: the application writes to SQLite, and there is nothing to bring back.`,
    { hint: 'gpt-migrate cutover moves the application to PostgreSQL.' },
  )
}

/** The application works on the files: they are a source now. */
export function movedBack({ folder }: ChangeCapture): MigrateError {
  return new MigrateError(
    'target',
    'moved-back',
    `The application was moved back to the files in ${folder ?? 'a folder'}: they are not written any more, and PostgreSQL takes no writes.`,
    { hint: 'gpt-migrate cutover --back --keep postgres makes PostgreSQL its database again.' },
  )
}

/** Ends the capture of changes: triggers, functions and tables of it are dropped. The files stay as they are. */
export async function endFallback(
  request: LaterRequest & { readonly dryRun: boolean },
): Promise<EndedFallback> {
  return onTarget(request.target, async (connection) => {
    const capture = await readChangeCapture(connection)
    if (capture === null) return { run: null, tables: 0, pending: 0 }
    if (capture.state !== 'current') throw movedBack(capture)
    const { pending } = await connection.queryOne<{ pending: number }>(
      'select count(*)::float8 as pending from gpt_migrate.changed',
    )
    if (!request.dryRun) await connection.transaction(() => dropChangeCapture(connection))
    return { run: capture.run, tables: capture.tables.length, pending }
  })
}

/**
 * The files as they were when PostgreSQL took over: those of the following's last round, where nothing works on them, else the run's
 * snapshots: the first round compares all tables whole, so an older state is only slower.
 */
async function basesOf(
  connection: Connection,
  record: RunRecord,
): Promise<{ readonly bases: readonly Snapshot[]; readonly release: () => void }> {
  const followed = await openFollowedFiles(connection, record)
  if (followed !== null) return { bases: followed.snapshots, release: followed.release }
  for (const snapshot of record.snapshots) await verifySnapshot(snapshot)
  return { bases: record.snapshots, release: () => {} }
}

async function mapRows(
  connection: Connection,
  record: RunRecord,
  folder: FallbackFolder,
  tables: Round['tables'],
  bases: readonly Snapshot[],
  context: RunContext,
): Promise<void> {
  const quarantine = await gather(listQuarantine(connection, record.run))
  const edited = await readEditedRows(connection, record.run)
  await runPhase(context, 'export', tables.length, 'table', async (progress) => {
    folder.transaction(() => {
      mapSourceRows(folder, record, tables, bases, { quarantine, edited }, progress)
      folder.set('consumer', randomUUID())
      folder.set('ready', 'yes')
    })
  })
}

/** Declares this folder the one that takes the noted changes; true when it may have missed some. */
async function takeOver(
  connection: Connection,
  folder: FallbackFolder,
  capture: ChangeCapture,
): Promise<boolean> {
  const own = folder.get('consumer')!
  const before = await connection.transaction(() => takeConsumer(connection, own))
  return before !== own || folder.get('token') !== capture.token
}

class Keeper {
  readonly #round: Omit<Round, 'connection'>
  readonly #address: TargetAddress
  readonly #context: RunContext
  readonly #totals = new Map<string, BroughtBackTable>()
  #mustCompare: boolean
  #comparedAt = Number.NEGATIVE_INFINITY
  #notedAt = Number.NEGATIVE_INFINITY
  #rounds = 0

  constructor(
    round: Omit<Round, 'connection'>,
    options: {
      readonly mustCompare: boolean
      readonly address: TargetAddress
      readonly context: RunContext
    },
  ) {
    this.#round = round
    this.#mustCompare = options.mustCompare
    this.#address = options.address
    this.#context = options.context
  }

  async keep(
    connection: Connection,
    once: boolean,
  ): Promise<Pick<FellBack, 'rounds' | 'tables' | 'stoppedBy'>> {
    const { control } = this.#context
    let current = connection
    let attempt = 0
    for (;;) {
      try {
        if (current.lost !== null) current = await this.#reconnect()
        await this.#playRound(current)
        attempt = 0
      } catch (error) {
        if (once || !(mayPass(error) || isInUse(error))) throw error
        attempt++
        const reason = (error as Error).message
        this.#context.emit({ type: 'fallback-waiting', reason, attempt, at: now() })
        if (current.lost === null && current !== connection) await current.end()
      }
      if (once || control.stoppedBy !== null) break
      await this.#rest(attempt === 0 ? EVERY_MS : Math.min(LONGEST_WAIT_MS, EVERY_MS * 2 ** attempt))
      if (control.stoppedBy !== null) break
    }
    if (current !== connection) await current.end()
    return { rounds: this.#rounds, tables: [...this.#totals.values()], stoppedBy: control.stoppedBy }
  }

  async #playRound(connection: Connection): Promise<void> {
    const { folder, capture } = this.#round
    const startedAt = performance.now()
    const isDue = startedAt - this.#comparedAt >= COMPARE_EVERY_MS
    const whole = (table: CapturedTable): boolean =>
      this.#mustCompare || (isDue && table.mode === 'comparison')
    const notesMoment = startedAt - this.#notedAt >= NOTE_EVERY_MS
    const brought = await bringBack({ ...this.#round, connection, notesMoment }, whole)
    if (notesMoment || brought !== null) this.#notedAt = startedAt
    if (isDue) this.#comparedAt = startedAt
    if (this.#mustCompare) {
      folder.set('token', capture.token)
      this.#mustCompare = false
    }
    if (brought === null) return
    this.#count(brought)
    this.#context.emit({
      type: 'fallback-round',
      tables: brought,
      aside: folder.listAside().length,
      elapsedMs: performance.now() - startedAt,
      at: now(),
    })
  }

  #count(tables: readonly BroughtBackTable[]): void {
    this.#rounds++
    for (const table of tables) {
      const known = this.#totals.get(table.tableId) ?? { inserted: 0, updated: 0, deleted: 0, lost: [] }
      this.#totals.set(table.tableId, {
        tableId: table.tableId,
        inserted: known.inserted + table.inserted,
        updated: known.updated + table.updated,
        deleted: known.deleted + table.deleted,
        lost: addLost(known.lost, table.lost),
      })
    }
  }

  async #reconnect(): Promise<Connection> {
    const connection = await connect(this.#address)
    try {
      await lockFallback(connection)
      this.#mustCompare ||= await takeOver(connection, this.#round.folder, this.#round.capture)
      return connection
    } catch (error) {
      await connection.end()
      throw error
    }
  }

  /** Until the time is over, or the stop is asked for. */
  async #rest(ms: number): Promise<void> {
    const until = performance.now() + ms
    while (this.#context.control.stoppedBy === null && performance.now() < until) {
      await setTimeout(Math.min(100, ms))
    }
  }
}

function addLost(known: BroughtBackTable['lost'], more: BroughtBackTable['lost']): BroughtBackTable['lost'] {
  const rows = new Map(known.map((one) => [one.column, one.rows]))
  for (const one of more) rows.set(one.column, (rows.get(one.column) ?? 0) + one.rows)
  return Array.from(rows, ([column, count]) => ({ column, rows: count }))
}

/** Somebody has been reading the files for a long time, or the session that the server has not ended yet still takes the changes. */
const isInUse = (error: unknown): boolean =>
  errorCode(error).startsWith('SQLITE_BUSY') ||
  (error instanceof MigrateError && error.code === 'another-fallback')

function capturesAnother(capture: ChangeCapture, record: RunRecord): MigrateError {
  return new MigrateError(
    'target',
    'captures-another-run',
    `Changes are captured for run ${capture.run}, not for ${record.run}.`,
    {
      hint: `Name that run with --run ${capture.run}, or end its capture first: gpt-migrate fallback --end.`,
    },
  )
}

/** 'GPTM' and 'BACK' as numbers. */
const LOCK = [0x4750544d, 0x4241434b] as const

async function lockFallback(connection: Connection): Promise<void> {
  const { taken } = await connection.queryOne<{ taken: boolean }>(
    'select pg_try_advisory_lock($1, $2) as taken',
    LOCK,
  )
  if (taken) return
  throw new MigrateError(
    'target',
    'another-fallback',
    'Another fallback takes the changes of this database.',
    {
      hint: 'Stop it first; one whose machine has died is let go by the server in a few minutes.',
    },
  )
}

/** A folder that is or was a source of any run in the journal is never written. */
/** Changes are noted by triggers. */
function refuseDistributed({ plan }: RunRecord): void {
  const kept = firstDistributed(plan)
  if (kept === null) return
  throw new MigrateError(
    'plan',
    'not-followable',
    `${kept.schema}.${kept.table} is kept by Citus, which has no triggers on such tables: what changes there is not noted, and the files cannot be kept up with it.`,
    { hint: 'gpt-migrate export --to-sqlite DIR writes the rows as they are now into SQLite files.' },
  )
}

async function refuseSourceFolder(connection: Connection, folder: string): Promise<void> {
  const real = realPath(folder)
  for (const { run } of await listRuns(connection)) {
    const record = await readRun(connection, run)
    const moved = (await readForwards(connection, run)).flatMap(({ snapshots }) => snapshots)
    for (const { path } of [...(record?.snapshots ?? []), ...moved]) {
      if (realPath(dirname(path)) !== real && !isInside(real, realPath(path))) continue
      throw new MigrateError(
        'usage',
        'folder-is-source',
        `${folder} is where run ${run} moved ${path} from: nothing is ever written there.`,
        { hint: 'Name another folder, such as --to ./fallback.' },
      )
    }
  }
}

const isInside = (folder: string, file: string): boolean => file.startsWith(`${folder}/`)

/** With the links of those parts that are there resolved. */
function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path)
  const parent = dirname(path)
  return parent === path ? path : resolve(realPath(parent), path.slice(parent.length).replace(/^[\\/]+/, ''))
}
