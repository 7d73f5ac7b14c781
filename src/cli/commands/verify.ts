/** Compares an earlier run's target with its snapshots again. */

import { exitCodes, printableJson } from '../../engine/door/index.ts'
import { verify as verifyRun } from '../../index.ts'
import { optionRules } from '../../library/option-rules.ts'
import { defineCommand } from '../command.ts'
import { askYes, canAsk, needsYes } from '../confirm.ts'
import { choiceOr, described, flag } from '../option-kinds.ts'
import { options } from '../options.ts'
import { onTarget, refuseUnnamedTarget, targetOptions } from '../requests.ts'
import { take } from '../take-options.ts'
import { usageError } from '../usage-error.ts'

export const verify = defineCommand({
  name: 'verify',
  purpose: 'compare the target of an earlier run with its snapshots again',
  options: {
    ...targetOptions,
    level: choiceOr('checksum', optionRules.level, {
      value: 'LEVEL',
      group: 'How',
      description: 'count, checksum or full (default: checksum)',
    }),
    repair: flag({
      group: 'How',
      description: 'Reload the blocks that differ, then verify again; asks, or needs --yes',
    }),
    yes: described(options.yes, 'With --repair: reload without asking'),
    dryRun: described(options.dryRun, 'With --repair: only show what would be reloaded'),
    ...take('jobs', 'run', 'json'),
  },
  examples: [
    { line: 'gpt-migrate verify --level full', does: 'row by row; names each difference' },
    { line: 'gpt-migrate verify --repair --dry-run', does: 'what differs, and would be reloaded' },
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
  check({ values: { repair, yes, dryRun } }) {
    if ((yes || dryRun) && !repair)
      throw usageError(
        'option-alone',
        `--${yes ? 'yes' : 'dry-run'} goes with --repair.`,
        'See gpt-migrate verify --help.',
      )
  },
  async perform(invocation) {
    const { values, world } = invocation
    refuseUnnamedTarget(values, world)
    const { run, jobs, level, repair, json, yes, dryRun } = values
    const asks = repair && !yes && !dryRun
    if (asks && !canAsk(world, json)) throw needsYes('verify --repair', 'rewrites rows of the target', true)
    const choice = { ...onTarget(invocation), run, jobs, level }
    const verified = await verifyRun({ ...choice, repair: repair && yes })
    const { reloadableLines, verifyLines } = await import('../../faces/verify-lines.ts')
    const print = (answer: typeof verified): void => {
      for (const line of json ? [printableJson(answer)] : verifyLines(answer, world.isVerbose))
        world.print(line)
    }
    print(verified)
    if (repair && !yes && !json) for (const line of reloadableLines(verified)) world.print(line)
    let answer = verified
    if (asks && verified.reloadable.length > 0) {
      if (await askYes('\nReload them from the snapshots?', world)) {
        answer = await verifyRun({ ...choice, repair: true })
        print(answer)
      } else world.print('Nothing was changed.')
    }
    return answer.ok ? exitCodes.ok : exitCodes.verify
  },
})
