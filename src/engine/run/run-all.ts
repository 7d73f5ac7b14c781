/** The whole run without questions: find, plan, refuse or resume, migrate. The wizard asks between the same steps. */

import { existsSync, realpathSync } from 'node:fs'
import { relative } from 'node:path'
import { now, type RunContext, runPhase } from '../events/run-context.ts'
import { readFollow } from '../journal/follow.ts'
import { findUnfinishedRun, listRuns, readRun } from '../journal/journal.ts'
import { hasJournal } from '../journal/schema.ts'
import type { FollowAnswer, PlanAnswer, RunAnswer } from '../model/answers.ts'
import { MigrateError } from '../model/errors.ts'
import type { Finding } from '../model/finding.ts'
import type { RunRecord } from '../model/journal.ts'
import type { MappingChoice, TargetChoice } from '../model/options.ts'
import type { Plan, PlanOptions, TargetProbe } from '../model/plan.ts'
import type { Report, VerifyLevel } from '../model/report.ts'
import { shellWord } from '../model/shell-word.ts'
import { besidePath, type Discovery, type FoundDatabase } from '../model/snapshot.ts'
import { renderSql, writeDdl } from '../plan/ddl.ts'
import { INSUFFICIENT_PRIVILEGE } from '../plan/missing-rights.ts'
import { renderTimeseries } from '../plan/timeseries-ddl.ts'
import { mappingName } from '../plan-files/choose-mapping.ts'
import { readPlanFile } from '../plan-files/plan-file.ts'
import { discover } from '../source/discover/discover.ts'
import type { TargetAddress } from '../target/address.ts'
import { connect } from '../target/connection.ts'
import { isEmbeddedFolder } from '../target/embedded.ts'
import { TARGET_OF_ANOTHER_ROLE } from '../target/ownership.ts'
import { probe } from '../target/probe.ts'
import { refuseOtherSchema, withSchemaOf } from './address-schema.ts'
import { followingFindings, refuseUnfollowable, refuseUnfollowableRun } from './followable.ts'
import { migrate } from './migrate.ts'
import type { MigrateRequest } from './migrate-request.ts'
import { openRunFolder } from './open-run-folder.ts'
import { type OpenTarget, openTarget } from './open-target.ts'
import { type Prepared, prepare } from './prepare.ts'
import { occupiedTables } from './prepare-existing.ts'
import { resumePrepared } from './resume.ts'
import { previewRollback, rollBackRun } from './rollback.ts'
import { embeddedFolderOf, isTargetNamed } from './target-choice.ts'

export type RunRequest = {
  readonly sources: readonly string[]
  readonly as: Readonly<Record<string, string>>
  readonly mapping: MappingChoice
  /** A plan to run instead of making one; its options take the place of the command's. */
  readonly planFile?: string | null
  /** Whether SQL of a mapping or plan file outside of the closed list is taken. */
  readonly trustsMapping?: boolean
  readonly options: PlanOptions
  readonly target: TargetChoice
  readonly jobs: number | null
  readonly verifyLevel: VerifyLevel
  readonly workFolder: string
  readonly keepDays: number
  /** The database's name, typed, to roll an unfinished run back instead of resuming it. */
  readonly startOver: string | null
  readonly salvage: boolean
  readonly keepRunning: boolean
  /** Goes on with what is written to the sources after the run, until it is stopped. */
  readonly follow?: boolean
  /** Plan only; nothing is written to the target. */
  readonly dryRun: boolean
  /** Where to write the report besides the work folder; null for nowhere. */
  readonly reportFile: string | null
  readonly command: string
  /** Options that name the target as the command did, '' when the environment does; for the commands that the summary prints. */
  readonly targetOptions?: string | null
  /** Whether a command that is printed can ask, as in a terminal; otherwise it gets `--yes`. */
  readonly canAsk?: boolean
  /** The database's name, typed, to empty the tables that are only filled. */
  readonly truncate?: string | null
}

export async function runAll(given: RunRequest, context: RunContext): Promise<RunAnswer> {
  const startedAt = now()
  refuseUnreadable(given)
  if (given.dryRun && isNotThereYet(given.target)) {
    const { plan } = await prepareAnew(given, null, context)
    refuseErrors(plan)
    return { report: null, plan }
  }
  const target = await openTarget(given.target)
  if (given.keepRunning) target.keep()
  const request = { ...given, options: withSchemaOf(given.options, target.address) }
  try {
    const found = await examineTarget(target.address, given)
    const going = request.follow === true ? await followedBefore(request, target.address) : null
    if (going !== null) {
      return { report: null, plan: going.plan, followed: await followOn(target.address, going.run, context) }
    }
    refuseOtherName('start-over', request.startOver, target.address)
    if (request.dryRun) return await planDry(request, target.address, found, context)
    const unfinished = await settleUnfinished(request, target.address, found.unfinished)
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
  } finally {
    if (!request.keepRunning) await target.close()
  }
}

