/**
 * The face's side of the engine's process. SQLite's code may take any time and memory on an untrusted file, and while a thread is inside
 * of it only its process can be ended. Invariant: a call settles exactly once, even when the process dies.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { fromPlainError, MigrateError } from '../model/errors.ts'
import type { EngineCommand, RunEvent } from '../model/event.ts'
import { formatCount } from '../model/format-count.ts'
import { memoryBound, OUT_OF_MEMORY } from '../threads/process-watch.ts'
import { startedFile } from '../threads/started-file.ts'
import type { Answer, CallName, Request } from './calls.ts'
import { engineEnvironment } from './engine-environment.ts'
import type { FromEngine, ToEngine } from './protocol.ts'
import { SourceWatch } from './source-watch.ts'

type Pending = {
  readonly onEvent: (event: RunEvent) => void
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/** What a stop has to wait for: blocks, a round of following, or a cut-over's command, which our stop does not end. */
export type UnderWay = 'blocks' | 'round' | 'command'

const entry = fileURLToPath(startedFile('engine-main', import.meta.url))

const WATCH_EVERY_MS = 500

export class EngineProcess {
  readonly #child: ChildProcess
  readonly #pending = new Map<number, Pending>()
  #calls = 0
  #hasBegunRun = false
  #isClosed = false
  #underWay: UnderWay = 'blocks'
  #isStopping = false
  /** The error with which all further calls fail; null while the process runs. */
  #failure: unknown = null
  readonly #watch = new SourceWatch()
  readonly #watching: NodeJS.Timeout
  readonly #onStop: (signal: 'SIGINT' | 'SIGTERM') => void

  /** `onStop` is called when the engine is asked to stop. */
  constructor(onStop: (signal: 'SIGINT' | 'SIGTERM') => void = () => {}) {
    this.#onStop = onStop
    // In a process group of its own, since a terminal sends Ctrl+C to all processes of a group.
    this.#child = fork(entry, [], {
      serialization: 'advanced',
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: engineEnvironment(),
    })
    this.#child.on('message', (message: FromEngine) => this.#receive(message))
    this.#child.on('error', (error) => this.#fail(error))
    this.#child.on('exit', (code, signal) => this.#fail(this.#deathOf(code, signal)))
    this.#watching = setInterval(() => this.#endOverdue(), WATCH_EVERY_MS)
    this.#watching.unref()
  }

  /** Calls the engine; `onEvent` receives its events. Throws the engine's MigrateError. */
  call<N extends CallName>(
    name: N,
    request: Request<N>,
    onEvent: (event: RunEvent) => void = () => {},
  ): Promise<Answer<N>> {
    const id = ++this.#calls
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) {
        reject(this.#failure)
        return
      }
      this.#pending.set(id, { onEvent, resolve: resolve as (result: unknown) => void, reject })
      this.#send({ type: 'call', id, name, request })
    })
  }

  /** Makes the engine load the modules of a call that will follow. */
  expect(name: CallName): void {
    this.#send({ type: 'expect', name })
  }

  /** Whether it was asked to stop and has unanswered calls. */
  get isStopping(): boolean {
    return this.#isStopping
  }

  get wasCalled(): boolean {
    return this.#calls > 0
  }

  get underWay(): UnderWay {
    return this.#underWay
  }

  command(command: EngineCommand): void {
    if (command.type === 'reset') this.#isStopping = false
    if (command.type === 'stop' && !this.#isStopping) {
      this.#isStopping = this.#pending.size > 0
      this.#onStop(command.signal)
    }
    this.#send({ type: 'command', command })
  }

  /** Ends the process, and resolves when it has exited. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()))
    this.kill()
    await ended
  }

  /** Ends the process at once. What was committed is in the target, and the rest can be resumed. */
  kill(): void {
    this.#isClosed = true
    this.#child.kill('SIGKILL')
  }

  #send(message: ToEngine): void {
    // When the process has ended meanwhile, its exit handler reports it.
    if (!this.#isClosed && this.#child.connected) this.#child.send(message, () => undefined)
  }

  #receive(message: FromEngine): void {
    const pending = this.#pending.get(message.id)
    if (pending === undefined) return
    if (message.type === 'event') {
      this.#note(message.event)
      this.#watch.observe(message.event)
      pending.onEvent(message.event)
      return
    }
    this.#pending.delete(message.id)
    this.#watch.rest()
    this.#underWay = 'blocks'
    if (this.#pending.size === 0) this.#isStopping = false
    if (message.type === 'answer') pending.resolve(message.result)
    else pending.reject(fromPlainError(message.error))
  }

  #endOverdue(): void {
    const error = this.#watch.overdue()
    if (error === null) return
    this.#watch.rest()
    this.kill()
    this.#fail(error)
  }

  #note({ type }: RunEvent): void {
    if (type === 'run-started') this.#hasBegunRun = true
    else if (type === 'follow-started' || type === 'fallback-started') this.#underWay = 'round'
    else if (type === 'follow-stopped') this.#underWay = 'blocks'
    else if (type === 'command-started') this.#underWay = 'command'
  }

  #deathOf(code: number | null, signal: NodeJS.Signals | null): MigrateError {
    if (signal === null)
      return new MigrateError('bug', 'bug', `The engine's process ended (exit code ${code}).`)
    const kind = this.#hasBegunRun ? 'copy' : 'source'
    if (signal !== OUT_OF_MEMORY) {
      return new MigrateError(
        kind,
        'engine-killed',
        `The process that does the work was ended (${signal}).`,
        {
          hint: 'What was committed stays, and the same command resumes the run. If nobody ended it, the system may have, for lack of memory: --jobs 1 takes less.',
        },
      )
    }
    return new MigrateError(
      kind,
      'memory-exceeded',
      `The work needed more than ${formatCount(memoryBound() / 1_000_000)} MB of memory, and was ended.`,
      {
        hint: 'A generated column or a value may be very large: leave its table out (--exclude TABLE), use --jobs 1, or allow more with GPT_MIGRATE_MEMORY=MEGABYTES.',
      },
    )
  }

  #fail(error: unknown): void {
    this.#failure ??= error
    clearInterval(this.#watching)
    for (const pending of this.#pending.values()) pending.reject(error)
    this.#pending.clear()
  }
}
