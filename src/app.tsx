/**
 * The wizard in the terminal: one store, one key listener, one screen at a time. Invariant: interactive screens are on the alternate
 * screen, which is redrawn after every resize and leaves nothing behind; the run is on the primary screen, so that its finished tables stay
 * in the scrollback, and the summary is printed below them at the end.
 */

import { Box, render, useInput, usePaste, useWindowSize } from 'ink'
import { useEffect, useSyncExternalStore } from 'react'
import { formatCounted, printable, version } from './engine/door/index.ts'
import { smallestTerminal } from './faces/choose-face.ts'
import { cutOverExitCode, cutOverLines } from './faces/cut-over-lines.ts'
import { summaryLines } from './faces/summary.ts'
import { ConnectionScreen } from './screens/connection.tsx'
import { DetailScreen } from './screens/detail.tsx'
import { DiscoveryScreen } from './screens/discovery.tsx'
import { HelpScreen } from './screens/help.tsx'
import { LeavingScreen } from './screens/leaving.tsx'
import { DoneLines, MigrationScreen } from './screens/migration.tsx'
import { PreviewScreen } from './screens/preview.tsx'
import { SummaryScreen } from './screens/summary.tsx'
import { TooSmall } from './screens/too-small.tsx'
import { asciiStream } from './ui/ascii-stream.ts'
import { frameStream } from './ui/frame-stream.ts'
import { keyNames } from './ui/key-names.ts'
import { Line } from './ui/line.tsx'
import { type Look, LookContext } from './ui/look.ts'
import { screenStream } from './ui/screen-stream.ts'
import { asciiSymbols, speaksUnicode, unicodeSymbols } from './ui/symbols.ts'
import { textWidth } from './ui/text.ts'
import { afterSteps, nextStepsOf } from './wizard/acts/next-steps.ts'
import { actionOf } from './wizard/keys/keys.ts'
import { type Performing, performer } from './wizard/perform/perform.ts'
import { WizardStore } from './wizard/perform/store.ts'
import type { Action, WizardState } from './wizard/state/state.ts'
import { passedTest } from './wizard/steps/connection.ts'
import { targetLabel } from './wizard/steps/target-label.ts'

type WizardWorld = Omit<Performing, 'copy' | 'onLeft'> & {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: string
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly print: (line: string) => void
  /** Sends the process's signals to `listener` instead of the default handling; null restores the default. */
  readonly onSignal: (listener: ((signal: 'SIGINT' | 'SIGTERM') => void) | null) => void
  /** Exits at once: called for the second Ctrl+C. */
  readonly leaveNow: (signal: 'SIGINT' | 'SIGTERM') => void
}

/** Runs the wizard from the first question to the summary. Returns the exit code. */
export async function runWizard(world: WizardWorld): Promise<number> {
  const left = Promise.withResolvers<void>()
  const copy = (text: string): void => void world.stdout.write(clipboardSequence(text))
  const perform = performer({ ...world, copy, onLeft: left.resolve })
  const store = new WizardStore(world.given, perform)
  const dispatch = impatient(store, world.leaveNow)
  world.onSignal((signal) => dispatch({ type: 'interrupt', signal }))
  try {
    await show(world, store, dispatch, left.promise)
  } finally {
    world.onSignal(null)
  }
  const { migration, cutOver, exitCode } = store.state
  if (migration.report !== null) {
    for (const line of ['', ...summaryLines(migration.report, { columns: world.stdout.columns })])
      world.print(line)
    for (const line of afterLines(store.state)) world.print(line)
  } else if (migration.error !== null) world.print(`gpt-migrate: ${migration.error.message}`)
  return cutOver.answer === null ? (exitCode ?? 0) : cutOverExitCode(cutOver.answer)
}

/** What happened after the run, as lines for the scrollback. */
function afterLines(state: WizardState): readonly string[] {
  const { cutOver, following, migration } = state
  const before = migration.report === null ? [] : nextStepsOf(migration.report).map(({ text }) => text)
  const left = afterSteps(state).filter(({ text }) => !before.includes(text))
  const steps = left.map(({ word, text }) => `${word.padEnd(10)}${printable(text)}`)
  if (cutOver.answer !== null) return ['', ...cutOverLines(cutOver.answer), ...steps]
  if (following.phase === 'idle') return []
  return ['', `Followed until round ${following.progress.round}.`, ...steps]
}

/** OSC 52, an xterm control sequence: most terminals copy the text to the clipboard, also over ssh. */
const clipboardSequence = (text: string): string =>
  `\u001b]52;c;${Buffer.from(text).toString('base64')}\u0007`

/** Returns a dispatch function that exits at the second interrupt, whatever is under way. */
function impatient(store: WizardStore, leaveNow: WizardWorld['leaveNow']): (action: Action) => void {
  let interrupted = false
  return (action) => {
    if (action.type === 'interrupt') {
      if (interrupted) {
        leaveNow(action.signal)
        return
      }
      interrupted = true
    }
    store.dispatch(action)
  }
}

