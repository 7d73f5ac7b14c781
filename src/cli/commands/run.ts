/** The run: the wizard in a terminal, or without questions. */

import { type EngineProcess, exitCodes, MigrateError, printableJson } from '../../engine/door/index.ts'

import { chooseDisplay, chooseFace, smallestTerminal } from '../../faces/choose-face.ts'
import { stoppingWords } from '../../faces/phase-words.ts'
import type { LineFace } from '../../faces/plain-lines.ts'
import { run as runOnce } from '../../index.ts'
import { speaksUnicode } from '../../ui/symbols.ts'
import { defineCommand, type Invocation } from '../command.ts'
import { followedExitCode } from '../followed-exit-code.ts'
import { loadInkLean } from '../lean-ink.ts'
import { openFile } from '../open-file.ts'
import { refuseUnwritable } from '../output-file.ts'
import {
  checkPlanning,
  inPlanFile,
  planningOptions,
  printedCommands,
  refuseUnnamedTarget,
  runningOptions,
  runRequestOf,
  shellCommand,
} from '../requests.ts'
import { runExitCodes } from '../run-exit-codes.ts'
import { jsonEvents, take } from '../take-options.ts'
import { usageError } from '../usage-error.ts'
import type { World } from '../world.ts'

export const runOptions = { ...planningOptions, ...runningOptions, ...take('yes', 'plain'), json: jsonEvents }
type RunInvocation = Invocation<typeof runOptions>

export const run = defineCommand({
  name: 'run',
  purpose: 'move the databases; the command when none is named',
  details: ['In a terminal the wizard asks; with --yes nothing is asked.'],
  options: runOptions,
  examples: [
    { line: 'gpt-migrate', does: 'the wizard, on the databases below this folder' },
    {
      line: 'gpt-migrate --yes --source ./data --target postgres://me@localhost/trader',
      does: 'the whole run without questions',
    },
  ],
  exitCodes: runExitCodes,
  check(given) {
    checkPlanning(given)
    if (given.values.follow && !given.values.yes)
      throw usageError('option-alone', '--follow continues a run without questions: it needs --yes.')
  },
  async perform(invocation) {
    const { values, texts, engine, world } = invocation
    if (!values.yes && !values.dryRun) {
      if (chooseFace({ ...world.terminal, json: values.json, plain: values.plain }) === 'wizard')
        return askAndRun(invocation)
      throw new MigrateError('usage', 'questions-not-possible', whyNoWizard(world, values), {
        hint: 'Give --yes with --source and --target to run without questions.',
      })
    }
    refuseUnnamedTarget(values, world)
    refuseUnwritable('report', values.report)
    const { yes: _yes, plain: _plain, json: _json, ...options } = values
    const printed = printedCommands(texts, world)
    const { report, plan, removes, followed } = await withFace(
      await lineFace(values, world, engine),
      (onEvent) => runOnce({ ...options, printed, env: world.env, engine, onEvent }),
    )
    if (followed !== undefined) return followedExitCode(followed)
    if (report !== null) return report.exitCode
    if (values.json) {
      world.print(printableJson({ ...plan, ...(removes === undefined ? {} : { removes }) }))
      return exitCodes.ok
    }
    const { planLines } = await import('../../faces/plan-lines.ts')
    const { removesLines } = await import('../../faces/rollback-lines.ts')
    for (const line of planLines(plan, world.isVerbose)) world.print(line)
    if (removes !== undefined) for (const line of removesLines(removes, world.isVerbose)) world.print(line)
    return exitCodes.ok
  },
})

