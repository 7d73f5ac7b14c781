/** What a face can ask of the engine: each call takes and returns plain data, so that it can cross to another process. */

import type { RunContext } from '../events/run-context.ts'
import type { Plan } from '../model/plan.ts'
import type { Discovery } from '../model/snapshot.ts'
import { type KnownMapping, knownMapping, writeKnownMapping } from '../plan-files/known-mapping.ts'
import { writePlan } from '../plan-files/plan-file.ts'
import { cutBack, keepSide } from '../run/cut-back.ts'
import { cutOver } from '../run/cut-over.ts'
import { lookAtDemo, removeDemo } from '../run/demo-home.ts'
import { extendPartitions } from '../run/extend-partitions.ts'
import { endFallback, fallBack } from '../run/fall-back.ts'
import { followRun } from '../run/follow.ts'
import { describeRuns } from '../run/follow-status.ts'
import { inspectDatabases } from '../run/inspect-databases.ts'
import { judgeQueries } from '../run/judge-queries.ts'
import { makeSamples } from '../run/make-samples.ts'
import { migrate } from '../run/migrate.ts'
import {
  exportTarget,
  listRejects,
  listTargetRuns,
  previewRollbackOfTarget,
  retryTargetRejects,
  rollBackTarget,
  serveEmbedded,
  verifyAgain,
} from '../run/past-runs.ts'
import { prepare, replan } from '../run/prepare.ts'
import { prepareChosen, prepareResumed } from '../run/prepare-chosen.ts'
import { recallTarget, rememberTarget } from '../run/remembered-target.ts'
import { lookAtTarget, planOnly, runAll } from '../run/run-all.ts'
import { runDemo } from '../run/run-demo.ts'
import { sampleRows } from '../run/sample-rows.ts'
import { savePlan } from '../run/save-plan.ts'
import { settleCutOver } from '../run/settle-cut-over.ts'
import { tableDdl } from '../run/table-ddl.ts'
import { createTargetDatabase, releaseTarget, startOver, testTarget } from '../run/test-target.ts'
import { discover } from '../source/discover/discover.ts'
import { completePath } from '../source/files/complete-path.ts'
import type { TargetAddress } from '../target/address.ts'

export const calls = {
  discover: (
    request: { paths: readonly string[]; salvage: boolean },
    context: RunContext,
  ): Promise<Discovery> =>
    discover(request.paths, {
      salvage: request.salvage,
      onFound: (database) => context.emit({ type: 'database-found', database }),
      onPassedOver: (passedOver) => context.emit({ type: 'path-passed-over', passedOver }),
    }),
  inspect: inspectDatabases,
  completePath: async ({ text, home }: { text: string; home: string | null }) => completePath(text, home),
  makeSamples,
  lookAtTarget: (request: { readonly address: TargetAddress } & Parameters<typeof lookAtTarget>[1]) =>
    lookAtTarget(request.address, request),
  prepare,
  replan: (request: { prepared: Parameters<typeof replan>[0]; again: Parameters<typeof replan>[1] }) =>
    replan(request.prepared, request.again),
  migrate,
  runAll,
  planOnly,
  runDemo,
  lookAtDemo,
  removeDemo,
  follow: followRun,
  cutOver,
  describeRuns,
  settleCutOver,
  verifyAgain,
  exportToSqlite: exportTarget,
  fallBack,
  endFallback,
  extendPartitions,
  cutBack,
  keepSide,
  rollBack: rollBackTarget,
  previewRollback: previewRollbackOfTarget,
  judgeQueries,
  listRuns: listTargetRuns,
  listRejects,
  retryRejects: retryTargetRejects,
  serve: serveEmbedded,
  testTarget,
  rememberTarget: async (request: Parameters<typeof rememberTarget>[0]) => rememberTarget(request),
  recallTarget: async (request: Parameters<typeof recallTarget>[0]) => recallTarget(request),
  createTargetDatabase,
  startOver,
  releaseTarget,
  prepareChosen,
  prepareResumed,
  sampleRows: async (request: Parameters<typeof sampleRows>[0]) => sampleRows(request),
  tableDdl: async (request: Parameters<typeof tableDdl>[0]) => tableDdl(request),
  savePlan,
  /** A plan as the text of a plan file of that name. */
  writePlan: async (request: { plan: Plan; file: string }): Promise<string> =>
    writePlan(request.plan, request.file),
  /** A built-in mapping as a mapping file. */
  showMapping: async (request: { name: 'gpt-trader' }): Promise<string> => writeKnownMapping(request.name),
  knownMapping: async (_request: Record<string, never>): Promise<KnownMapping> => knownMapping(),
}

export type CallName = keyof typeof calls
export type Request<N extends CallName> = Parameters<(typeof calls)[N]>[0]
export type Answer<N extends CallName> = Awaited<ReturnType<(typeof calls)[N]>>
