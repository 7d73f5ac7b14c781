/**
 * From chosen files to a plan: examine, plan, forecast. Invariant: only the work folder is written, and the plan comes from the snapshots
 * alone.
 */

import { join } from 'node:path'
import { now, type RunContext, runPhase } from '../../events/run-context.ts'
import type { Finding } from '../../model/finding.ts'
import type { Plan } from '../../model/plan.ts'
import type { PlanEdit } from '../../model/plan-edit.ts'
import type { ServerColumn, ServerPlace } from '../../model/server-column.ts'
import type { Snapshot, SnapshotQueries } from '../../model/snapshot.ts'
import type { TargetProbe } from '../../model/target-probe.ts'
import { settleOrphans } from '../../plan/base/settle-orphans.ts'
import { foreignOwnerFindings } from '../../plan/checks/foreign-owners.ts'
import { missingRightsFindings } from '../../plan/checks/missing-rights.ts'
import { occupiedFindings } from '../../plan/checks/occupied.ts'
import { rememberAnswers } from '../../plan/evidence/questions.ts'
import { forecastPlan } from '../../plan/forecast/forecast.ts'
import { planFor } from '../../plan-files/choose-mapping.ts'
import { openInspector } from '../../source/census/inspector.ts'
import { openSnapshotQueries } from '../../source/snapshot/snapshot-queries.ts'
import { findOrphans, type OrphanSets } from '../../source/staging/orphans.ts'
import { STAGING_FILE } from '../../source/staging/staging.ts'
import type { TargetAddress } from '../../target/address/address.ts'
import { askServer } from './ask-server.ts'
import { type Examined, type ExamineRequest, examineSources, inspect } from './examine-sources.ts'
import { foreseeExisting } from './foresee-existing.ts'
import { Reading } from './reading.ts'
import type { RunRequest } from './run-request.ts'

export type PrepareRequest = Pick<RunRequest, 'as' | 'mapping' | 'planFile' | 'trustsMapping' | 'options'> &
  ExamineRequest & {
    readonly run: string
    readonly edits: readonly PlanEdit[]
    /** Null when planning without a server. */
    readonly probe: TargetProbe | null
    /** The server's address, where the rules of existing tables are tried; null without a server. */
    readonly address: TargetAddress | null
    /** Findings made before planning, which the plan includes. */
    readonly findings: readonly Finding[]
  }

/** What a run needs to begin; plain data. */
export type Prepared = Examined & {
  readonly run: string
  readonly folder: string
  readonly plan: Plan
  /** The references without a parent row, found in the snapshots. */
  readonly orphans: OrphanSets
  /** How the server reads values whose type only it can parse. */
  readonly serverValues?: readonly ServerColumn[]
}

type Found = Pick<Prepared, keyof Examined | 'serverValues'>

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

/** Plans once to find the columns about which the server has to be asked. Returns its answers. */
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
    const asked = rememberAnswers(queries)
    const plan = planFor({ ...request, snapshots, catalogs, censuses, queries: asked, onServerColumn })
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

/** Plans again, after edits or for another server, without new snapshots. Forecasts only what has changed. */
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
    // Rows of existing tables are examined twice.
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

/** Plans existing snapshots and returns their catalogs; makes no forecast. */
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
    const found = await inspect(snapshots, inspector, new Reading(), Promise.resolve([]))
    const { plan } = makePlan(request, { ...found, snapshots, lost: [] }, queries)
    return { plan, catalogs: found.catalogs }
  } finally {
    queries.close()
    await inspector.close()
  }
}

function makePlan(
  request: Omit<PrepareRequest, 'run' | 'folder' | 'databases' | 'salvage' | 'address'>,
  { snapshots, catalogs, censuses, lost, serverValues = [] }: Found,
  queries: SnapshotQueries,
): Pick<Prepared, 'plan' | 'orphans'> {
  const asked = rememberAnswers(queries)
  const plan = planFor({ ...request, snapshots, catalogs, censuses, queries: asked, serverValues })
  const orphans = findOrphans(plan, snapshots, { censuses, queries: asked })
  const settled = settleOrphans(plan, orphans)
  const owners = foreignOwnerFindings(settled.schema, request.probe)
  const occupied = occupiedFindings(settled.schema, request.probe)
  const rights = missingRightsFindings(settled.schema, request.probe)
  const findings = [...request.findings, ...lost, ...owners, ...rights, ...occupied, ...settled.findings]
  const trials = request.probe?.trials
  return { plan: { ...settled, findings, ...(trials === undefined ? {} : { trials }) }, orphans }
}