/** Ink is loaded only here: a run without questions does not wait for it. */
export async function askAndRun({
  values,
  texts,
  engine,
  world,
}: Pick<RunInvocation, 'values' | 'texts' | 'engine' | 'world'>): Promise<number> {
  const { runWizard } = await loadInkLean(() => import('../../app.tsx'))
  return runWizard({
    ...world,
    engine,
    openFile: (path) => openFile(path, world.platform),
    given: runRequestOf(values, world, texts),
    commandOf: ({ sources, target, exclude, epochs, options, salvage, planFile }) => {
      const chosen = new Map(texts)
      const set = (name: string, words: readonly string[] | null): void => {
        if (words === null) chosen.delete(name)
        else chosen.set(name, words)
      }
      set('source', sources)
      set('target', target === null ? null : [target])
      set('exclude', exclude.length + values.exclude.length === 0 ? null : [...values.exclude, ...exclude])
      set('allow-missing', options.allowMissing ? [] : null)
      set('exact', options.exact ? [] : null)
      set('views', options.views === true ? [] : null)
      const units = Object.entries({ ...values.epoch, ...epochs }).map(([name, unit]) => `${name}=${unit}`)
      set('epoch', units.length === 0 ? null : units)
      set('salvage', salvage ? [] : null)
      if (planFile !== null) {
        for (const name of inPlanFile) set(name, null)
        set('plan', [planFile])
      }
      return shellCommand(chosen)
    },
  })
}

function whyNoWizard({ terminal }: World, { json, plain }: { json: boolean; plain: boolean }): string {
  const { columns, rows, stdinIsTerminal, stdoutIsTerminal, ci, term } = terminal
  if (json || plain) return `With --${json ? 'json' : 'plain'} nothing is asked, and this run has questions.`
  if (stdinIsTerminal && stdoutIsTerminal && !ci && term !== 'dumb')
    return `The window is too small for the wizard: it has ${columns} columns and ${rows} rows, and needs ${smallestTerminal.columns} and ${smallestTerminal.rows}.`
  return 'This is not a terminal that the wizard can ask its questions in.'
}

/** Does the work and restores the terminal, whether the work ends or fails. */
export async function withFace<T>(
  face: LineFace,
  work: (onEvent: LineFace['onEvent']) => Promise<T>,
): Promise<T> {
  try {
    return await work(face.onEvent)
  } finally {
    face.close?.()
  }
}

/**
 * Returns the face of a run without the wizard. The module that measures text takes half of the start-up time, so JSON does not load it.
 */
export async function lineFace(
  { json, plain }: { readonly json: boolean; readonly plain: boolean },
  world: World,
  engine: EngineProcess,
): Promise<LineFace> {
  if (json) return (await import('../../faces/json-lines.ts')).jsonLines(world.print)
  const { isVerbose, isQuiet, terminal } = world
  if (!plain && !isQuiet && chooseDisplay(terminal) === 'moving') return movingFace(world, engine)
  const { plainLines } = await import('../../faces/plain-lines.ts')
  const columns = terminal.stdoutIsTerminal ? terminal.columns : null
  return plainLines(world.print, undefined, { columns, isVerbose, isQuiet })
}

/**
 * Returns a face that shows only the progress of a command whose answer is printed at its end; an empty one where lines cannot be
 * rewritten.
 */
export async function progressFace(
  { json }: { readonly json: boolean },
  world: World,
  engine: EngineProcess,
): Promise<LineFace> {
  const isShown = !json && !world.isQuiet && chooseDisplay(world.terminal) === 'moving'
  return isShown ? movingFace(world, engine, true) : { onEvent: () => {} }
}

const TICK_MS = 100

/** Lines that stay, and below them lines that are rewritten until the run or the process ends. */
async function movingFace(world: World, engine: EngineProcess, keepsNoLines = false): Promise<LineFace> {
  const { liveLines } = await import('../../faces/live-lines.ts')
  const { env, platform, stdout, isVerbose } = world
  const face = liveLines(
    {
      write: (text) => stdout.write(text),
      columns: () => stdout.columns ?? 80,
      rows: () => stdout.rows ?? 24,
      colours: (env.NO_COLOR ?? '') === '',
      unicode: speaksUnicode(env, platform),
    },
    { isVerbose, keepsNoLines },
  )
  const ticking = setInterval(face.tick, TICK_MS)
  ticking.unref()
  let isStopping = false
  // A line printed by anyone else would be overwritten.
  world.onSignal((signal) => {
    if (isStopping) {
      face.close()
      world.leaveNow(signal)
    }
    isStopping = true
    face.say(stoppingWords[engine.underWay])
    engine.command({ type: 'stop', signal })
  })
  const close = (): void => {
    clearInterval(ticking)
    face.close()
    world.onSignal(null)
  }
  return {
    onEvent(event) {
      face.onEvent(event)
      if (event.type === 'run-finished' || event.type === 'run-failed') close()
    },
    close,
  }
}
