/**
 * The fence as the engine sees it: the process that holds the sources, and another one that must be kept out by it. Invariant: what is
 * called held was seen to be held by a process that is no party to it.
 */

import type { Opener } from '../../model/answers.ts'
import { MigrateError } from '../../model/errors.ts'
import type { FollowedSource, Mark } from '../../model/follow.ts'
import { SourceProcess } from '../source-process/source-process.ts'

export type HeldSource = FollowedSource & { readonly mark: Mark }

export class HeldFence {
  readonly #sources: readonly FollowedSource[]
  readonly #holder: SourceProcess
  readonly #witness: SourceProcess
  /** Whether the command may have been started. */
  #mayHaveStarted = false

  private constructor(sources: readonly FollowedSource[], holder: SourceProcess, witness: SourceProcess) {
    this.#sources = sources
    this.#holder = holder
    this.#witness = witness
  }

  /** Opens what is needed, so that the fence itself is a matter of moments. Nobody is kept out yet. */
  static async prepare(sources: readonly FollowedSource[], holder: SourceProcess): Promise<HeldFence> {
    const witness = await SourceProcess.start()
    try {
      await holder.ask({ kind: 'prepare-fence', sources }, 'done')
    } catch (error) {
      await witness.end()
      throw error
    }
    return new HeldFence(sources, holder, witness)
  }

  get mayHaveStarted(): boolean {
    return this.#mayHaveStarted
  }

  /** Runs a command of the application's before the fence; `onAbort` runs when nothing was switched after it. */
  async runBefore(command: string, onAbort: string | null, log: string): Promise<void> {
    const ended = await this.#holder.ask({ kind: 'run-before', command, onAbort, log }, 'command-ended')
    if (ended.exitCode === 0) return
    throw new MigrateError(
      'copy',
      'before-cutover-failed',
      `The command of --before-cutover failed (${ended.exitCode === null ? 'a signal ended it' : `exit code ${ended.exitCode}`}).`,
      { hint: `What it printed is in ${log}.` },
    )
  }

  async take(withinMs: number): Promise<void> {
    const answer = await this.#holder.ask({ kind: 'take-fence', withinMs }, 'fenced', 'busy')
    if (answer.kind === 'fenced') {
      this.#holder.keepLease()
      return
    }
    const { openers } = await this.openers()
    const who = openers.map(({ process, name }) => `${name} (process ${process})`).join(', ')
    throw new MigrateError(
      'copy',
      'source-busy',
      `${answer.path} was being written to all the time: its writers could not be kept out within ${withinMs / 1000} s.`,
      {
        hint:
          who === ''
            ? 'Ask who writes to it, or give more time with --within.'
            : `It is open in ${who}. Give more time with --within.`,
      },
    )
  }

  /** Throws when another process is not kept out. */
  async prove(): Promise<void> {
    const { results } = await this.#witness.ask({ kind: 'probe', sources: this.#sources }, 'probed')
    const open = results.find(({ isBusy }) => !isBusy)
    if (open === undefined) return
    throw new MigrateError(
      'copy',
      'fence-not-held',
      `${open.path} can't be locked against its writers here: another process could still write to it.`,
      { hint: 'A file system that carries no locks, or a file that may only be read, is the usual reason.' },
    )
  }

  /** Starts the command, in a process that outlives this one. */
  async start(
    command: string,
    env: Readonly<Record<string, string>>,
    log: string,
    marks: readonly HeldSource[],
    holdMs: number,
  ): Promise<void> {
    this.#mayHaveStarted = true
    try {
      await this.#holder.ask({ kind: 'start-command', command, env, log, marks, holdMs }, 'command-started')
    } catch (error) {
      // A refused command was not started; for a process that is gone, it is unknown.
      this.#mayHaveStarted = this.#holder.hasEnded
      throw error
    }
  }

  /** Null: it still runs. */
  async awaitCommand(withinMs: number): Promise<{ readonly exitCode: number | null } | null> {
    const answer = await this.#holder.ask(
      { kind: 'await-command', withinMs },
      'command-ended',
      'command-running',
    )
    return answer.kind === 'command-ended' ? answer : null
  }

  /** Other processes that have the sources open. */
  async openers(): Promise<{ readonly openers: readonly Opener[]; readonly isComplete: boolean }> {
    const seen = await this.#holder.ask({ kind: 'find-openers', sources: this.#sources }, 'openers')
    return { ...seen, openers: seen.openers.filter(({ process }) => process !== this.#witness.id) }
  }

  /** Until the command has ended and nobody else has the sources open, or the time is over: who still has. */
  async hold(holdMs: number): Promise<{ readonly openers: readonly Opener[]; readonly isComplete: boolean }> {
    // It has the files open, too.
    await this.#witness.end()
    return this.#holder.ask({ kind: 'hold', sources: this.#sources, holdMs }, 'openers')
  }

  /** Ends our part only: the process that holds the fence keeps it until the command's time is over. */
  async abandon(): Promise<void> {
    this.#holder.abandon()
    await this.#witness.end()
  }

  /** Lets the writers in again; before the command was started. */
  async letGo(): Promise<void> {
    await Promise.all([this.#holder.end(), this.#witness.end()])
  }
}