/** Loaded only here: a run that is not followed does not wait for it. */
async function followOn(address: TargetAddress, run: string, context: RunContext): Promise<FollowAnswer> {
  const { follow, prepareFollowing } = await import('./follow.ts')
  return follow(await prepareFollowing(address, run, null), context)
}

/** The plan of a run that would begin now, and what it would remove first; nothing is written. */
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
  const connection = await connect(address)
  try {
    const rollback = unfinished === null ? null : await previewRollback(connection, unfinished.run)
    const created = new Set(
      rollback?.objects.filter(({ kind }) => kind === 'table').map(({ schema, name }) => `${schema}.${name}`),
    )
    const existing = found.probe.existing.filter(({ schema, table }) => !created.has(`${schema}.${table}`))
    const server = { probe: { ...found.probe, existing }, address }
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
  } finally {
    await connection.end()
  }
}

/** A typed name that is another database's confirms nothing. */
function refuseOtherName(option: string, name: string | null, { database }: TargetAddress): void {
  if (name === null || name === database) return
  throw new MigrateError(
    'usage',
    'name-differs',
    `--${option} names ${JSON.stringify(name)}, and the target is the database ${JSON.stringify(database)}; nothing was removed.`,
    { hint: `Type the name of the database that may lose rows: --${option}=${shellWord(database)}` },
  )
}

/** The last run, where it is followed and reads the same sources: the command that was stopped goes on. */
async function followedBefore(request: RunRequest, address: TargetAddress): Promise<RunRecord | null> {
  const connection = await connect(address)
  try {
    const [last] = (await hasJournal(connection)) ? await listRuns(connection) : []
    if (last === undefined || (await readFollow(connection, last.run)) === null) return null
    const record = await readRun(connection, last.run)
    const sources = request.sources.flatMap((source) => (existsSync(source) ? realpathSync(source) : []))
    const isSame = record?.snapshots.every(({ path }) => sources.some((source) => isWithin(source, path)))
    return isSame === true ? record : null
  } finally {
    await connection.end()
  }
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way === '' || !way.startsWith('..')
}

/** A run whose rows differ from its snapshots, or that was stopped, has to be settled first. */
function isFollowable({ status }: Report): boolean {
  return status === 'ok' || status === 'quarantined'
}

/** The plan and its DDL; without a target, as for the newest PostgreSQL with nothing in it. */
export async function planOnly(request: RunRequest, context: RunContext): Promise<PlanAnswer> {
  refuseUnreadable(request)
  const hasTarget = isTargetNamed(request.target) && !isNotThereYet(request.target)
  const target = hasTarget ? await openTarget(request.target) : null
  try {
    const found = target === null ? null : await examineTarget(target.address, request)
    const address = target?.address ?? null
    const options = withSchemaOf(request.options, address)
    const server = found === null || address === null ? null : { ...found, address }
    const { plan } = await prepareAnew({ ...request, options }, server, context)
    refuseOtherSchema(plan, address)
    return {
      plan,
      sql: `${renderSql(writeDdl(plan.schema, found?.probe.major ?? newestMajor))}${renderTimeseries(plan.schema, found?.probe.timescale?.version ?? newestTimescale)}`,
    }
  } finally {
    await target?.close()
  }
}

/** An embedded server that only a run makes: to plan for it, nothing is created. */
function isNotThereYet(choice: TargetChoice): boolean {
  const folder = embeddedFolderOf(choice)
  return folder !== null && !isEmbeddedFolder(folder)
}

