/**
 * Moves the application back to SQLite: fences PostgreSQL, writes the last changes into the files, and runs the command that starts the
 * application on them. Invariant: every failure before the barrier is committed leaves PostgreSQL as it was, with its writers; after that
 * nothing continues by itself, and PostgreSQL takes no writes until the user decides.
 */

import { join } from 'node:path'
import { now, type RunContext } from '../../events/run-context.ts'
import { bringBack, bringBackInSnapshot } from '../../fallback/bring-back.ts'
import { filesWrittenSince, removeSwitchedFiles, SwitchedFiles } from '../../fallback/switched-files.ts'
import { StartedCommand } from '../../follow/source-process/command.ts'
import { staleTables } from '../../journal/capture-triggers.ts'
import { setFallbackState, startChangeCapture } from '../../journal/change-capture.ts'
import { readRun } from '../../journal/journal.ts'
import { countPending, readPending } from '../../journal/noted-changes.ts'
import { beginFenced, dropBarrier, raiseBarrier } from '../../journal/write-barrier.ts'
import { MigrateError } from '../../model/errors.ts'
import type { BroughtBackTable } from '../../model/event.ts'
import type { CutBack, SettledCutBack } from '../../model/live-answers.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { type LaterRequest, onTarget } from '../connect/choose-run.ts'
import { continueReport } from '../following/continue-report.ts'
import { type OpenFallback, openFallback } from './open-fallback.ts'

export type CutBackRequest = LaterRequest & {
  readonly folder: string
  /** The command that starts the application on the files; null when the user starts it. */
  readonly command: string | null
  /** How long to wait for writers to let the tables be fenced. */
  readonly withinMs: number
  /** Goes back although the old layout refuses rows, which stay behind in PostgreSQL. */
  readonly acceptAside: boolean
}

/** A round shorter than this is followed by the one under the fence. */
const QUICK_MS = 100
const MOST_ROUNDS = 20
/** How long to wait for the command to end. */
const COMMAND_MS = 60_000

export async function cutBack(request: CutBackRequest, context: RunContext): Promise<CutBack> {
  return onTarget(request.target, async (connection) => {
    const fallback = await openFallback(connection, request, context)
    const { opened, round, unsynced } = fallback
    let switched: { readonly tables: readonly BroughtBackTable[]; readonly fencedAt: number }
    try {
      if (unsynced.length > 0) throw notCurrent(unsynced)
      await catchUp(connection, fallback)
      refuseAside(fallback, request)
      const switchedFiles = SwitchedFiles.copy(fallback.folder, databasesOf(fallback))
      switched = await switchOver(connection, { ...fallback, switchedFiles }, request, context)
    } catch (error) {
      // The connection was lost: its commit may have gone through, and the switched files may be in use.
      if (connection.lost === null) removeSwitchedFiles(fallback.folder)
      opened.abandon()
      throw error
    }
    const files = opened.files.map(({ file }) => file)
    const asideCount = opened.listAside().length
    const answer = { run: round.run, folder: fallback.folder, files, tables: switched.tables, asideCount }
    let started: StartedCommand | null
    try {
      // Closing restores the files' journal mode, which is safe only while no process has them open.
      opened.close()
      started = await startCommand(request.command, fallback)
    } catch (error) {
      // The command was not started: PostgreSQL remains the application's database.
      await openAgain(connection)
      throw error
    }
    const fencedMs = performance.now() - switched.fencedAt
    const recordMove = async (lateWrites: number): Promise<void> => {
      const { folder } = fallback
      const step = { what: 'moved-back', at: now(), folder, aside: asideCount, lateWrites } as const
      await continueReport(connection, round.run, { ...step, fencedMs: Math.round(fencedMs) }, context)
    }
    if (started === null) {
      await connection.transaction(() => setFallbackState(connection, 'fallen back', fallback.folder))
      await recordMove(0)
      return { ...answer, fencedMs, state: 'fallen back', exitCode: null, stillRuns: false, lateWrites: 0 }
    }
    context.emit({ type: 'fallback-command-started', folder: fallback.folder, fencedMs, at: now() })
    const hasEnded = await started.waitFor(COMMAND_MS)
    const isStarted = !hasEnded || started.exitCode === 0
    if (isStarted)
      await connection.transaction(() => setFallbackState(connection, 'fallen back', fallback.folder))
    const { changes: lateWrites } = await countPending(connection)
    if (isStarted) await recordMove(lateWrites)
    return {
      ...answer,
      fencedMs,
      state: isStarted ? 'fallen back' : 'switching',
      exitCode: started.exitCode,
      stillRuns: !hasEnded,
      lateWrites,
    }
  })
}

const databasesOf = ({ opened }: OpenFallback): readonly string[] =>
  opened.files.map(({ database }) => database)

async function startCommand(
  command: string | null,
  { opened, folder }: OpenFallback,
): Promise<StartedCommand | null> {
  if (command === null) return null
  return StartedCommand.start(command, { GPT_MIGRATE_FOLDER: folder }, join(opened.scratch, 'on-cutover.log'))
}

