/**
 * Finds out whether a query on an untrusted file terminates, by running it once, completely, in a process that can be killed. Invariant: a
 * trial never exceeds its time limit.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startedFile } from '../../threads/started-file.ts'
import { environmentWithoutTarget } from '../../threads/watch-process.ts'

export type Trial =
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly message: string }
  /** It exceeded the limit of time or memory. */
  | { readonly kind: 'unbounded' }

export type TrialRequest = {
  readonly file: string
  readonly sql: string
  readonly parameters?: readonly (null | bigint | number | string | Uint8Array)[]
  /** The file is a copy of our own, on which a statement's changes are rolled back. */
  readonly isCopy?: boolean
}

const entry = fileURLToPath(startedFile('trial-query-main', import.meta.url))

/** Runs trials one after another, in one process until a trial exceeds its limit. */
export class QueryTrials {
  readonly #patienceMs: number
  #child: ChildProcess | null = null

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs
  }

  /** `patienceMs`: the time limit of this trial, instead of the common one. */
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
      // If the process has ended meanwhile, its exit event reports that.
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