/** A file that can't be used is reported before the run begins. */
function refuseUnreadable({ mapping, planFile = null, trustsMapping = false }: RunRequest): void {
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

/** A path as a person would type it here. */
function relativePath(path: string): string {
  const way = relative('.', path)
  return way === '' || way.startsWith('..') ? path : way
}

type FoundTarget = { readonly probe: TargetProbe; readonly unfinished: RunRecord | null }

/** The server, and the run that was interrupted on it, if there is one. Throws the first trial's refusal. */
export async function examineTarget(
  address: TargetAddress,
  { jobs, options }: Pick<RunRequest, 'jobs' | 'options'>,
): Promise<FoundTarget> {
  const connection = await connect(address)
  try {
    const probed = await probe(connection, jobs)
    refuseTarget(probed, options.dataOnly === true)
    const unfinished = (await hasJournal(connection)) ? await findUnfinishedRun(connection) : null
    return { probe: probed, unfinished }
  } finally {
    await connection.end()
  }
}

/** Where existing tables are filled, the plan names all rights that are missing at once. */
function refuseTarget({ trials = [] }: TargetProbe, isDataOnly: boolean): void {
  const refused = trials.find(
    ({ outcome, code }) => outcome === 'refused' && !(isDataOnly && code === INSUFFICIENT_PRIVILEGE),
  )
  if (refused === undefined) return
  throw new MigrateError('target', refused.code ?? 'target-refused', refused.sentence, {
    ...(refused.help === null ? {} : { hint: refused.help }),
  })
}

/** Databases worth moving of those that were found. Named files that can't be used have thrown already. */
export function chooseDatabases(
  discovery: Discovery,
  salvage: boolean,
): { database: string; path: string }[] {
  return discovery.databases
    .filter(({ health }) => usable.has(health.kind) || (salvage && health.kind === 'damaged'))
    .map(({ database, path }) => ({ database, path }))
}

const usable: ReadonlySet<FoundDatabase['health']['kind']> = new Set(['ok', 'unchecked', 'empty'])

async function prepareAnew(
  request: RunRequest,
  server: { readonly probe: TargetProbe; readonly address: TargetAddress } | null,
  context: RunContext,
): Promise<Prepared> {
  const discovery = await runPhase(context, 'discover', 0, 'database', () =>
    discover(request.sources, {
      salvage: request.salvage,
      checksPages: false,
      onFound: (database) => context.emit({ type: 'database-found', database }),
      onPassedOver: (passedOver) => context.emit({ type: 'path-passed-over', passedOver }),
    }),
  )
  refuseUnusable(discovery)
  const databases = chooseDatabases(discovery, request.salvage)
  if (databases.length === 0) {
    throw new MigrateError(
      'source',
      'no-database',
      `No SQLite database was found in ${request.sources.join(', ')}.`,
      {
        hint: 'Name a file or a folder: --source PATH.',
      },
    )
  }
  const { workFolder, keepDays } = request
  const place = await openRunFolder({ workFolder, keepDays, address: server?.address ?? null })
  const { run, folder } = place
  const { as, mapping, planFile = null, trustsMapping = false, options, salvage } = request
  const findings = [...place.findings, ...discovery.databases.flatMap(leftOut)]
  return prepare(
    {
      run,
      folder,
      databases,
      as,
      mapping,
      planFile,
      trustsMapping,
      options,
      edits: [],
      probe: server?.probe ?? null,
      address: server?.address ?? null,
      salvage,
      findings,
    },
    context,
  )
}

/** Noise that has a database's name: nothing says that it is one. */
const PERHAPS_NONE = 'encrypted-or-not-a-database'

/** Without questions a missing database would go unnoticed: one that can't be read stops the run. */
function refuseUnusable({ databases }: Discovery): void {
  for (const { path, health } of databases) {
    if (health.kind !== 'unreadable' || health.code === PERHAPS_NONE) continue
    throw new MigrateError('source', health.code, health.detail, {
      hint: `To move the others without ${path}, name them: --source FILE, as often as needed.`,
    })
  }
}

function leftOut({ database, path, health }: FoundDatabase): Finding[] {
  if (health.kind !== 'unreadable') return []
  const message = `${path} was left out: ${besidePath(path, health.detail)}`
  return [{ severity: 'warning', code: health.code, database, message }]
}

function refuseErrors({ findings }: Plan): void {
  const errors = findings.filter((finding) => finding.severity === 'error')
  if (errors.length === 0) return
  const [first] = errors
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  throw new MigrateError(
    // The plan is as wanted; the target is not ours to write into.
    first!.code === TARGET_OF_ANOTHER_ROLE || first!.code === INSUFFICIENT_PRIVILEGE ? 'target' : 'plan',
    first!.code,
    `${first!.message}${more}`,
    first!.hint === undefined ? {} : { hint: first!.hint },
  )
}

async function settleUnfinished(
  request: RunRequest,
  address: TargetAddress,
  unfinished: RunRecord | null,
): Promise<RunRecord | null> {
  if (unfinished === null || request.startOver === null) return unfinished
  const connection = await connect(address)
  try {
    await rollBackRun(connection, unfinished.run, { force: true })
    return null
  } finally {
    await connection.end()
  }
}
