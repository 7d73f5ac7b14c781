/**
 * The calls that a face can make: each takes and returns plain data, so that it can cross to another process. Invariant: only the modules
 * of calls that are made are loaded.
 */

import type { RunContext } from '../events/run-context.ts'
import type { Plan } from '../model/plan.ts'
import type { Discovery } from '../model/snapshot.ts'
import type { KnownMapping } from '../plan-files/known-mapping.ts'
import type { Prepared, PrepareRequest } from '../run/prepare/prepare.ts'
import type { RunRequest } from '../run/prepare/run-request.ts'
import type { TargetAddress } from '../target/address/address.ts'

const demoHome = () => import('../run/demo/demo-home.ts')
const knownMapping = () => import('../plan-files/known-mapping.ts')
const listing = () => import('../run/past-runs/list-target.ts')
const preparing = () => import('../run/prepare/prepare.ts')
const preparingChosen = () => import('../run/prepare/prepare-chosen.ts')
const rememberedTarget = () => import('../run/connect/remembered-target.ts')
const rollingBack = () => import('../run/past-runs/rollback-target.ts')
const runAll = () => import('../run/migrate/run-all.ts')
const searching = () => import('../source/discover/discover.ts')
const testing = () => import('../run/past-runs/test-target.ts')

export const calls = {
  discover: async (
    request: { paths: readonly string[]; salvage: boolean },
    context: RunContext,
  ): Promise<Discovery> =>
    (await searching()).discover(request.paths, {
      salvage: request.salvage,
      onFound: (database) => context.emit({ type: 'database-found', database }),
      onPassedOver: (passedOver) => context.emit({ type: 'path-passed-over', passedOver }),
    }),
  inspect: lazy(() => import('../run/prepare/inspect-databases.ts'), 'inspectDatabases'),
  completePath: async ({ text, home }: { text: string; home: string | null }) =>
    (await import('../source/files/complete-path.ts')).completePath(text, home),
  makeSamples: lazy(() => import('../run/demo/make-samples.ts'), 'makeSamples'),
  examineTarget: async (
    request: { readonly address: TargetAddress } & Pick<RunRequest, 'jobs' | 'options'>,
  ) => (await import('../run/connect/reach-target.ts')).examineTarget(request.address, request),
  prepare: lazy(preparing, 'prepare'),
  replan: async (request: { prepared: Prepared; again: PrepareRequest }) =>
    (await preparing()).replan(request.prepared, request.again),
  migrate: lazy(() => import('../run/migrate/migrate.ts'), 'migrate'),
  runAll: lazy(runAll, 'runAll'),
  planOnly: lazy(runAll, 'planOnly'),
  runDemo: lazy(() => import('../run/demo/run-demo.ts'), 'runDemo'),
  findDemo: lazy(demoHome, 'findDemo'),
  removeDemo: lazy(demoHome, 'removeDemo'),
  follow: lazy(() => import('../run/following/follow.ts'), 'followRun'),
  cutOver: lazy(() => import('../run/cut-over/cut-over.ts'), 'cutOver'),
  describeRuns: lazy(() => import('../run/following/follow-status.ts'), 'describeRuns'),
  settleCutOver: lazy(() => import('../run/cut-over/settle-cut-over.ts'), 'settleCutOver'),
  verifyAgain: lazy(() => import('../run/past-runs/verify-again.ts'), 'verifyAgain'),
  exportToSqlite: lazy(() => import('../run/past-runs/export-target.ts'), 'exportTarget'),
  fallBack: lazy(() => import('../run/cut-over/fall-back.ts'), 'fallBack'),
  endFallback: lazy(() => import('../run/cut-over/fall-back.ts'), 'endFallback'),
  extendPartitions: lazy(() => import('../run/past-runs/extend-partitions.ts'), 'extendPartitions'),
  cutBack: lazy(() => import('../run/cut-over/cut-back.ts'), 'cutBack'),
  keepSide: lazy(() => import('../run/cut-over/cut-back.ts'), 'keepSide'),
  rollBack: lazy(rollingBack, 'rollBackTarget'),
  previewRollback: lazy(rollingBack, 'previewRollbackOfTarget'),
  judgeQueries: lazy(() => import('../run/queries/judge-queries.ts'), 'judgeQueries'),
  listRuns: lazy(listing, 'listTargetRuns'),
  listRejects: lazy(listing, 'listRejects'),
  retryRejects: lazy(() => import('../run/past-runs/retry-target.ts'), 'retryTargetRejects'),
  serve: lazy(() => import('../run/past-runs/serve-embedded.ts'), 'serveEmbedded'),
  testTarget: lazy(testing, 'testTarget'),
  rememberTarget: lazy(rememberedTarget, 'rememberTarget'),
  recallTarget: lazy(rememberedTarget, 'recallTarget'),
  createTargetDatabase: lazy(testing, 'createTargetDatabase'),
  startOver: lazy(testing, 'startOver'),
  releaseTarget: lazy(testing, 'releaseTarget'),
  prepareChosen: lazy(preparingChosen, 'prepareChosen'),
  prepareResumed: lazy(preparingChosen, 'prepareResumed'),
  sampleRows: lazy(() => import('../run/prepare/sample-rows.ts'), 'sampleRows'),
  tableDdl: lazy(() => import('../run/prepare/table-ddl.ts'), 'tableDdl'),
  savePlan: lazy(() => import('../run/prepare/save-plan.ts'), 'savePlan'),
  /** Returns the plan as the text of a plan file of that name. */
  writePlan: async (request: { plan: Plan; file: string }): Promise<string> =>
    (await import('../plan-files/plan-file.ts')).writePlan(request.plan, request.file),
  /** Returns a built-in mapping as a mapping file. */
  showMapping: async (request: { name: 'gpt-trader' }): Promise<string> =>
    (await knownMapping()).writeKnownMapping(request.name),
  knownMapping: async (_request: Record<string, never>): Promise<KnownMapping> =>
    (await knownMapping()).knownMapping(),
}

export type CallName = keyof typeof calls
export type Request<N extends CallName> = Parameters<(typeof calls)[N]>[0]
export type Answer<N extends CallName> = Awaited<ReturnType<(typeof calls)[N]>>

/** Loads the modules of a call before it is made. */
export async function loadCall(name: CallName): Promise<void> {
  const call = calls[name]
  if ('load' in call) await call.load()
}

type Lazy<F> = F extends (...given: infer A) => infer R
  ? ((...given: A) => Promise<Awaited<R>>) & { readonly load: () => Promise<unknown> }
  : never

/** Returns a function that loads its module when it is first called. */
function lazy<M, N extends keyof M>(load: () => Promise<M>, name: N): Lazy<M[N]> {
  const perform = async (...given: readonly unknown[]) =>
    ((await load())[name] as (...given: readonly unknown[]) => unknown)(...given)
  return Object.assign(perform, { load }) as unknown as Lazy<M[N]>
}
