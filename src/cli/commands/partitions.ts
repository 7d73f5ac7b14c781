/** Makes the monthly partitions that are missing, now and in the months to come. */

import { printableJson } from '../../engine/door/index.ts'
import { partitionLines } from '../../faces/partition-lines.ts'
import { partitions as extendPartitions } from '../../index.ts'
import { optionRules } from '../../library/option-rules.ts'
import { defineCommand } from '../command.ts'
import { followedExitCode } from '../followed-exit-code.ts'
import { flag, wholeNumberOr } from '../option-kinds.ts'
import { onTarget, refuseUnnamedTarget, targetOptions } from '../requests.ts'
import { dryRunOf, take } from '../take-options.ts'
import { lineFace } from './run.ts'

export const partitions = defineCommand({
  name: 'partitions',
  purpose: 'create missing monthly partitions, and those of the coming months',
  details: [
    'A run makes partitions for the months that hold data and three ahead; later rows fall into the default partition. This makes the missing ones and moves those rows, while the application continues. Run it from cron, or let pg_partman keep them.',
  ],
  options: {
    ...targetOptions,
    ahead: wholeNumberOr(12, optionRules.ahead, {
      value: 'MONTHS',
      group: 'How',
      description: 'Months in advance that get a partition (default: 12)',
    }),
    partman: flag({
      group: 'How',
      description: 'Let the extension pg_partman manage them from now on',
    }),
    dryRun: dryRunOf('be made'),
    ...take('run', 'json'),
  },
  examples: [
    { line: 'gpt-migrate partitions --ahead 12', does: 'a year ahead, on DATABASE_URL' },
    { line: 'gpt-migrate partitions --dry-run', does: 'what is missing' },
  ],
  exitCodes: {
    ok: 'every month has its partition',
    target: true,
    interrupted: 'stopped by Ctrl+C between two partitions',
    terminated: 'stopped by SIGTERM between two partitions',
  },
  async perform(invocation) {
    const { values, engine, world } = invocation
    refuseUnnamedTarget(values, world)
    const { run, ahead, partman, dryRun, json } = values
    const onEvent = json ? undefined : (await lineFace({ json, plain: true }, world, engine)).onEvent
    const answer = await extendPartitions({
      ...onTarget(invocation),
      ...{ run, ahead, partman, dryRun, onEvent },
    })
    for (const line of json ? [printableJson(answer)] : partitionLines(answer)) world.print(line)
    return followedExitCode(answer)
  },
})
