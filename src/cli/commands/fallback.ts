/** Keeps SQLite files in the old layout current from PostgreSQL. */

import { exitCodes, printableJson } from '../../engine/door/index.ts'
import { endFallback, fallback as fallBack } from '../../index.ts'
import { defineCommand } from '../command.ts'
import { askYes, canAsk, needsYes } from '../confirm.ts'
import { flag, text } from '../option-kinds.ts'
import { onTarget, refuseUnnamedTarget, targetOptions } from '../requests.ts'
import { take } from '../take-options.ts'
import { usageError } from '../usage-error.ts'
import { lineFace } from './run.ts'

export const fallback = defineCommand({
  name: 'fallback',
  purpose: 'keep SQLite files in the old layout current from PostgreSQL',
  details: [
    'DIR gets the databases as they were when PostgreSQL took over, and from then on every change that is made in PostgreSQL. A cell is rewritten only when its value is not what the old cell would become: all others keep their bytes and their storage class.',
    'Changes are noted by triggers on the moved tables, which --end drops again.',
  ],
  options: {
    ...targetOptions,
    to: text({
      value: 'DIR',
      completes: 'folders',
      group: 'Where to',
      description: 'The folder of the files; at first empty or missing, never a source of a run',
    }),
    once: flag({ group: 'How', description: 'Write what has changed so far, then end' }),
    end: flag({
      group: 'How',
      description: 'End the fallback: drop the triggers; the files stay',
    }),
    ...take('yes', 'run', 'json'),
  },
  examples: [
    { line: 'gpt-migrate fallback --to ./fallback', does: 'until Ctrl+C, a second or so behind PostgreSQL' },
    { line: 'gpt-migrate fallback --to ./fallback --once', does: 'once, as from a timer' },
    { line: 'gpt-migrate fallback --end --yes', does: 'after two weeks' },
  ],
  exitCodes: {
    ok: 'the files are current',
    source: 'the snapshots of the run are gone or changed',
    target: true,
    copy: 'the run is not finished',
    quarantined: 'the files are current but for what the old layout refuses or cannot hold, which is named',
    interrupted: 'stopped by Ctrl+C; the files are as of the last round',
    terminated: 'stopped by SIGTERM; the files are as of the last round',
  },
  check({ values }) {
    if (values.end && (values.to !== null || values.once))
      throw usageError('options-exclude', '--end drops the triggers: it takes neither --to nor --once.')
  },
  async perform(invocation) {
    const { values, world } = invocation
    refuseUnnamedTarget(values, world)
    const { run, to, once, json } = values
    const choice = { ...onTarget(invocation), run }
    if (values.end) {
      if (!values.yes) {
        if (!canAsk(world, json)) throw needsYes('fallback --end', 'drops the triggers of the way back')
        const asked = await endFallback({ ...choice, dryRun: true })
        for (const line of endLines(asked, false)) world.print(line)
        if (asked.run === null) return exitCodes.ok
        if (!(await askYes('Drop them now?', world))) {
          world.print('Nothing was changed.')
          return exitCodes.usage
        }
      }
      const ended = await endFallback(choice)
      for (const line of json ? [printableJson(ended)] : endLines(ended, true)) world.print(line)
      return exitCodes.ok
    }
    if (to === null)
      throw usageError(
        'no-folder',
        'fallback needs a folder for the files.',
        'Name one that is empty or not there yet: gpt-migrate fallback --to DIR.',
      )
    const { onEvent } = await lineFace({ json, plain: true }, world, invocation.engine)
    const { fallbackLines } = await import('../../faces/fallback-lines.ts')
    const answer = await fallBack({ ...choice, to, once, onEvent })
    for (const line of json ? [printableJson(answer)] : fallbackLines(answer)) world.print(line)
    if (answer.stoppedBy === 'SIGINT') return exitCodes.interrupted
    if (answer.stoppedBy === 'SIGTERM') return exitCodes.terminated
    const isWhole =
      answer.asideCount === 0 &&
      answer.unsynced.length === 0 &&
      answer.tables.every(({ lost }) => lost.length === 0)
    return isWhole ? exitCodes.ok : exitCodes.quarantined
  },
})

function endLines(
  {
    run,
    tables,
    pending,
  }: { readonly run: string | null; readonly tables: number; readonly pending: number },
  isDone: boolean,
): string[] {
  if (run === null) return ['No changes are captured on this target: there is nothing to end.']
  return [
    `${isDone ? 'Dropped' : 'Would drop'} the triggers of ${tables} tables of run ${run}.`,
    ...(pending > 0 ? [`  ${pending} noted changes ${isDone ? 'were' : 'are'} not brought back.`] : []),
  ]
}
