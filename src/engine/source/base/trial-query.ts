/**
 * Whether a query of an untrusted file ends: run once, whole, in a process that can be ended. Invariant: it takes no longer than it may.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startedFile } from '../../threads/started-file.ts'
import { environmentWithoutTarget } from '../../threads/watch-process.ts'

export type Trial =
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly message: string }
  /** It took longer, or more memory, than it may. */
  | { readonly kind: 'unbounded' }

export type TrialRequest = {
  readonly file: string
  readonly sql: string
  readonly parameters?: readonly (null | bigint | number | string | Uint8Array)[]
  /** The file is a copy of our own, on which a statement that writes is undone. */
  readonly isCopy?: boolean
}

const entry = fileURLToPath(startedFile('trial-query-main', import.meta.url))

/** Trials one after the other, in one process as long as it ends each in time. */
export class QueryTrials {
  readonly #patienceMs: number
  #child: ChildProcess | null = null

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs
  }

  /** `patienceMs`: of this one, in place of that of all. */
  try(request: TrialRequest, patienceMs = this.#patienceMs): Promise<Trial> {
    const child = this.#started()
    return new Promise((resolve) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs)
      const settle = (trial: Trial): void => {
        clearTimeout(timer)
        child.removeAllListeners('message').removeAllListeners('exit').removeAllListeners('error')
        resolve(trial)
      }
      const lose = (): void => {
        this.#child = null
        settle({ kind: 'unbounded' })
      }
      child.once('message', settle)
      child.once('exit', lose)
      child.once('error', lose)
      // Where it has ended meanwhile, its exit says so.
      child.send(request, () => undefined)
    })
  }

  async end(): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null) return
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill('SIGKILL')
    await ended
  }

  #started(): ChildProcess {
    if (this.#child?.connected === false) this.#child = null
    this.#child ??= fork(entry, [], {
      detached: process.platform !== 'win32',
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: environmentWithoutTarget(),
    })
    return this.#child
  }
}
