/** Moves a running application over: its writers are kept out for a moment, and it is started on PostgreSQL. */

import { cutOverDefaults, exitCodes, printableJson } from '../../engine/door/index.ts'
import { cutOverExitCode, cutOverLines } from '../../faces/cut-over-lines.ts'
import { lostRows, settledLines } from '../../faces/settled-lines.ts'
import { cutover as cutOver, keepAfterCutover } from '../../index.ts'
import { optionRules } from '../../library/option-rules.ts'
import { defineCommand } from '../command.ts'
import { isAgreed } from '../confirm.ts'
import { choice, described, flag, text, wholeNumberOr } from '../option-kinds.ts'
import { onTarget, refuseUnnamedTarget, targetOptions } from '../requests.ts'
import { dryRunOf, jsonEvents, take, yesTo } from '../take-options.ts'
import { usageError } from '../usage-error.ts'
import { lineFace } from './run.ts'

export const cutover = defineCommand({
  name: 'cutover',
  purpose: 'move the running application over: keep its writers out for a moment, and start it on PostgreSQL',
  details: [
    "The run's sources must be followed (gpt-migrate follow, or --follow); while another process follows, this one takes over from it.",
    'Until the command of --on-cutover has been started every failure lets the writers in again, and nothing is lost. From then on nothing continues by itself.',
    'With --back it moves to the SQLite files that gpt-migrate fallback keeps current; the moved tables refuse writes from then on, until --back --keep postgres.',
  ],
  options: {
    ...targetOptions,
    ...take('run'),
    exclude: described(
      take('exclude').exclude,
      'Cut over without a table that can no longer be followed: table or database/table',
    ),
    back: flag({
      group: 'How',
      description: 'From PostgreSQL back to the SQLite files that gpt-migrate fallback keeps current',
    }),
    to: text({
      value: 'DIR',
      completes: 'folders',
      group: 'Where to',
      description: 'With --back: the folder of the files',
    }),
    yes: yesTo('Cut over'),
    dryRun: dryRunOf('be done, by keeping the writers out for a moment'),
    onCutover: text({
      value: 'CMD',
      group: 'How',
      description:
        'Starts the application on PostgreSQL; has DATABASE_URL in its environment, and must return',
    }),
    beforeCutover: text({
      value: 'CMD',
      group: 'How',
      description: 'Runs first: to stop an application that writes while it shuts down',
    }),
    onAbort: text({
      value: 'CMD',
      group: 'How',
      description: 'Runs when nothing was switched after --before-cutover: starts the application again',
    }),
    within: wholeNumberOr(cutOverDefaults.within, optionRules.within, {
      value: 'SECONDS',
      group: 'How',
      description: 'How long to try to keep the writers out (default: 10)',
    }),
    fence: wholeNumberOr(cutOverDefaults.fence, optionRules.fence, {
      value: 'SECONDS',
      group: 'How',
      description:
        "How long they may be kept out before the start; less than the application's busy timeout (default: 5)",
    }),
    hold: wholeNumberOr(cutOverDefaults.hold, optionRules.hold, {
      value: 'SECONDS',
      group: 'How',
      description: 'How long they stay out after the start while others have the files open (default: 60)',
    }),
    acceptQuarantine: flag({
      group: 'How',
      description: 'Cut over although following has put rows into quarantine',
    }),
    noFallback: flag({
      group: 'How',
      description: 'Do not record changes in PostgreSQL for the way back',
    }),
    keep: choice(optionRules.keep, {
      value: 'SIDE',
      group: 'How',
      description: 'After an interrupted cut-over, what the application uses: sqlite or postgres',
    }),
    json: jsonEvents,
  },
  examples: [
    { line: 'gpt-migrate cutover --dry-run', does: 'whether it can be done, and how long it would take' },
    {
      line: 'gpt-migrate cutover --yes --on-cutover ./start-on-postgres.sh',
      does: 'the application is started on PostgreSQL, by its DATABASE_URL',
    },
    {
      line: 'gpt-migrate cutover --back --to ./fallback --on-cutover ./start.sh --yes',
      does: 'back to SQLite, whose folder is in GPT_MIGRATE_FOLDER',
    },
  ],
  exitCodes: {
    ok: 'the application uses PostgreSQL, and every cell was proven',
    usage: 'wrong usage, or the answer was no; nothing was done',
    source: true,
    target: true,
    copy: 'nothing was switched, or the command failed; what to do is said',
    verify:
      'it was switched, and the proof differs or could not be made; with --keep, the other side has rows of its own',
    quarantined: 'switched and proven, with rows in quarantine',
    interrupted: true,
    terminated: true,
  },
  check({ values, texts }) {
    if (values.to !== null && !values.back)
      throw usageError('option-alone', '--to is the folder of the way back: it goes with --back.')
    for (const name of ['exclude', 'dry-run', 'before-cutover', 'on-abort', 'fence', 'hold', 'no-fallback']) {
      if (values.back && texts.has(name))
        throw usageError('options-exclude', `--back takes no --${name} beside it.`)
    }
  },
  async perform(invocation) {
    const { values, engine, world } = invocation
    refuseUnnamedTarget(values, world)
    if (values.back) return (await import('../cutover-back.ts')).performBack({ values, engine, world })
    const { run, json, dryRun, keep } = values
    const choice = { ...onTarget(invocation), run }
    const question = 'Switch the application over to PostgreSQL now?'
    const asked = { command: 'cutover', does: 'switches the application over', question, takesDryRun: true }
    if (!dryRun && !(await isAgreed(values, world, asked))) return exitCodes.usage
    if (keep !== null) {
      const settled = await keepAfterCutover({ ...choice, keep })
      for (const line of json ? [printableJson(settled)] : settledLines(settled)) world.print(line)
      return lostRows(settled).length === 0 ? exitCodes.ok : exitCodes.verify
    }
    const { onCutover, beforeCutover, onAbort, within, fence, hold, acceptQuarantine, exclude, noFallback } =
      values
    const answer = await cutOver({
      ...choice,
      ...{ onCutover, beforeCutover, onAbort, within, fence, hold },
      ...{ acceptQuarantine, exclude, noFallback, dryRun },
      onEvent: (await lineFace({ json, plain: true }, world, engine)).onEvent,
    })
    for (const line of json ? [printableJson(answer)] : cutOverLines(answer)) world.print(line)
    return cutOverExitCode(answer)
  },
})
