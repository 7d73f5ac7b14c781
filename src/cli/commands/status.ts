/** The runs that the target's journal knows, and how the following of their sources stands. */

import { exitCodes, printable, printableJson } from '../../engine/door/index.ts'
import { isTroubled, statusLines } from '../../faces/status-lines.ts'
import { status as describeRuns } from '../../index.ts'
import { wholeWithin } from '../../library/option-rules.ts'
import { defineCommand } from '../command.ts'
import { wholeNumber } from '../option-kinds.ts'
import { onTarget, refuseUnnamedTarget, targetOptions } from '../requests.ts'
import { take } from '../take-options.ts'

export const status = defineCommand({
  name: 'status',
  purpose: 'show the runs of the target, and how far it is behind the sources',
  details: [
    'After a cut-over it looks for rows that were written to the old files since: a process was missed then.',
  ],
  options: {
    ...targetOptions,
    maxLag: wholeNumber(wholeWithin(0, 86_400), {
      value: 'SECONDS',
      group: 'How',
      description: 'Exit code 7 when the target is further behind the sources; for monitoring',
    }),
    ...take('json'),
  },
  examples: [
    { line: 'gpt-migrate status --target postgres://me@localhost/app', does: 'its runs, the last one first' },
    { line: 'gpt-migrate status --json --max-lag 30', does: 'for a monitor on DATABASE_URL' },
  ],
  exitCodes: {
    ok: 'the runs were listed',
    target: true,
    verify:
      'the target is further behind than --max-lag, or rows were written to the old files after a cut-over',
  },
  async perform(invocation) {
    const { values, world } = invocation
    refuseUnnamedTarget(values, world)
    const runs = await describeRuns(onTarget(invocation))
    for (const line of values.json ? [printableJson(runs)] : statusLines(runs))
      world.print(values.json ? line : printable(line))
    return isTroubled(runs, values.maxLag) ? exitCodes.verify : exitCodes.ok
  },
})
