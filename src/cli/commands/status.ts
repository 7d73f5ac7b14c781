/** The runs that the target's journal knows. */

import { exitCodes } from '../../engine/door/index.ts'
import { defineCommand } from '../command.ts'
import { take } from '../options.ts'
import { refuseUnnamedTarget, targetChoiceOf, targetOptions } from '../requests.ts'

export const status = defineCommand({
  name: 'status',
  purpose: 'the runs that the target knows of',
  options: { ...targetOptions, ...take('json') },
  examples: [
    { line: 'gpt-migrate status --target postgres://me@localhost/app', does: 'its runs, the last one first' },
    { line: 'gpt-migrate status --json', does: 'the runs on DATABASE_URL, for a program to read' },
  ],
  exitCodes: { ok: 'the runs were listed', target: true },
  async perform({ values, engine, world }) {
    refuseUnnamedTarget(values, world)
    const runs = await engine.call('listRuns', { target: targetChoiceOf(values, world) })
    if (values.json) {
      world.print(JSON.stringify(runs))
      return exitCodes.ok
    }
    if (runs.length === 0) world.print('The target holds no run of gpt-migrate.')
    for (const { run, status: state, startedAt, finishedAt, programVersion } of runs) {
      const end = finishedAt === null ? 'not finished' : `finished ${finishedAt}`
      world.print(`${run}  ${state}  started ${startedAt}  ${end}  gpt-migrate ${programVersion}`)
    }
    return exitCodes.ok
  },
})
