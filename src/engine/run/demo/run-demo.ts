/** The demo: sample databases made in a folder, then the whole run into an embedded PostgreSQL beside them. */
import { join, resolve } from 'node:path'
import type { RunContext } from '../../events/run-context.ts'
import type { RunAnswer } from '../../model/answers.ts'
import { runAll } from '../migrate/run-all.ts'
import type { RunRequest } from '../prepare/run-request.ts'
import { writeSamples } from './make-samples.ts'

type DemoRequest = {
  readonly folder: string
  readonly rows: number
  /** The options of the run, without those that the demo decides: sources, target and their places. */
  readonly run: Omit<RunRequest, 'sources' | 'mapping' | 'as' | 'dryRun' | 'salvage' | 'startOver'>
}

export async function runDemo({ folder, rows, run }: DemoRequest, context: RunContext): Promise<RunAnswer> {
  const home = resolve(folder)
  const databases = join(home, 'databases')
  await writeSamples(databases, rows, context)
  return runAll(
    {
      ...run,
      sources: [databases],
      mapping: 'gpt-trader',
      as: {},
      dryRun: false,
      salvage: false,
      startOver: null,
    },
    context,
  )
}
