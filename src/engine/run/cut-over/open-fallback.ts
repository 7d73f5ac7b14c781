/**
 * Makes or opens the folder of a fallback, or refuses it. Invariant: a folder from which a run moved databases is never written.
 */

import { randomUUID } from 'node:crypto'
import { existsSync, realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type RunContext, runPhase } from '../../events/run-context.ts'
import type { Round } from '../../fallback/bring-back.ts'
import { FallbackFolder } from '../../fallback/folder.ts'
import { mapSourceRows, openSyncedTables } from '../../fallback/synced-tables.ts'
import { type ChangeCapture, createChangeCapture, takeConsumer } from '../../journal/change-capture.ts'
import { readEditedRows } from '../../journal/edited-rows.ts'
import { listQuarantine } from '../../journal/entries.ts'
import { readFollow } from '../../journal/follow.ts'
import { readForwards, withPresentSources } from '../../journal/forward.ts'
import { listRuns, readRun } from '../../journal/journal.ts'
import { MigrateError } from '../../model/errors.ts'
import type { RunRecord } from '../../model/journal.ts'
import type { UnsyncedTable } from '../../model/live-answers.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { isWithin } from '../../own-files/within.ts'
import { firstDistributed } from '../../plan/distribution/table-facts.ts'
import { verifySnapshot } from '../../source/snapshot/snapshot.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { chosenRun, type LaterRequest, refuseUnfinished } from '../connect/choose-run.ts'
import { openFollowedFiles } from '../following/followed-files.ts'

export type OpenFallback = {
  /** Absolute path. */
  readonly folder: string
  readonly opened: FallbackFolder
  readonly round: Omit<Round, 'connection'>
  readonly unsynced: readonly UnsyncedTable[]
  /** Changes may have been missed: the first round compares every table in full. */
  readonly mustCompare: boolean
}

/** Makes or opens the folder, starts change capture, and makes the folder its consumer. The caller closes or abandons the folder. */
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
  const isReady = FallbackFolder.isReady(folder, record.run)
  const { bases, release } = isReady ? { bases: [], release: () => {} } : await basesOf(connection, record)
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

/** Refuses while the sources are followed: PostgreSQL has no changes that they lack. */
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

/** The application works on the files, which are its database now. */
export function movedBack({ folder }: ChangeCapture): MigrateError {
  return new MigrateError(
    'target',
    'moved-back',
    `The application was moved back to the files in ${folder ?? 'a folder'}: they are not written any more, and PostgreSQL takes no writes.`,
    { hint: 'gpt-migrate cutover --back --keep postgres makes PostgreSQL its database again.' },
  )
}

/**
 * Returns the files to start from: those of the last followed round when nothing writes to them, else the run's snapshots. An older state
 * is only slower, since the first round compares every table in full.
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
  const quarantine = await Array.fromAsync(listQuarantine(connection, record.run))
  const edited = await readEditedRows(connection, record.run)
  await runPhase(context, 'export', tables.length, 'table', async (progress) => {
    folder.transaction(() => {
      mapSourceRows(folder, record, tables, bases, { quarantine, edited }, progress)
      folder.set('consumer', randomUUID())
      folder.set('ready', 'yes')
    })
  })
}

/** Makes this folder the consumer of the captured changes. Returns true when it may have missed some. */
export async function takeOver(
  connection: Connection,
  folder: FallbackFolder,
  capture: ChangeCapture,
): Promise<boolean> {
  const own = folder.get('consumer')!
  const before = await connection.transaction(() => takeConsumer(connection, own))
  return before !== own || folder.get('token') !== capture.token
}

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

export async function lockFallback(connection: Connection): Promise<void> {
  const { taken } = await connection.queryOne<{ taken: boolean }>(
    'select pg_try_advisory_lock($1, $2) as taken',
    LOCK,
  )
  if (taken) return
  throw new MigrateError(
    'target',
    'another-fallback',
    'Another fallback takes the changes of this database.',
    { hint: 'Stop it first; one whose machine has died is let go by the server in a few minutes.' },
  )
}

/** Refuses distributed tables: changes are captured by triggers, which Citus does not allow on them. */
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

/** A folder that is or was a source of any run in the journal is never written. */
async function refuseSourceFolder(connection: Connection, folder: string): Promise<void> {
  const real = realPath(folder)
  for (const { run } of await listRuns(connection)) {
    const record = await readRun(connection, run)
    const moved = (await readForwards(connection, run)).flatMap(({ snapshots }) => snapshots)
    for (const { path } of [...(record?.snapshots ?? []), ...moved]) {
      if (!isWithin(real, realPath(path))) continue
      throw new MigrateError(
        'usage',
        'folder-is-source',
        `${folder} is where run ${run} moved ${path} from: nothing is ever written there.`,
        { hint: 'Name another folder, such as --to ./fallback.' },
      )
    }
  }
}

/** Returns the path with the symbolic links of its existing part resolved. */
function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path)
  const parent = dirname(path)
  return parent === path ? path : resolve(realPath(parent), path.slice(parent.length).replace(/^[\\/]+/, ''))
}
