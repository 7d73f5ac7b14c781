/**
 * argv → one face over one engine. The engine is started first when one will be needed, and the command's modules load meanwhile.
 * Invariant: only this file listens to signals, prints errors and decides the exit code; a person sees an error as a sentence and what to
 * do next, never as a stack.
 */

import { expectedCall } from './cli/expected-call.ts'
import { printError } from './cli/print-error.ts'
import { EngineProcess, exitCodes, MigrateError, type UnderWay, version } from './engine/door/index.ts'
import { leavingWords, stoppingWords } from './faces/phase-words.ts'

// A reader that closes the pipe early, such as `head`, neither ends the run nor changes its exit code.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

/**
 * How long the engine may take to stop, by what is under way. There is no limit while a cut-over's command runs: the engine stops waiting
 * for it, but keeps the writers out until it has ended.
 */
const PATIENCE_MS: Readonly<Record<UnderWay, number>> = {
  blocks: 5_000,
  round: 30_000,
  command: Number.POSITIVE_INFINITY,
}

const streams = {
  print: (line: string): void => {
    process.stdout.write(`${line}\n`)
  },
  complain: (line: string): void => {
    process.stderr.write(`${line}\n`)
  },
}

process.exitCode = await main(process.argv.slice(2))

async function main(argv: readonly string[]): Promise<number> {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) return print(version)
  let json = argv.includes('--json')
  if (!hasCurrentFolder()) return complain(currentFolderGone(), json)
  const signals = listenToSignals(() => engine)
  let engine = startEarly(argv, signals)
  process.on('exit', () => engine?.kill())
  try {
    const [{ commands }, { parseArguments }] = await Promise.all([
      import('./cli/commands/index.ts'),
      import('./cli/parse-arguments.ts'),
    ])
    const { command, ...given } = parseArguments(argv)
    json = given.json
    if (given.help) {
      const { commandHelp, overview } = await import('./cli/help.ts')
      return print(given.isNamed ? commandHelp(command, given.verbose) : overview(commands))
    }
    if (given.version) return print(version)
    if (given.noColor) Object.assign(process.env, { NO_COLOR: '1', FORCE_COLOR: '0' })
    return await command.perform({
      ...given,
      commands,
      get engine() {
        engine ??= new EngineProcess(signals.stopAsked)
        return engine
      },
      world: {
        env: process.env,
        ...streams,
        terminal: {
          stdinIsTerminal: process.stdin.isTTY === true,
          stdoutIsTerminal: process.stdout.isTTY === true,
          columns: process.stdout.columns ?? 80,
          rows: process.stdout.rows ?? 24,
          term: process.env.TERM,
          ci: (process.env.CI ?? '') !== '',
        },
        isVerbose: given.verbose,
        isQuiet: given.quiet,
        platform: process.platform,
        stdin: process.stdin,
        stdout: process.stdout,
        onSignal: signals.handOver,
        leaveNow,
      },
    })
  } catch (error) {
    return complain(error, json)
  } finally {
    await engine?.close()
  }
}

/** Whether the working directory exists: every process and thread asks for it, and the engine would crash without one. */
function hasCurrentFolder(): boolean {
  try {
    return process.cwd() !== ''
  } catch {
    return false
  }
}

function currentFolderGone(): MigrateError {
  return new MigrateError('usage', 'no-current-folder', 'The folder that you are in was removed.', {
    hint: 'Change to a folder that exists, then run the command again.',
  })
}

/** Starts the engine for a command that surely needs it, while the command line is still loading. */
function startEarly(argv: readonly string[], { stopAsked }: Signals): EngineProcess | null {
  const call = expectedCall(argv)
  if (call === null) return null
  const engine = new EngineProcess(stopAsked)
  engine.expect(call)
  return engine
}

function print(text: string): number {
  process.stdout.write(`${text}\n`)
  return exitCodes.ok
}

function complain(thrown: unknown, json: boolean): number {
  if (!(thrown instanceof MigrateError) && process.env.GPT_MIGRATE_DEBUG !== undefined) console.error(thrown)
  return printError(thrown, json, streams)
}

type Signal = 'SIGINT' | 'SIGTERM'

type Signals = {
  readonly handOver: (listener: ((signal: Signal) => void) | null) => void
  /** The engine was asked to stop, by a signal or by a key; starts the time limit for stopping. */
  readonly stopAsked: (signal: Signal) => void
}

/**
 * The first signal stops the engine at the block boundary; the second signal, or the end of the time limit, exits at once. Either way the
 * same command resumes the run. A face that asks questions handles signals itself. A terminal sends Ctrl+C to the launcher too, and a
 * launcher that had to start another Node passes it on: a second signal within `samePressMs` is the same key press.
 */
function listenToSignals(running: () => EngineProcess | null): Signals {
  const samePressMs = process.env.GPT_MIGRATE_REEXECUTED === undefined ? 0 : 150
  let lastAt = Number.NEGATIVE_INFINITY
  let stopping = false
  let face: ((signal: Signal) => void) | null = null
  let patience: NodeJS.Timeout | undefined
  const press = (signal: Signal): void => {
    const engine = running()
    if (face !== null) face(signal)
    else if (stopping || engine === null || !engine.wasCalled) leaveNow(signal)
    else {
      process.stderr.write(`${stoppingWords[engine.underWay]}\n`)
      engine.command({ type: 'stop', signal })
    }
    stopping = true
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (performance.now() - lastAt < samePressMs) return
      lastAt = performance.now()
      press(signal)
    })
  }
  return {
    handOver(listener) {
      face = listener
    },
    stopAsked(signal) {
      clearTimeout(patience)
      const askedAt = performance.now()
      const look = (): void => {
        const engine = running()
        // The engine has stopped, and the face continues.
        if (engine === null || !engine.isStopping) return
        const leftMs = PATIENCE_MS[engine.underWay] - (performance.now() - askedAt)
        if (leftMs === Number.POSITIVE_INFINITY) return
        if (leftMs > 0) {
          patience = setTimeout(look, leftMs).unref()
          return
        }
        process.on('exit', () => process.stderr.write(`${leavingWords}\n`))
        // The face restores the terminal.
        press(signal)
        leaveNow(signal)
      }
      patience = setTimeout(look, PATIENCE_MS.blocks).unref()
    },
  }
}

function leaveNow(signal: Signal): never {
  process.exit(signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated)
}
