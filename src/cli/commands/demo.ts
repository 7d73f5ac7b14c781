/** Moves sample databases into an embedded PostgreSQL: what a newcomer runs first. */
import { join } from 'node:path'
import { exitCodes } from '../../engine/door/index.ts'
import { chooseFace } from '../../faces/choose-face.ts'
import { wholeWithin } from '../../library/option-rules.ts'
import { formatBytes, formatCounted } from '../../ui/format.ts'
import { defineCommand, type Invocation, usualValues } from '../command.ts'
import { askYes, canAsk } from '../confirm.ts'
import { described, textOr, wholeNumberOr } from '../option-kinds.ts'
import { refuseUnwritable } from '../output-file.ts'
import { runRequestOf } from '../requests.ts'
import { runExitCodes } from '../run-exit-codes.ts'
import { dryRunOf, jsonEvents, take } from '../take-options.ts'
import { askAndRun, lineFace, progressFace, runOptions, withFace } from './run.ts'

const options = {
  rows: wholeNumberOr(50_000, wholeWithin(1, 1_000_000_000), {
    value: 'N',
    group: 'What to move',
    description: 'Rows in all (default: 50000)',
  }),
  folder: textOr('gpt-migrate-demo', {
    value: 'DIR',
    completes: 'folders',
    group: 'Where to',
    description: 'Where to put the sample databases and the server (default: gpt-migrate-demo)',
  }),
  target: described(
    take('target').target,
    'postgres://…, or embedded[:DIR] (default: an embedded server in the folder)',
  ),
  ...take('keepRunning', 'port', 'verify', 'jobs', 'exact', 'report', 'keepDays', 'plain'),
  yes: described(take('yes').yes, 'No questions, no wizard; an earlier demo in the folder is replaced'),
  dryRun: dryRunOf('be replaced'),
  json: jsonEvents,
}
type DemoInvocation = Invocation<typeof options>

export const demo = defineCommand({
  name: 'demo',
  purpose: 'move sample databases into an embedded PostgreSQL',
  details: [
    'In a terminal the wizard moves them. An earlier demo in the folder stays, and the next one goes beside it, unless you agree to replace it.',
  ],
  options,
  examples: [
    { line: 'gpt-migrate demo', does: 'six databases with about 50,000 rows, moved and verified' },
    { line: 'gpt-migrate demo --rows 1000000 --keep-running', does: 'a million rows; the server stays on' },
  ],
  exitCodes: runExitCodes,
  async perform(invocation) {
    const { values, engine, world } = invocation
    refuseUnwritable('report', values.report)
    const home = await chooseHome(invocation)
    if (home === null) return exitCodes.ok
    const { rows, json } = values
    const place = {
      source: [join(home, 'databases')],
      target: values.target ?? `embedded:${join(home, 'postgres')}`,
      workFolder: join(home, 'work'),
    }
    const texts = new Map([
      ...invocation.texts,
      ['source', place.source],
      ['target', [place.target]],
      ['work-folder', [place.workFolder]],
    ] as const)
    const given = { ...usualValues(runOptions), ...values, ...place }
    if (!json) world.print(`Sample databases with about ${formatCounted(rows, 'row')} in ${place.source[0]}`)
    if (!values.yes && chooseFace({ ...world.terminal, json, plain: values.plain }) === 'wizard') {
      await withFace(await progressFace(values, world, engine), (onEvent) =>
        engine.call('makeSamples', { folder: home, rows }, onEvent),
      )
      return askAndRun({ values: given, texts, engine, world })
    }
    const {
      sources: _sources,
      mapping: _mapping,
      as: _as,
      dryRun: _dryRun,
      salvage: _salvage,
      startOver: _startOver,
      ...run
    } = runRequestOf(given, world, texts)
    const { report } = await withFace(await lineFace(values, world, engine), (onEvent) =>
      engine.call('runDemo', { folder: home, rows, run }, onEvent),
    )
    return report?.exitCode ?? exitCodes.ok
  },
})

/** Returns the folder for this demo, or null when there is nothing more to do. An earlier demo is removed only with the user's consent. */
async function chooseHome({ values, engine, world }: DemoInvocation): Promise<string | null> {
  const { folder, yes, dryRun, json } = values
  const { earlier, free } = await engine.call('findDemo', { folder })
  const say = (line: string): void => {
    if (!json) world.print(line)
  }
  if (earlier === null) {
    if (dryRun) say(`${folder} is free: nothing would be removed.`)
    return dryRun ? null : folder
  }
  const server = earlier.hasServer ? ' and an embedded PostgreSQL' : ''
  const what = `${folder} holds an earlier demo: ${formatCounted(earlier.databases, 'database')}${server}, ${formatBytes(earlier.bytes)}.`
  if (dryRun) {
    say(`${what} With --yes its server is stopped and a new demo takes its place. Nothing was changed.`)
    return null
  }
  const asks = !yes && canAsk(world, json)
  if (asks) say(what)
  if (yes || (asks && (await askYes('Remove it, and make a new one?', world)))) {
    await engine.call('removeDemo', { folder })
    return folder
  }
  say(`The earlier demo in ${folder} stays; this one goes into ${free}. With --yes it is replaced.`)
  return free
}