async function openAgain(connection: Connection): Promise<void> {
  await connection.transaction(async () => {
    await dropBarrier(connection)
    await setFallbackState(connection, 'current', null)
  })
}

/** Brings changes back, round by round, while PostgreSQL is still written to, so that little is left for the round under the fence. */
async function catchUp(connection: Connection, fallback: OpenFallback): Promise<void> {
  const { round, mustCompare, opened } = fallback
  let whole = mustCompare
  for (let number = 0; number < MOST_ROUNDS; number++) {
    const startedAt = performance.now()
    await bringBack({ ...round, connection }, (table) => whole || table.mode === 'comparison')
    if (whole) opened.set('token', round.capture.token)
    whole = false
    if (performance.now() - startedAt < QUICK_MS) return
  }
}

async function switchOver(
  connection: Connection,
  { round, folder, switchedFiles }: OpenFallback & { readonly switchedFiles: SwitchedFiles },
  request: CutBackRequest,
  context: RunContext,
): Promise<{ readonly tables: readonly BroughtBackTable[]; readonly fencedAt: number }> {
  const { tables } = round.capture
  await beginFenced(connection, tables, request.withinMs)
  const fencedAt = performance.now()
  try {
    context.emit({ type: 'fallback-fenced', at: now() })
    const stale = await staleTables(connection, tables)
    const brought = await bringBackInSnapshot(
      { ...round, connection },
      (table) => table.mode === 'comparison' || stale.includes(table),
    )
    if (!request.acceptAside && round.folder.listAside().length > 0) throw rowsAside(round.folder.listAside())
    switchedFiles.refresh()
    await raiseBarrier(connection, tables)
    await setFallbackState(connection, 'switching', folder)
    await connection.execute('commit')
    return { tables: brought ?? [], fencedAt }
  } catch (error) {
    if (connection.lost === null) await connection.execute('rollback').catch(() => undefined)
    throw error
  }
}

/** Settles a move back that was interrupted, or undoes one: `keep` says which database the application uses. */
export async function keepSide(
  request: LaterRequest & { readonly keep: 'sqlite' | 'postgres' },
): Promise<SettledCutBack> {
  return onTarget(request.target, async (connection) => {
    const found = await readPending(connection)
    if (found === null || found.capture.state === 'current') throw notMovedBack()
    const { folder, run } = found.capture
    if (request.keep === 'sqlite') {
      await connection.transaction(async () => {
        await setFallbackState(connection, 'fallen back', folder)
        // Writes that got past the barrier stay in PostgreSQL: the files are authoritative from now on.
        await startChangeCapture(connection)
      })
      return { run, folder, state: 'fallen back', leftBehind: found.changes }
    }
    if (folder !== null) {
      const { catalogs } = (await readRun(connection, run))!
      const written = filesWrittenSince(
        folder,
        catalogs.map(({ database }) => database),
      )
      if (written.length > 0) throw filesWritten(written)
    }
    await openAgain(connection)
    if (folder !== null) removeSwitchedFiles(folder)
    return { run, folder, state: 'current', leftBehind: 0 }
  })
}

function notCurrent(tables: readonly { readonly tableId: string; readonly reason: string }[]): MigrateError {
  return new MigrateError(
    'copy',
    'not-current',
    `The files cannot be made current: ${tables.map(({ tableId, reason }) => `${tableId}: ${reason}`).join('; ')}.`,
    { hint: 'The application continues with PostgreSQL; nothing was changed.' },
  )
}

function refuseAside({ opened }: OpenFallback, { acceptAside }: CutBackRequest): void {
  const aside = opened.listAside()
  if (aside.length > 0 && !acceptAside) throw rowsAside(aside)
}

function rowsAside(aside: readonly { readonly tableId: string; readonly reason: string }[]): MigrateError {
  const shown = aside.slice(0, 3).map(({ tableId, reason }) => `${tableId}: ${reason}`)
  return new MigrateError(
    'copy',
    'rows-aside',
    `The old layout refuses ${aside.length} rows, which would stay behind: ${shown.join('; ')}${aside.length > 3 ? '; …' : ''}.`,
    {
      hint: 'Change them in PostgreSQL, or go back without them with --accept-quarantine. Nothing was changed.',
    },
  )
}

function notMovedBack(): MigrateError {
  return new MigrateError(
    'usage',
    'not-moved-back',
    'The application was not moved back to SQLite: there is nothing to keep.',
    { hint: 'gpt-migrate status shows the state.' },
  )
}

function filesWritten(files: readonly string[]): MigrateError {
  return new MigrateError(
    'verify',
    'files-written',
    `The files were written since the switch, and PostgreSQL has none of it: ${files.join(', ')}.`,
    {
      hint: 'Stop the application and move those writes forward with a new run, or move the files away to leave the writes behind.',
    },
  )
}
