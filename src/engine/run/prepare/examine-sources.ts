/**
 * Takes snapshots of the chosen files and inspects their structure and values. Invariant: only the work folder is written, and only the
 * snapshots are inspected.
 */

import { statSync } from 'node:fs'
import { type RunContext, runPhase } from '../../events/run-context.ts'
import type { Catalog } from '../../model/catalog.ts'
import type { Census } from '../../model/census.ts'
import type { Finding } from '../../model/finding.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { openReadOnly } from '../../source/base/sqlite.ts'
import { readCatalog } from '../../source/catalog/catalog.ts'
import { takeCensus } from '../../source/census/census.ts'
import { countTables } from '../../source/census/count-tables.ts'
import { refuseInflatedColumns } from '../../source/census/generated-size.ts'
import type { CheckResult } from '../../source/census/inspection-task.ts'
import { type Inspector, openInspector } from '../../source/census/inspector.ts'
import {
  checkCopies,
  copySources,
  finishSnapshots,
  removeCopies,
  type SourceCopy,
} from '../../source/snapshot/snapshot.ts'
import { Reading } from './reading.ts'
import type { RunRequest } from './run-request.ts'

export type ExamineRequest = Pick<RunRequest, 'salvage'> & {
  /** The run's own folder in the work folder. */
  readonly folder: string
  readonly databases: readonly { readonly database: string; readonly path: string }[]
}

export type Examined = {
  readonly snapshots: readonly Snapshot[]
  readonly catalogs: readonly Catalog[]
  readonly censuses: readonly Census[]
  /** What could not be read of damaged databases. */
  readonly lost: readonly Finding[]
}

/** Takes the snapshots and inspects them. */
export async function examineSources(
  { databases, folder, salvage }: ExamineRequest,
  context: RunContext,
): Promise<Examined> {
  const reading = new Reading()
  // The inspector's threads load their code while files are copied; a failure to open it is reported when it is awaited.
  const opening = openInspector(bytesOf(databases), (bytes) => reading.add(bytes))
  opening.catch(() => {})
  try {
    const copies = await runPhase(context, 'snapshot', bytesOf(databases), 'byte', (progress) => {
      const done = new Map<string, number>()
      return copySources(databases, folder, {
        salvage,
        onProgress: ({ database, bytesDone }) => {
          done.set(database, bytesDone)
          progress(
            [...done.values()].reduce((total, bytes) => total + bytes, 0),
            database,
          )
        },
      })
    })
    const bytes = copies.reduce((sum, copy) => sum + copy.bytes, 0)
    return await runPhase(context, 'inspect', bytes, 'byte', async (progress) => {
      reading.report = progress
      return inspectAndCheck(copies, await opening, salvage, reading)
    })
  } finally {
    const inspector = await opening.catch(() => null)
    await inspector?.close()
  }
}

/** Returns the total size of the readable files; the others are reported when their snapshot is taken. */
function bytesOf(databases: ExamineRequest['databases']): number {
  let bytes = 0
  for (const { path } of databases) {
    try {
      bytes += statSync(path).size
    } catch {}
  }
  return bytes
}

/** Checks the copies' pages while they are inspected. Damage is reported instead of the read errors that it causes. */
async function inspectAndCheck(
  copies: readonly SourceCopy[],
  inspector: Inspector,
  salvage: boolean,
  reading: Reading,
): Promise<Examined> {
  const checked = copies.map(describeChecked).join(', ')
  reading.report(0, checked)
  // Lets the report out before SQLite begins a check that may never end.
  await new Promise((resolve) => setImmediate(resolve))
  const checking = checkCopies(copies, inspector)
  const finishing = finishSnapshots(copies, checking, inspector, salvage)
  try {
    // Salvage replaces a damaged copy with what can be read of it.
    if (inspector.hands === 1 || salvage) await finishing
    const inspecting = inspect(copies, inspector, reading, checking).then((found) => {
      reading.checking(checked)
      return found
    })
    const [inspected, finished] = await Promise.allSettled([inspecting, finishing])
    if (finished.status === 'rejected') throw finished.reason
    if (inspected.status === 'rejected') throw inspected.reason
    const lost = finished.value.flatMap((snapshot) => snapshot.lost)
    return { snapshots: finished.value, lost, ...inspected.value }
  } catch (error) {
    await finishing.catch(() => removeCopies(copies))
    throw error
  }
}

/** Returns the database's name with the tables whose checks and generated columns SQLite evaluates during the check. */
function describeChecked({ database, file }: Pick<SourceCopy, 'database' | 'file'>): string {
  const db = openReadOnly(file, { immutable: true })
  try {
    const names = db
      .prepare(
        "select name from sqlite_schema where type = 'table' and (sql like '%check%(%' or sql like '%as%(%')",
      )
      .pluck()
      .all() as string[]
    const shown = names.length > 3 ? [...names.slice(0, 3), '…'] : names
    return `${database}, its pages${shown.length === 0 ? '' : `, checks and generated columns (${shown.join(', ')})`}`
  } catch {
    // The check reports what is wrong with the file.
    return database
  } finally {
    db.close()
  }
}

/** Reads structure and values of the databases, one after another. `checking`: the results of their checks, or none. */
export async function inspect(
  snapshots: readonly Pick<Snapshot, 'database' | 'file' | 'path' | 'bytes'>[],
  inspector: Inspector,
  reading: Reading,
  checking: Promise<readonly CheckResult[]>,
): Promise<{ catalogs: Catalog[]; censuses: Census[] }> {
  const catalogs: Catalog[] = []
  const censuses: Census[] = []
  for (const [at, snapshot] of snapshots.entries()) {
    reading.begin(snapshot)
    const db = openReadOnly(snapshot.file, { immutable: true })
    try {
      const catalog = readCatalog(db, snapshot.database)
      catalogs.push(catalog)
      refuseInflatedColumns(db, catalog, snapshot, (name) => reading.asked(0, name))
      const counted = await countTables(
        inspector,
        snapshot.file,
        db,
        catalog,
        async () => (await checking)[at]?.rows ?? null,
      )
      censuses.push(
        takeCensus(db, catalog, {
          counted,
          onPass: (share, table) => reading.asked(share, table),
        }),
      )
    } finally {
      db.close()
      reading.end()
    }
  }
  return { catalogs, censuses }
}
