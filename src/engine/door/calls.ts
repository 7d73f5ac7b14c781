/**
 * What a face can ask of the engine: each call takes and returns plain data, so that it can cross to another process. Invariant:
 * the code of a call is loaded when it is made, and that of the others is not.
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
const pastRuns = () => import('../run/past-runs/past-runs.ts')
const preparing = () => import('../run/prepare/prepare.ts')
const preparingChosen = () => import('../run/prepare/prepare-chosen.ts')
const rememberedTarget = () => import('../run/connect/remembered-target.ts')
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
  inspect: late(() => import('../run/prepare/inspect-databases.ts'), 'inspectDatabases'),
  completePath: async ({ text, home }: { text: string; home: string | null }) =>
    (await import('../source/files/complete-path.ts')).completePath(text, home),
  makeSamples: late(() => import('../run/demo/make-samples.ts'), 'makeSamples'),
  examineTarget: async (
    request: { readonly address: TargetAddress } & Pick<RunRequest, 'jobs' | 'options'>,
  ) => (await import('../run/connect/reach-target.ts')).examineTarget(request.address, request),
  prepare: late(preparing, 'prepare'),
  replan: async (request: { prepared: Prepared; again: PrepareRequest }) =>
    (await preparing()).replan(request.prepared, request.again),
  migrate: late(() => import('../run/migrate/migrate.ts'), 'migrate'),
  runAll: late(runAll, 'runAll'),
  planOnly: late(runAll, 'planOnly'),
  runDemo: late(() => import('../run/demo/run-demo.ts'), 'runDemo'),
  findDemo: late(demoHome, 'findDemo'),
  removeDemo: late(demoHome, 'removeDemo'),
  follow: late(() => import('../run/following/follow.ts'), 'followRun'),
  cutOver: late(() => import('../run/cut-over/cut-over.ts'), 'cutOver'),
  describeRuns: late(() => import('../run/following/follow-status.ts'), 'describeRuns'),
  settleCutOver: late(() => import('../run/cut-over/settle-cut-over.ts'), 'settleCutOver'),
  verifyAgain: late(pastRuns, 'verifyAgain'),
  exportToSqlite: late(pastRuns, 'exportTarget'),
  fallBack: late(() => import('../run/cut-over/fall-back.ts'), 'fallBack'),
  endFallback: late(() => import('../run/cut-over/fall-back.ts'), 'endFallback'),
  extendPartitions: late(() => import('../run/past-runs/extend-partitions.ts'), 'extendPartitions'),
  cutBack: late(() => import('../run/cut-over/cut-back.ts'), 'cutBack'),
  keepSide: late(() => import('../run/cut-over/cut-back.ts'), 'keepSide'),
  rollBack: late(pastRuns, 'rollBackTarget'),
  previewRollback: late(pastRuns, 'previewRollbackOfTarget'),
  judgeQueries: late(() => import('../run/queries/judge-queries.ts'), 'judgeQueries'),
  listRuns: late(pastRuns, 'listTargetRuns'),
  listRejects: late(pastRuns, 'listRejects'),
  retryRejects: late(pastRuns, 'retryTargetRejects'),
  serve: late(pastRuns, 'serveEmbedded'),
  testTarget: late(testing, 'testTarget'),
  rememberTarget: late(rememberedTarget, 'rememberTarget'),
  recallTarget: late(rememberedTarget, 'recallTarget'),
  createTargetDatabase: late(testing, 'createTargetDatabase'),
  startOver: late(testing, 'startOver'),
  releaseTarget: late(testing, 'releaseTarget'),
  prepareChosen: late(preparingChosen, 'prepareChosen'),
  prepareResumed: late(preparingChosen, 'prepareResumed'),
  sampleRows: late(() => import('../run/prepare/sample-rows.ts'), 'sampleRows'),
  tableDdl: late(() => import('../run/prepare/table-ddl.ts'), 'tableDdl'),
  savePlan: late(() => import('../run/prepare/save-plan.ts'), 'savePlan'),
  /** A plan as the text of a plan file of that name. */
  writePlan: async (request: { plan: Plan; file: string }): Promise<string> =>
    (await import('../plan-files/plan-file.ts')).writePlan(request.plan, request.file),
  /** A built-in mapping as a mapping file. */
  showMapping: async (request: { name: 'gpt-trader' }): Promise<string> =>
    (await knownMapping()).writeKnownMapping(request.name),
  knownMapping: async (_request: Record<string, never>): Promise<KnownMapping> =>
    (await knownMapping()).knownMapping(),
}

export type CallName = keyof typeof calls
export type Request<N extends CallName> = Parameters<(typeof calls)[N]>[0]
export type Answer<N extends CallName> = Awaited<ReturnType<(typeof calls)[N]>>

/** Loads the code of a call before it is made. */
export async function loadCall(name: CallName): Promise<void> {
  const call = calls[name]
  if ('load' in call) await call.load()
}

type Late<F> = F extends (...given: infer A) => infer R
  ? ((...given: A) => Promise<Awaited<R>>) & { readonly load: () => Promise<unknown> }
  : never

/** The function by that name, of a module that is loaded when the function is first called. */
function late<M, N extends keyof M>(load: () => Promise<M>, name: N): Late<M[N]> {
  const perform = async (...given: readonly unknown[]) =>
    ((await load())[name] as (...given: readonly unknown[]) => unknown)(...given)
  return Object.assign(perform, { load }) as unknown as Late<M[N]>
}
