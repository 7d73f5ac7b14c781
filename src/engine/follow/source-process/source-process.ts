/** The engine's side of the process that holds the sources. Invariant: every request settles exactly once, even when the process dies. */
import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fromPlainError, MigrateError } from '../../model/errors.ts'
import { startedFile } from '../../threads/started-file.ts'
import type { FromSource, SourceAnswer, SourceRequest, ToSource } from './protocol.ts'

type Pending = { readonly resolve: (answer: SourceAnswer) => void; readonly reject: (error: unknown) => void }

const LEASE_EVERY_MS = 500
const LOOK_EVERY_MS = 500
/** How long to wait for the process to end before it is killed. */
const END_MS = 10_000

export class SourceProcess {
  readonly #child: ChildProcess
  readonly #pending = new Map<number, Pending>()
  #requests = 0
  #hasEnded = false
  #ranAbort = false
  /** From then on it is not killed, whatever it does: it may hold the fence of a running command. */
  #mayHaveStarted = false
  #wasStopped = false
  #lease: NodeJS.Timeout | undefined
  #watch: NodeJS.Timeout | undefined

  private constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (message: FromSource) => {
      if ('ready' in message) return
      if ('ranAbort' in message) {
        this.#ranAbort = true
        return
      }
      const pending = this.#pending.get(message.id)
      this.#pending.delete(message.id)
      if ('answer' in message) pending?.resolve(message.answer)
      else pending?.reject(fromPlainError(message.error))
    })
    child.on('exit', () => this.#die())
    child.on('error', () => this.#die())
  }

  static async start(): Promise<SourceProcess> {
    const child = fork(fileURLToPath(startedFile('main', import.meta.url)), [], {
      detached: true,
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, SQLITE_USE_URI: '1' },
    })
    const source = new SourceProcess(child)
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve())
      child.once('exit', () => reject(holderGone()))
      child.once('error', reject)
    })
    return source
  }

  get id(): number {
    return this.#child.pid!
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Whether it ran the `--on-abort` command. Waits for its last messages. */
  async ranAbort(): Promise<boolean> {
    if (this.#child.connected)
      await new Promise<void>((resolve) => this.#child.once('disconnect', () => resolve()))
    return this.#ranAbort
  }

  ask<K extends SourceAnswer['kind']>(
    request: SourceRequest,
    ...kinds: readonly K[]
  ): Promise<Extract<SourceAnswer, { kind: K }>> {
    const id = ++this.#requests
    return new Promise((resolve, reject) => {
      if (this.#hasEnded) {
        reject(holderGone())
        return
      }
      this.#pending.set(id, {
        resolve: (answer) => {
          if (kinds.includes(answer.kind as K)) resolve(answer as Extract<SourceAnswer, { kind: K }>)
          else reject(new Error(`the source process answered ${answer.kind}`))
        },
        reject,
      })
      this.#mayHaveStarted ||= request.kind === 'start-command'
      this.#watch ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref()
      const message: ToSource = { id, request }
      this.#child.send(message, (error) => {
        if (error === null) return
        this.#pending.delete(id)
        reject(holderGone())
      })
    })
  }

  /** Renews the lease, without which the process would open the fence, until `end` or the command's start. */
  keepLease(): void {
    clearInterval(this.#lease)
    this.#lease = setInterval(() => {
      void this.ask({ kind: 'renew-lease' }, 'done').catch(() => undefined)
    }, LEASE_EVERY_MS)
  }

  /** Ends the process, which opens its fence; kills it when it does not answer, since it closes nothing either way. */
  async end(): Promise<void> {
    clearInterval(this.#lease)
    if (this.#hasEnded) return
    const ended = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()))
    const impatience = setTimeout(() => this.kill(), END_MS)
    await this.ask({ kind: 'end' }, 'done').catch(() => undefined)
    if (!this.#hasEnded) await ended
    clearTimeout(impatience)
  }

  /** Kills the process, even a stopped one; the system frees its locks. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /** Lets the process continue without the engine: it keeps its fence until the command's time is over. */
  abandon(): void {
    this.#die()
    if (this.#child.connected) this.#child.disconnect()
    this.#child.unref()
  }

  /**
   * Checks for a stopped process, which keeps its locks and answers nothing: it is killed, and a new one replaces it. A process that may hold
   * the fence of a command is continued instead.
   */
  #look(): void {
    if (this.#pending.size === 0) return
    const isStopped = isStoppedProcess(this.id)
    // Acts at the second check, since a process may be stopped for a moment.
    if (isStopped && this.#wasStopped) this.#child.kill(this.#mayHaveStarted ? 'SIGCONT' : 'SIGKILL')
    this.#wasStopped = isStopped
  }

  #die(): void {
    clearInterval(this.#lease)
    clearInterval(this.#watch)
    this.#hasEnded = true
    for (const { reject } of this.#pending.values()) reject(holderGone())
    this.#pending.clear()
  }
}

/** Whether the process with this id is a source process; false when that cannot be determined. */
export function isSourceProcess(id: number): boolean {
  try {
    return /source-process.main\.[jt]s/.test(readFileSync(`/proc/${id}/cmdline`, 'utf8'))
  } catch {
    return false
  }
}

/** Whether the process was stopped by a signal (proc(5), `stat`, field 3); false when that cannot be determined. */
function isStoppedProcess(id: number): boolean {
  try {
    return /^.*\) [Tt]/s.test(readFileSync(`/proc/${id}/stat`, 'utf8'))
  } catch {
    return false
  }
}

export function holderGone(): MigrateError {
  return new MigrateError('copy', 'source-process-gone', 'The process that reads the sources has ended.', {
    hint: 'Run the same command again: it resumes.',
  })
}
