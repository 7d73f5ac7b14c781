/** Runs the engine in the test's own process. */
import { createHash } from 'node:crypto'
import { RunControl } from '../../src/engine/events/control.ts'
import type { RunAnswer } from '../../src/engine/model/answers.ts'
import type { RunEvent } from '../../src/engine/model/event.ts'
import type { Plan, PlanOptions } from '../../src/engine/model/plan.ts'
import { parsePlan, writePlan } from '../../src/engine/plan-files/plan-file.ts'
import { runAll } from '../../src/engine/run/migrate/run-all.ts'
import { verifyAgain } from '../../src/engine/run/past-runs/verify-again.ts'
import type { RunRequest } from '../../src/engine/run/prepare/run-request.ts'
import { usualOptions } from './plan-options.ts'

export type TestRun = {
  readonly sources: readonly string[]
  readonly url: string
  readonly workFolder: string
  readonly options?: Partial<PlanOptions>
  readonly request?: Partial<RunRequest>
  readonly control?: RunControl
  readonly onEvent?: (event: RunEvent) => void
}

export async function runForTest(run: TestRun): Promise<RunAnswer> {
  const { sources, url, workFolder } = run
  const answer = await runAll(
    {
      sources,
      as: {},
      mapping: null,
      options: { ...usualOptions, ...run.options },
      target: { target: url, env: {}, workFolder, port: null },
      jobs: 2,
      verifyLevel: 'checksum',
      workFolder,
      keepDays: 14,
      startOver: null,
      salvage: false,
      keepRunning: false,
      dryRun: false,
      reportFile: null,
      command: 'npx gpt-migrate --yes',
      ...run.request,
    },
    { control: run.control ?? new RunControl(), emit: run.onEvent ?? (() => {}) },
  )
  expectPlanFile(answer.plan)
  return answer
}

const checkedPlans = new Set<string>()

/** Expects that the plan can be written to a plan file and read again. */
function expectPlanFile(plan: Plan): void {
  const text = writePlan(plan, 'plan.json')
  const digest = createHash('sha256').update(text).digest('hex')
  if (checkedPlans.has(digest)) return
  try {
    parsePlan(text, 'plan.json')
  } catch (cause) {
    // Not a MigrateError, which tests of generated databases would accept.
    throw new Error('The plan that was written cannot be read.', { cause })
  }
  checkedPlans.add(digest)
}

/** Verifies by checksums what a run left in the target; `repair` reloads what differs. */
export function verifyForTest(
  url: string,
  workFolder: string,
  repair: boolean,
): ReturnType<typeof verifyAgain> {
  return verifyAgainForTest(url, workFolder, { repair })
}

/** Verifies what a run left in the target: by checksums, without reloading, unless told otherwise. */
export function verifyAgainForTest(
  url: string,
  workFolder: string,
  request: Partial<Parameters<typeof verifyAgain>[0]>,
): ReturnType<typeof verifyAgain> {
  return verifyAgain(
    {
      target: { target: url, env: {}, workFolder, port: null },
      run: null,
      level: 'checksum',
      jobs: 2,
      repair: false,
      ...request,
    },
    { control: new RunControl(), emit: () => {} },
  )
}