/** Renders one Ink app after another: the questions, the run, the summary, and the questions again when the run could not begin. */
async function show(
  world: WizardWorld,
  store: WizardStore,
  dispatch: (action: Action) => void,
  left: Promise<void>,
): Promise<void> {
  const { env, stdin, platform } = world
  const unicode = speaksUnicode(env, platform)
  const terminal = unicode ? world.stdout : asciiStream(world.stdout, textWidth)
  const spoken = env.INK_SCREEN_READER === 'true'
  const look = {
    symbols: unicode ? unicodeSymbols : asciiSymbols,
    colours: (env.NO_COLOR ?? '') === '',
    spoken,
    links: !spoken && unicode,
  }
  let over = false
  void left.then(() => {
    over = true
  })
  while (!over) {
    const isRun = isOfTheRun(store.state)
    const onAlternate = !isRun && !spoken
    const stdout = onAlternate
      ? screenStream(terminal)
      : isRun && !breaksNoLines(env)
        ? frameStream(terminal)
        : terminal
    const app = render(<App store={store} dispatch={dispatch} look={look} isRun={isRun} />, {
      stdin,
      stdout,
      exitOnCtrlC: false,
      patchConsole: true,
      maxFps: 15,
      alternateScreen: onAlternate,
      isScreenReaderEnabled: spoken,
      interactive: true,
    })
    await Promise.race([left, changeOf(store, () => isOfTheRun(store.state) !== isRun)])
    app.clear()
    app.unmount()
    await app.waitUntilExit()
    app.cleanup()
  }
}

/** xterm cuts off long lines when its window is narrowed; every other current terminal rewraps them. */
const breaksNoLines = ({ XTERM_VERSION }: WizardWorld['env']): boolean => XTERM_VERSION !== undefined

const isOfTheRun = ({ step }: WizardState): boolean => step === 'migration'

function changeOf(store: WizardStore, has: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = store.subscribe(() => {
      if (!has()) return
      stop()
      resolve()
    })
  })
}

type AppProps = {
  readonly store: WizardStore
  readonly dispatch: (action: Action) => void
  readonly look: Omit<Look, 'columns' | 'rows'>
  /** Whether this app shows the run; an app renders nothing once the state belongs to the other one. */
  readonly isRun?: boolean
}

export function App({ store, dispatch, look, isRun }: AppProps) {
  const state = useSyncExternalStore(store.subscribe, store.snapshot)
  const { columns, rows } = useWindowSize()
  useInput((input, key) => {
    for (const name of keyNames(input, key)) {
      const action = actionOf(store.state, name)
      if (action !== null) dispatch(action)
    }
  })
  useEffect(() => dispatch({ type: 'resized', columns, rows }), [dispatch, columns, rows])
  usePaste((text) => dispatch({ type: 'edit', edit: { kind: 'insert', text } }))
  if (isRun !== undefined && isRun !== isOfTheRun(state)) return null
  const small = columns < smallestTerminal.columns || rows < smallestTerminal.rows
  return (
    <LookContext value={{ ...look, columns, rows }}>
      <Box flexDirection="column">
        {isOfTheRun(state) && <DoneLines done={state.migration.done} title={titleOf(state)} />}
        {small ? <TooSmall state={state} /> : <Screen state={state} dispatch={dispatch} />}
      </Box>
    </LookContext>
  )
}

function titleOf(state: WizardState): string {
  const test = passedTest(state)
  const target = test === null ? '' : targetLabel(test)
  const count = state.preview.prepared?.plan.sources.length ?? 0
  return `gpt-migrate ${version}: ${formatCounted(count, 'database')} into ${target}`
}

function Leaving({ state }: { readonly state: WizardState }) {
  const { tested } = state.connection
  const stops = tested.kind === 'passed' && tested.test.embedded !== null && !state.summary.keepRunning
  return stops ? <Line tone="quiet"> Stopping the embedded server</Line> : null
}

function Screen({
  state,
  dispatch,
}: {
  readonly state: WizardState
  readonly dispatch: (action: Action) => void
}) {
  if (state.exitCode !== null) return <Leaving state={state} />
  if (state.leaving) return <LeavingScreen state={state} />
  if (state.help) return <HelpScreen state={state} />
  if (state.detail !== null) return <DetailScreen state={state} />
  switch (state.step) {
    case 'discovery':
      return <DiscoveryScreen state={state} />
    case 'connection':
      return <ConnectionScreen state={state} dispatch={dispatch} />
    case 'preview':
      return <PreviewScreen state={state} />
    case 'migration':
      return <MigrationScreen state={state} />
    case 'summary':
      return <SummaryScreen state={state} />
    default:
      return state.step satisfies never
  }
}
