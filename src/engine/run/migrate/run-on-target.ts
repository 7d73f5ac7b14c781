/** The run without questions on an examined target: find, plan, refuse or resume, migrate. The wizard asks between the same steps. */
import { relative } from 'node:path'
import type { RunContext } from '../../events/run-context.ts'
import { readFollow } from '../../journal/follow.ts'
import { listRuns, readRun } from '../../journal/journal.ts'
import type { PlanAnswer, RunAnswer } from '../../model/answers.ts'
import { MigrateError } from '../../model/errors.ts'
import type { RunRecord } from '../../model/journal.ts'
import type { FollowAnswer } from '../../model/live-answers.ts'
import type { Plan } from '../../model/plan.ts'
import type { Report } from '../../model/report.ts'
import { shellWord } from '../../model/shell-word.ts'
import { INSUFFICIENT_PRIVILEGE } from '../../plan/checks/missing-rights.ts'
import { renderSql, writeDdl } from '../../plan/ddl/ddl.ts'
import { renderTimeseries } from '../../plan/ddl/timeseries-ddl.ts'
import { mappingName } from '../../plan-files/choose-mapping.ts'
import { readPlanFile } from '../../plan-files/plan-file.ts'
import type { TargetAddress } from '../../target/address/address.ts'
import { connect } from '../../target/connection/connection.ts'
import { TARGET_OF_ANOTHER_ROLE } from '../../target/guards/ownership.ts'
import { refuseOtherSchema, withSchemaOf } from '../connect/address-schema.ts'
import { refuseRepeated } from '../connect/occupied-target.ts'
import type { OpenTarget } from '../connect/open-target.ts'
import type { FoundTarget, ReachedTarget } from '../connect/reach-target.ts'
import { followingFindings, refuseUnfollowable, refuseUnfollowableRun } from '../following/followable.ts'
import type { MigrateRequest } from '../prepare/migrate-request.ts'
import { prepareAnew } from '../prepare/prepare-anew.ts'
import { occupiedTables } from '../prepare/prepare-existing.ts'
import { readsSources } from '../prepare/reads-sources.ts'
import { resumePrepared } from '../prepare/resume.ts'
import type { RunRequest } from '../prepare/run-request.ts'
import { previewRollback, rollBackRun } from '../rollback/rollback.ts'
import { migrate } from './migrate.ts'

/** `startedAt`: ISO 8601 instant of the command's start. */
export async function runOnTarget(
  given: RunRequest,
  { target, found }: ReachedTarget,
  startedAt: string,
  context: RunContext,
): Promise<RunAnswer> {
  const request = { ...given, options: withSchemaOf(given.options, target.address) }
  const going = request.follow === true ? await followedBefore(request, target.address) : null
  if (going !== null) {
    return { report: null, plan: going.plan, followed: await followOn(target.address, going.run, context) }
  }
  refuseOtherName('start-over', request.startOver, target.address)
  if (request.dryRun) return await planDry(request, target.address, found, context)
  const unfinished = await settleUnfinished(request, target.address, found)
  const prepared =
    unfinished === null
      ? await prepareAnew(request, { ...found, address: target.address }, context)
      : await resumePrepared(unfinished, request)
  refuseErrors(prepared.plan)
  if (request.follow === true) {
    await refuseUnfollowableRun(target.address, { ...prepared, isSalvaged: request.salvage })
    for (const finding of followingFindings(prepared)) context.emit({ type: 'finding', finding })
  }
  const { address } = target
  refuseOtherSchema(prepared.plan, address)
  const { jobs, verifyLevel, command, keepDays, reportFile } = request
  const report = await migrate(
    {
      prepared,
      address,
      jobs,
      verifyLevel,
      resumed: unfinished,
      embedded: embeddedOf(target, request),
      command,
      targetOptions: request.targetOptions ?? null,
      canAsk: request.canAsk ?? true,
      keepDays,
      reportFile,
      truncate: request.truncate ?? null,
      startedAt,
    },
    context,
  )
  if (request.follow !== true || !isFollowable(report)) return { report, plan: prepared.plan }
  return { report, plan: prepared.plan, followed: await followOn(address, report.run, context) }
}

/** Plans a dry run on a target that only a run would make. */
export async function planUnmade(request: RunRequest, context: RunContext): Promise<RunAnswer> {
  const { plan } = await prepareAnew(request, null, context)
  refuseErrors(plan)
  return { report: null, plan }
}

/** Imported dynamically, since a run that is not followed does not need these modules. */
async function followOn(address: TargetAddress, run: string, context: RunContext): Promise<FollowAnswer> {
  const { follow, prepareFollowing } = await import('../following/follow.ts')
  return follow(await prepareFollowing(address, run, null), context)
}

