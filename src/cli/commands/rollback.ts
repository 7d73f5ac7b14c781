/** Takes a run back: removes what it created, and nothing else. Asks, or needs `--yes`. */

import { exitCodes, printableJson } from '../../engine/door/index.ts'
import { previewRollback, rollback as rollBack } from '../../index.ts'
import { defineCommand } from '../command.ts'
import { askForName, askYes, canAsk, needsYes } from '../confirm.ts'
import { text } from '../option-kinds.ts'
import { onTarget, refuseUnnamedTarget, targetOptions } from '../requests.ts'
import { dryRunOf, take, yesTo } from '../take-options.ts'

export const rollback = defineCommand({
  name: 'rollback',
  purpose: 'remove what a run created, and nothing else',
  details: [
    'In a terminal it shows what would be removed and asks; elsewhere it needs --yes. It refuses when rows have changed since the run.',
  ],
  options: {
    ...targetOptions,
    ...take('run', 'json'),
    yes: yesTo('Roll back'),
    dryRun: dryRunOf('be removed'),
    force: text({
      value: 'DATABASE',
      group: 'How',
      description: "Roll back although rows have changed since the run; type the target database's name",
    }),
  },
  examples: [
    {
      line: 'gpt-migrate rollback --target postgres://me@localhost/app --dry-run',
      does: 'what would be removed',
    },
    {
      line: 'gpt-migrate rollback --run 2026-11-22-1 --yes',
      does: 'take back an earlier run, without asking',
    },
  ],
  exitCodes: {
    ok: 'the run was rolled back; with --dry-run, it could be',
    usage: 'wrong usage, or the answer was no; nothing was done',
    target: 'the target cannot be used, or has changed since the run',
  },
  async perform(invocation) {
    const { values, world } = invocation
    const { run, json, yes, dryRun } = values
    refuseUnnamedTarget(values, world)
    const asks = !yes && !dryRun
    if (asks && !canAsk(world, json)) throw needsYes('rollback', 'removes what a run created', true)
    const choice = { ...onTarget(invocation), run }
    let { force } = values
    const { rollbackPreviewLines, rolledBackLines } = await import('../../faces/rollback-lines.ts')
    if (asks || dryRun) {
      const preview = await previewRollback({ ...choice, force })
      const isRefused = preview.changes.length > 0 && force === null
      const lines = json ? [printableJson(preview)] : rollbackPreviewLines(preview, world.isVerbose)
      for (const line of lines) world.print(line)
      if (dryRun && !json)
        world.print(
          isRefused
            ? `\nNothing was changed. It would be refused; to roll back all the same: --force ${preview.database}`
            : '\nNothing was changed.',
        )
      if (dryRun) return isRefused ? exitCodes.target : exitCodes.ok
      const agreed = isRefused
        ? await askForName('\nTo remove all of that, the changes too', preview.database, world)
        : await askYes('\nRemove all of that?', world)
      if (!agreed) {
        world.print('Nothing was changed.')
        return exitCodes.usage
      }
      if (isRefused) force = preview.database
    }
    const done = await rollBack({ ...choice, force })
    for (const line of json ? [printableJson(done)] : rolledBackLines(done)) world.print(line)
    return exitCodes.ok
  },
})
