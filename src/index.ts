/**
 * The library: what the command line does without a screen, as functions. Invariant: an option has the name that it has on the command
 * line, in camel case, and the same default; an option that a function does not have is refused.
 */
import {
  type Answer,
  type CallName,
  EngineProcess,
  MigrateError,
  nearest,
  type PlanningOptions,
  planningDefaults,
  type Report,
  type Request,
  type RunEvent,
  type RunningOptions,
  runningDefaults,
  runRequest,
  type TargetChoice,
  type TargetOptions,
  targetChoice,
  targetDefaults,
  type VerifyLevel,
} from './engine/door/index.ts'

export {
  type ErrorKind,
  type ExitCode,
  exitCodes,
  type Finding,
  MigrateError,
  type Plan,
  type Report,
  type RunEvent,
  renderReport,
  type VerifyLevel,
  version,
} from './engine/door/index.ts'

/** Every option may be left out, or null or undefined for its default. */
type Given<O> = { readonly [K in keyof O]?: O[K] | null | undefined }

export type Watching = {
  /** Stops at the next block boundary; what was copied stays, and the same call goes on. */
  readonly signal?: AbortSignal | undefined
  /** Called with each event, in order; plain data, as `--json` prints it. */
  readonly onEvent?: ((event: RunEvent) => void) | undefined
}

/** What names a target, and where PG* variables, DATABASE_URL and passwords are looked up. */
export type Target = Given<TargetOptions> & {
  /** Default: `process.env`. */
  readonly env?: TargetChoice['env'] | undefined
}

/** `source`: one path or several. */
export type PlanOptions = Target &
  Watching &
  Omit<Given<PlanningOptions>, 'source'> & { readonly source?: string | readonly string[] | undefined }
export type MigrateOptions = PlanOptions &
  Given<RunningOptions> & {
    /** The command line that does the same again, for the report; a program of its own has none. */
    readonly command?: string | undefined
  }
export type InspectOptions = Watching & Pick<PlanOptions, 'source' | 'salvage' | 'workFolder'>
/** `run`: an earlier run's name; the last one by default. */
export type RunChoice = Target & Watching & { readonly run?: string | null | undefined }
export type VerifyOptions = RunChoice & {
  readonly level?: Exclude<VerifyLevel, 'none'> | undefined
  readonly repair?: boolean | undefined
  readonly jobs?: number | null | undefined
}
/** `force`: the database's name, when changed rows may be lost. */
export type RollbackOptions = RunChoice & { readonly force?: string | null | undefined }
/** `toSqlite`: a folder that is empty or does not exist. */
export type ExportOptions = RunChoice & { readonly toSqlite: string }

/**
 * Moves databases and verifies them. Returns the report, whatever became of the run: `report.status` is `ok`, `quarantined`,
 * `mismatch`, `failed` or `stopped`, and `report.exitCode` is what the command line would exit with. Throws MigrateError when nothing
 * could be begun: `usage`, `source`, `target` or `plan`.
 */
export async function migrate(options: MigrateOptions): Promise<Report> {
  refuseUnknown('migrate', options, [...planningNames, ...Object.keys(runningDefaults), 'command'])
  const request = runRequest(
    { ...targetOf(options), ...planningOf(options), ...withDefaults(runningDefaults, options) },
    { env: options.env ?? process.env, dryRun: false, command: options.command ?? '' },
  )
  const { report } = await call('runAll', request, options)
  return report!
}

/** What a run would do. Returns the plan and its DDL; nothing is written to the target, and none need be named. Throws MigrateError. */
export async function plan(options: PlanOptions = {}): Promise<Answer<'planOnly'>> {
  refuseUnknown('plan', options, planningNames)
  const request = runRequest(
    { ...targetOf(options), ...planningOf(options), ...runningDefaults },
    { env: options.env ?? process.env, dryRun: true, command: '' },
  )
  return call('planOnly', request, options)
}

/** Returns what was found, with the catalog and the census of each database. Throws MigrateError `source`. */
export async function inspect(options: InspectOptions = {}): Promise<Answer<'inspect'>> {
  refuseUnknown('inspect', options, ['source', 'salvage', 'workFolder'])
  const { source, salvage } = planningOf(options)
  return call('inspect', { sources: source, salvage, workFolder: targetOf(options).workFolder }, options)
}

/** Compares the target of an earlier run with its snapshots. Returns what differs, row by row at level `full`. Throws MigrateError. */
export async function verify(options: VerifyOptions): Promise<Answer<'verifyAgain'>> {
  refuseUnknown('verify', options, [...runChoiceNames, 'level', 'repair', 'jobs'])
  const { level = 'checksum', repair = false, jobs = null } = options
  return call('verifyAgain', { ...choiceOf(options), level, repair, jobs }, options)
}

/** Removes what a run created, in one transaction. Returns the objects removed and kept. Throws MigrateError when rows have changed. */
export async function rollback(options: RollbackOptions): Promise<Answer<'rollBack'>> {
  refuseUnknown('rollback', options, [...runChoiceNames, 'force'])
  return call('rollBack', { ...choiceOf(options), force: options.force ?? null }, options)
}

/** Writes SQLite databases in the old layout from the target alone. Returns what was written and what was not. Throws MigrateError. */
export async function exportTo(options: ExportOptions): Promise<Answer<'exportToSqlite'>> {
  refuseUnknown('exportTo', options, [...runChoiceNames, 'toSqlite'])
  return call('exportToSqlite', { ...choiceOf(options), folder: options.toSqlite }, options)
}

const targetNames = ['env', ...Object.keys(targetDefaults)]
const planningNames = [...targetNames, ...Object.keys(planningDefaults)]
const runChoiceNames = [...targetNames, 'run']

/** A misspelt option would silently be the default. */
function refuseUnknown(name: string, options: object, own: readonly string[]): void {
  const known = ['signal', 'onEvent', ...own]
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue
    const close = nearest(key, known)
    throw new MigrateError('usage', 'unknown-option', `${name}() has no option "${key}".`, {
      ...(close === null ? {} : { hint: `Did you mean ${close}?` }),
    })
  }
}

function withDefaults<O extends object>(defaults: O, given: Given<O>): O {
  const entries = Object.entries(defaults) as [keyof O, O[keyof O]][]
  return Object.fromEntries(entries.map(([key, value]) => [key, given[key] ?? value])) as O
}

function targetOf(options: Given<TargetOptions>): TargetOptions {
  return withDefaults(targetDefaults, options)
}

function planningOf({
  source,
  ...options
}: Pick<PlanOptions, 'source'> & Given<Omit<PlanningOptions, 'source'>>) {
  const sources = typeof source === 'string' ? [source] : source
  return withDefaults(planningDefaults, { ...options, source: sources })
}

function choiceOf(options: RunChoice) {
  return {
    target: targetChoice(targetOf(options), options.env ?? process.env),
    run: options.run ?? null,
  }
}

/** One call to an engine of its own, which ends with it. */
async function call<N extends CallName>(
  name: N,
  request: Request<N>,
  { signal, onEvent }: Watching,
): Promise<Answer<N>> {
  signal?.throwIfAborted()
  const engine = new EngineProcess()
  const stop = (): void =>
    engine.command({ type: 'stop', signal: signal?.reason === 'SIGTERM' ? 'SIGTERM' : 'SIGINT' })
  signal?.addEventListener('abort', stop, { once: true })
  try {
    return await engine.call(name, request, onEvent)
  } finally {
    signal?.removeEventListener('abort', stop)
    await engine.close()
  }
}