/** Returns the plan of a run that would begin now, and what it would remove first. Writes nothing. */
async function planDry(
  request: RunRequest,
  address: TargetAddress,
  found: FoundTarget,
  context: RunContext,
): Promise<RunAnswer> {
  const { unfinished } = found
  if (unfinished !== null && request.startOver === null) {
    const { plan } = await resumePrepared(unfinished, request)
    return { report: null, plan, removes: { rollback: null, emptied: [] } }
  }
  await using connection = await connect(address)
  const rollback = unfinished === null ? null : await previewRollback(connection, unfinished.run)
  const created = new Set(
    rollback?.objects.filter(({ kind }) => kind === 'table').map(({ schema, name }) => `${schema}.${name}`),
  )
  const existing = found.probe.existing.filter(({ schema, table }) => !created.has(`${schema}.${table}`))
  const server = { ...found, probe: { ...found.probe, existing }, address }
  const { plan, snapshots } = await prepareAnew(request, server, context)
  refuseErrors(plan)
  refuseOtherSchema(plan, address)
  if (request.follow === true) {
    await refuseUnfollowable(connection, { plan, snapshots, isSalvaged: request.salvage })
    for (const finding of followingFindings({ snapshots })) context.emit({ type: 'finding', finding })
  }
  const isEmptied = request.truncate != null && plan.options.append !== true
  const emptied = isEmptied ? await occupiedTables(connection, plan.schema.tables) : []
  if (request.truncate != null) refuseOtherName('truncate', request.truncate, address)
  return { report: null, plan, removes: { rollback, emptied } }
}

/** Throws `name-differs`: the name of another database is no confirmation. */
function refuseOtherName(option: string, name: string | null, { database }: TargetAddress): void {
  if (name === null || name === database) return
  throw new MigrateError(
    'usage',
    'name-differs',
    `--${option} names ${JSON.stringify(name)}, and the target is the database ${JSON.stringify(database)}; nothing was removed.`,
    { hint: `Type the name of the database that may lose rows: --${option}=${shellWord(database)}` },
  )
}

/** Returns the last run when it is followed and reads the same sources: a stopped command then continues. Null otherwise. */
async function followedBefore(request: RunRequest, address: TargetAddress): Promise<RunRecord | null> {
  await using connection = await connect(address)
  const [last] = await listRuns(connection)
  if (last === undefined || (await readFollow(connection, last.run)) === null) return null
  const record = await readRun(connection, last.run)
  return record !== null && readsSources(request.sources, record.snapshots) ? record : null
}

/** Whether the run succeeded: mismatches, or a stop, have to be settled before following. */
function isFollowable({ status }: Report): boolean {
  return status === 'ok' || status === 'quarantined'
}

/** Returns the plan and its DDL; without a target, for an empty one of the newest PostgreSQL. */
export async function planOnTarget(
  request: RunRequest,
  reached: ReachedTarget | null,
  context: RunContext,
): Promise<PlanAnswer> {
  const address = reached?.target.address ?? null
  const options = withSchemaOf(request.options, address)
  const server = reached === null ? null : { ...reached.found, address: reached.target.address }
  const { plan } = await prepareAnew({ ...request, options }, server, context)
  refuseOtherSchema(plan, address)
  const { major = newestMajor, timescale } = server?.probe ?? {}
  return {
    plan,
    sql: `${renderSql(writeDdl(plan.schema, major))}${renderTimeseries(plan.schema, timescale?.version ?? newestTimescale)}`,
  }
}

/** Throws when the mapping or plan file cannot be read. */
export function refuseUnreadable({ mapping, planFile = null, trustsMapping = false }: RunRequest): void {
  if (planFile === null) mappingName(mapping, trustsMapping)
  else readPlanFile(planFile, trustsMapping)
}

/** The newest PostgreSQL that this program knows. */
const newestMajor = 18

/** The newest TimescaleDB that this program was tried with. */
const newestTimescale = '2.28'

function embeddedOf({ embedded }: OpenTarget, { keepRunning }: RunRequest): MigrateRequest['embedded'] {
  if (embedded === null) return null
  return { folder: relativePath(embedded), keepsRunning: keepRunning }
}

/** Returns the path as the user would type it here. */
function relativePath(path: string): string {
  const way = relative('.', path)
  return way === '' || way.startsWith('..') ? path : way
}

function refuseErrors({ findings }: Plan): void {
  const errors = findings.filter((finding) => finding.severity === 'error')
  if (errors.length === 0) return
  const [first] = errors
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  throw new MigrateError(
    // The plan itself is sound; we may not write to the target.
    first!.code === TARGET_OF_ANOTHER_ROLE || first!.code === INSUFFICIENT_PRIVILEGE ? 'target' : 'plan',
    first!.code,
    `${first!.message}${more}`,
    first!.hint === undefined ? {} : { hint: first!.hint },
  )
}

async function settleUnfinished(
  request: RunRequest,
  address: TargetAddress,
  { unfinished, probe, runs }: FoundTarget,
): Promise<RunRecord | null> {
  if (unfinished !== null && request.startOver === null) return unfinished
  if (runs.length === 0) return null
  await using connection = await connect(address)
  if (unfinished === null) await refuseRepeated(connection, request, probe)
  else await rollBackRun(connection, unfinished.run, { force: true })
  return null
}
