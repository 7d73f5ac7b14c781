/**
 * From chosen files to a plan: snapshot, inspect, plan. Invariant: nothing is written anywhere but in the work folder, and the
 * plan comes from the snapshots alone.
 */

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { now, type RunContext, runPhase } from '../events/run-context.ts'
import type { Catalog } from '../model/catalog.ts'
import type { Census } from '../model/census.ts'
import type { Finding } from '../model/finding.ts'
import type { Plan, TargetProbe } from '../model/plan.ts'
import type { PlanEdit } from '../model/plan-edit.ts'
import type { ServerColumn, ServerPlace } from '../model/server-column.ts'
import type { Snapshot, SnapshotQueries } from '../model/snapshot.ts'
import { forecastPlan } from '../plan/forecast/forecast.ts'
import { foreignOwnerFindings } from '../plan/foreign-owners.ts'
import { missingRightsFindings } from '../plan/missing-rights.ts'
import { occupiedFindings } from '../plan/occupied.ts'
import { settleOrphans } from '../plan/settle-orphans.ts'
import { planFor } from '../plan-files/choose-mapping.ts'
import { openReadOnly } from '../source/base/sqlite.ts'
import { readCatalog } from '../source/catalog/catalog.ts'
import { takeCensus } from '../source/census/census.ts'
import { countTables } from '../source/census/count-tables.ts'
import { refuseInflatedColumns } from '../source/census/generated-size.ts'
import { type Inspector, openInspector } from '../source/census/inspector.ts'
import { copySources, finishSnapshots, removeCopies, type SourceCopy } from '../source/snapshot/snapshot.ts'
import { openSnapshotQueries } from '../source/snapshot/snapshot-queries.ts'
import { findOrphans, type OrphanSets } from '../source/staging/orphans.ts'
import { STAGING_FILE } from '../source/staging/staging.ts'
import type { TargetAddress } from '../target/address.ts'
import { askServer } from './ask-server.ts'
import { foreseeExisting } from './foresee-existing.ts'
import { Reading } from './reading.ts'
import type { RunRequest } from './run-request.ts'

export type PrepareRequest = Pick<
  RunRequest,
  'as' | 'mapping' | 'planFile' | 'trustsMapping' | 'options' | 'salvage'
> & {
  readonly run: string
  /** The run's own folder in the work folder. */
  readonly folder: string
  readonly databases: readonly { readonly database: string; readonly path: string }[]
  readonly edits: readonly PlanEdit[]
  /** Null when planning without a server. */
  readonly probe: TargetProbe | null
  /** Where that server is: the rules of tables that are only filled are tried there. */
  readonly address: TargetAddress | null
  /** What was found before planning, for the plan to say. */
  readonly findings: readonly Finding[]
}

/** What a run needs to begin; plain data. */
export type Prepared = {
  readonly run: string
  readonly folder: string
  readonly snapshots: readonly Snapshot[]
  readonly catalogs: readonly Catalog[]
  readonly censuses: readonly Census[]
  /** What of damaged databases could not be read. */
  readonly lost: readonly Finding[]
  readonly plan: Plan
  /** The references without a parent row, from the snapshots. */
  readonly orphans: OrphanSets
  /** What the server makes of values that only it reads. */
  readonly serverValues?: readonly ServerColumn[]
}

export async function prepare(request: PrepareRequest, context: RunContext): Promise<Prepared> {
  const { folder, run } = request
  const found = await examineSources(request, context)
  const rows = found.censuses.flatMap(({ tables }) => tables).reduce((sum, table) => sum + table.rows, 0)
  const planned = await runPhase(context, 'plan', rows, 'row', async (progress) => {
    const asked = { ...found, serverValues: await valuesOfServer(request, found) }
    return { ...asked, ...(await planAndForecast(request, asked, undefined, progress)) }
  })
  for (const finding of planned.plan.findings) context.emit({ type: 'finding', finding })
  const { forecast } = planned.plan
  if (forecast !== undefined) context.emit({ type: 'forecast-made', forecast, at: now() })
  return { run, folder, ...planned }
}

/** Plans once to know which columns the server has to be asked for. */
async function valuesOfServer(request: PrepareRequest, found: Found): Promise<readonly ServerColumn[]> {
  const { address = null, options, planFile = null } = request
  if (address === null || options.dataOnly !== true || planFile !== null) return []
  const { snapshots, catalogs, censuses } = found
  const queries = openSnapshotQueries(snapshots)
  try {
    const places: ServerPlace[] = []
    const onServerColumn = (place: ServerPlace): void => {
      places.push(place)
    }
    const plan = planFor({ ...request, snapshots, catalogs, censuses, queries, onServerColumn })
    const isRefused = foreignOwnerFindings(plan.schema, request.probe).some(
      ({ severity }) => severity === 'error',
    )
    if (isRefused) return []
    const schema = options.schema ?? 'public'
    const { tables } = plan.schema
    return await askServer(places, queries, address, { schema, zone: options.timezone, tables })
  } finally {
    queries.close()
  }
}

/** The plan made again after a person's edits, or for another server; takes no new snapshot. Judges only what has changed. */
export async function replan(prepared: Prepared, request: PrepareRequest): Promise<Prepared> {
  return { ...prepared, ...(await planAndForecast(request, prepared, prepared, () => {})) }
}

