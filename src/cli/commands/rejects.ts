/** Lists the rows in quarantine, exports them as JSON lines, or tries them again. */

import { exitCodes, printableJson } from '../../engine/door/index.ts'

import { rejectLines, retryLines } from '../../faces/reject-lines.ts'
import { rejects as listRejects, retryRejects } from '../../index.ts'
import { defineCommand } from '../command.ts'
import { onTarget, refuseUnnamedTarget, targetOptions } from '../requests.ts'
import { take } from '../take-options.ts'

export const rejects = defineCommand({
  name: 'rejects',
  purpose: 'list the rows in quarantine, export them, or try them again',
  operands: [
    { shown: '[list|export|retry]', choices: ['list', 'export', 'retry'] },
    { shown: '[FILE]', after: 'retry', completes: 'files' },
  ],
  options: { ...targetOptions, ...take('run', 'json') },
  examples: [
    {
      line: 'gpt-migrate rejects export > rejects.jsonl',
      does: 'the rows as JSON, one a line, to be edited',
    },
    { line: 'gpt-migrate rejects retry rejects.jsonl', does: 'load the edited rows' },
  ],
  exitCodes: {
    ok: 'listed or exported; or every row was loaded',
    target: true,
    copy: 'the run is not finished',
    quarantined: 'rows are left in quarantine after retry',
  },
  async perform(invocation) {
    const { values, operands, world } = invocation
    const [action = 'list', file = null] = operands
    const { run, json } = values
    refuseUnnamedTarget(values, world)
    const choice = { ...onTarget(invocation), run }
    if (action === 'retry') {
      const answer = await retryRejects({ ...choice, file })
      for (const line of json ? [printableJson(answer)] : retryLines(answer)) world.print(line)
      return answer.left.length === 0 ? exitCodes.ok : exitCodes.quarantined
    }
    const listed = await listRejects(choice)
    const asJson = json || action === 'export'
    const { entries } = listed
    for (const line of asJson
      ? entries.map((entry) => printableJson(entry))
      : rejectLines(listed.run, entries))
      world.print(line)
    return exitCodes.ok
  },
})
