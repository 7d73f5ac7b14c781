/** An earlier run's target compared with its snapshots again. */

import { exitCodes } from '../../engine/door/index.ts'

import { verifyLines } from '../../faces/verify-lines.ts'
import { defineCommand } from '../command.ts'
import { choiceOr, flag } from '../option-kinds.ts'
import { take } from '../options.ts'
import { refuseUnnamedTarget, targetChoiceOf, targetOptions } from '../requests.ts'

export const verify = defineCommand({
  name: 'verify',
  purpose: 'compare the target of an earlier run with its snapshots again',
  options: {
    ...targetOptions,
    level: choiceOr('checksum', ['count', 'checksum', 'full'], {
      name: 'level',
      value: 'LEVEL',
      group: 'How',
      description: 'count, checksum or full (default: checksum)',
    }),
    repair: flag({
      name: 'repair',
      group: 'How',
      description: 'Reload the blocks that differ, then verify again',
    }),
    ...take('jobs', 'run', 'json'),
  },
  examples: [
    { line: 'gpt-migrate verify --level full', does: 'row by row; names each difference' },
    { line: 'gpt-migrate verify --repair', does: 'reload what differs from the snapshots' },
  ],
  exitCodes: {
    ok: 'the target holds what the snapshots hold',
    source: true,
    target: true,
    copy: 'the run is not finished',
    verify: true,
    interrupted: true,
    terminated: true,
  },
  async perform({ values, engine, world }) {
    refuseUnnamedTarget(values, world)
    const { run, jobs, level, repair, json } = values
    const target = targetChoiceOf(values, world)
    const answer = await engine.call('verifyAgain', { target, run, jobs, level, repair })
    for (const line of json ? [JSON.stringify(answer)] : verifyLines(answer)) world.print(line)
    return answer.ok ? exitCodes.ok : exitCodes.verify
  },
})