async function planAndForecast(
  request: PrepareRequest,
  found: Found,
  before: Pick<Prepared, 'plan' | 'orphans'> | undefined,
  progress: (done: number, detail?: string | null) => void,
): Promise<Pick<Prepared, 'plan' | 'orphans'>> {
  const { snapshots, censuses } = found
  const queries = openSnapshotQueries(snapshots)
  try {
    const { plan, orphans } = makePlan(request, found, queries)
    const stagingFile = join(request.folder, STAGING_FILE)
    // Rows of tables that exist already are examined twice.
    const looks = plan.schema.tables.some(({ existing }) => existing) ? 2 : 1
    let judged = 0
    const onProgress = (rows: number): void => {
      judged = rows
      progress(Math.floor(rows / looks))
    }
    const known = { snapshots, censuses, orphans, queries, stagingFile, before, onProgress }
    const forecast = await forecastPlan({ plan, ...known })
    return {
      orphans,
      plan: await foreseeExisting(request, { ...found, plan: forecast, orphans }, (rows, table) => {
        judged += rows
        progress(Math.floor(judged / looks), table)
      }),
    }
  } finally {
    queries.close()
  }
}

/** A plan for snapshots that are there, and what they hold. Nothing is forecast. */
export async function planSnapshots(
  snapshots: readonly Snapshot[],
  request: Omit<PrepareRequest, 'run' | 'folder' | 'databases' | 'salvage' | 'address'>,
): Promise<Pick<Prepared, 'plan' | 'catalogs'>> {
  const inspector = await openInspector(
    snapshots.reduce((bytes, snapshot) => bytes + snapshot.bytes, 0),
    () => {},
  )
  const queries = openSnapshotQueries(snapshots)
  try {
    const found = await inspect(snapshots, inspector, new Reading())
    const { plan } = makePlan(request, { ...found, snapshots, lost: [] }, queries)
    return { plan, catalogs: found.catalogs }
  } finally {
    queries.close()
    await inspector.close()
  }
}

type Found = Pick<Prepared, 'snapshots' | 'catalogs' | 'censuses' | 'lost' | 'serverValues'>

/** Takes the snapshots and inspects them; returns their structure and values. */
export async function examineSources(
  { databases, folder, salvage }: Pick<PrepareRequest, 'databases' | 'folder' | 'salvage'>,
  context: RunContext,
): Promise<Found> {
  const reading = new Reading()
  // Its threads load their code while the files are copied. A failure is reported when it is used.
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

/** Of the files that can be read; the others are reported when their snapshot is taken. */
function bytesOf(databases: PrepareRequest['databases']): number {
  let bytes = 0
  for (const { path } of databases) {
    try {
      bytes += statSync(path).size
    } catch {}
  }
  return bytes
}

/** The copies' pages are checked while they are read. A damaged one is reported, rather than the errors of reading it. */
async function inspectAndCheck(
  copies: readonly SourceCopy[],
  inspector: Inspector,
  salvage: boolean,
  reading: Reading,
): Promise<Found> {
  const checked = copies.map(describeChecked).join(', ')
  reading.report(0, checked)
  // It is reported before SQLite begins, which may never end.
  await new Promise((resolve) => setImmediate(resolve))
  const finishing = finishSnapshots(copies, inspector, salvage)
  try {
    // A damaged copy may be replaced by what can be read of it.
    if (inspector.hands === 1 || salvage) await finishing
    const inspecting = inspect(copies, inspector, reading).then((found) => {
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

/** A database whose pages are checked, with the tables of which SQLite computes expressions meanwhile. */
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
    // What is wrong with it is said by the check.
    return database
  } finally {
    db.close()
  }
}

async function inspect(
  snapshots: readonly Pick<Snapshot, 'database' | 'file' | 'path' | 'bytes'>[],
  inspector: Inspector,
  reading: Reading,
): Promise<{ catalogs: Catalog[]; censuses: Census[] }> {
  const catalogs: Catalog[] = []
  const censuses: Census[] = []
  for (const snapshot of snapshots) {
    reading.begin(snapshot)
    const db = openReadOnly(snapshot.file, { immutable: true })
    try {
      const catalog = readCatalog(db, snapshot.database)
      catalogs.push(catalog)
      refuseInflatedColumns(db, catalog, snapshot, (name) => reading.asked(0, name))
      const counted = await countTables(inspector, snapshot.file, db, catalog)
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

function makePlan(
  request: Omit<PrepareRequest, 'run' | 'folder' | 'databases' | 'salvage' | 'address'>,
  { snapshots, catalogs, censuses, lost, serverValues = [] }: Found,
  queries: SnapshotQueries,
): Pick<Prepared, 'plan' | 'orphans'> {
  const plan = planFor({ ...request, snapshots, catalogs, censuses, queries, serverValues })
  const orphans = findOrphans(plan, snapshots)
  const settled = settleOrphans(plan, orphans)
  const owners = foreignOwnerFindings(settled.schema, request.probe)
  const occupied = occupiedFindings(settled.schema, request.probe)
  const rights = missingRightsFindings(settled.schema, request.probe)
  const findings = [...request.findings, ...lost, ...owners, ...rights, ...occupied, ...settled.findings]
  const trials = request.probe?.trials
  return { plan: { ...settled, findings, ...(trials === undefined ? {} : { trials }) }, orphans }
}
