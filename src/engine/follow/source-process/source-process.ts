/** The engine's end of the process that holds the sources. Invariant: a request settles once, also when the process dies. */
import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fromPlainError, MigrateError } from '../../model/errors.ts'
import { startedFile } from '../../threads/started-file.ts'
import type { FromSource, SourceAnswer, SourceRequest, ToSource } from './protocol.ts'

type Pending = { readonly resolve: (answer: SourceAnswer) => void; readonly reject: (error: unknown) => void }

const LEASE_EVERY_MS = 500

export class SourceProcess {
  readonly #child: ChildProcess
  readonly #pending = new Map<number, Pending>()
  #requests = 0
  #hasEnded = false
  #lease: NodeJS.Timeout | undefined

  private constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (message: FromSource | { ready: true }) => {
      if ('ready' in message) return
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
      child.once('exit', () => reject(gone()))
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

  ask<K extends SourceAnswer['kind']>(
    request: SourceRequest,
    ...kinds: readonly K[]
  ): Promise<Extract<SourceAnswer, { kind: K }>> {
    const id = ++this.#requests
    return new Promise((resolve, reject) => {
      if (this.#hasEnded) {
        reject(gone())
        return
      }
      this.#pending.set(id, {
        resolve: (answer) => {
          if (kinds.includes(answer.kind as K)) resolve(answer as Extract<SourceAnswer, { kind: K }>)
          else reject(new Error(`the source process answered ${answer.kind}`))
        },
        reject,
      })
      const message: ToSource = { id, request }
      this.#child.send(message, (error) => {
        if (error === null) return
        this.#pending.delete(id)
        reject(gone())
      })
    })
  }

  /** Keeps a fence that is held from being opened for our silence; until `end`, or the command's start. */
  keepLease(): void {
    clearInterval(this.#lease)
    this.#lease = setInterval(() => {
      void this.ask({ kind: 'renew-lease' }, 'done').catch(() => undefined)
    }, LEASE_EVERY_MS)
  }

  /** Ends the process; a fence that it holds is opened. */
  async end(): Promise<void> {
    clearInterval(this.#lease)
    if (this.#hasEnded) return
    const ended = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()))
    await this.ask({ kind: 'end' }, 'done').catch(() => undefined)
    if (!this.#hasEnded) await ended
  }

  /** Lets the process go on without us: a fence that it holds stays until its command's time is over. */
  abandon(): void {
    this.#die()
    if (this.#child.connected) this.#child.disconnect()
    this.#child.unref()
  }

  #die(): void {
    clearInterval(this.#lease)
    this.#hasEnded = true
    for (const { reject } of this.#pending.values()) reject(gone())
    this.#pending.clear()
  }
}

/** Whether the process of this number is one that holds sources; false where that can't be seen. */
export function isSourceProcess(id: number): boolean {
  try {
    return /source-process.main\.[jt]s/.test(readFileSync(`/proc/${id}/cmdline`, 'utf8'))
  } catch {
    return false
  }
}

function gone(): MigrateError {
  return new MigrateError('copy', 'source-process-gone', 'The process that reads the sources has ended.', {
    hint: 'Run the same command again: it goes on.',
  })
}
