/**
 * Runs a command in the test's own process, engine included: its output and exit code at a tenth of the cost of two processes. Streams,
 * signals, kills and limits of the engine's process need the program itself: program.ts.
 */
import { commands } from '../../src/cli/commands/index.ts'
import { parseArguments } from '../../src/cli/parse-arguments.ts'
import { printError } from '../../src/cli/print-error.ts'
import { calls } from '../../src/engine/door/calls.ts'
import { type Answer, type CallName, EngineProcess, type Request } from '../../src/engine/door/index.ts'
import { RunControl } from '../../src/engine/events/control.ts'
import type { RunContext } from '../../src/engine/events/run-context.ts'
import { fromPlainError, toPlainError } from '../../src/engine/model/errors.ts'
import type { EngineCommand, RunEvent } from '../../src/engine/model/event.ts'
import type { Ended } from './program.ts'

type CommandOptions = {
  readonly cwd: string
  /** The whole environment; empty by default. */
  readonly env?: Readonly<Record<string, string>>
}

export async function runCommand(args: readonly string[], { cwd, env = {} }: CommandOptions): Promise<Ended> {
  let output = ''
  let errors = ''
  const print = (line: string): void => {
    output += `${line}\n`
  }
  const complain = (line: string): void => {
    errors += `${line}\n`
  }
  const before = process.cwd()
  process.chdir(cwd)
  try {
    const exitCode = await perform(args, env, { print, complain }).catch((error: unknown) =>
      printError(error, args.includes('--json'), { print, complain }),
    )
    return { exitCode, signal: null, output, errors }
  } finally {
    process.chdir(before)
  }
}

async function perform(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  streams: { print(line: string): void; complain(line: string): void },
): Promise<number> {
  const { command, ...given } = parseArguments(args)
  const terminal = { stdinIsTerminal: false, stdoutIsTerminal: false, columns: 80, rows: 24 }
  return command.perform({
    ...given,
    commands,
    engine: engineHere(),
    world: {
      ...streams,
      env,
      terminal: { ...terminal, term: undefined, ci: false },
      isVerbose: given.verbose,
      isQuiet: given.quiet,
      platform: process.platform,
      stdin: process.stdin,
      stdout: process.stdout,
      onSignal: () => {},
      leaveNow: (signal) => {
        throw new Error(`left by ${signal}`)
      },
    },
  })
}

/** Answers like the engine's process: requests and answers are copied. */
function engineHere(): EngineProcess {
  let control = new RunControl()
  const engine: Pick<EngineProcess, 'call' | 'command' | 'isStopping' | 'underWay'> = {
    isStopping: false,
    underWay: 'blocks',
    async call<N extends CallName>(
      name: N,
      request: Request<N>,
      onEvent: (event: RunEvent) => void = () => {},
    ): Promise<Answer<N>> {
      const perform = calls[name] as unknown as (
        request: Request<N>,
        context: RunContext,
      ) => Promise<Answer<N>>
      try {
        const emit = (event: RunEvent): void => onEvent(structuredClone(event))
        return structuredClone(await perform(structuredClone(request), { control, emit }))
      } catch (error) {
        throw fromPlainError(toPlainError(error))
      }
    },
    command(command: EngineCommand): void {
      if (command.type === 'reset') control = new RunControl()
      else control.obey(command)
    },
  }
  // The library checks that it is an EngineProcess.
  return Object.setPrototypeOf(engine, EngineProcess.prototype) as EngineProcess
}
