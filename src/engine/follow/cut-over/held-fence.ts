/**
 * The fence as the engine sees it: the holder, a process that locks the sources, and the witness, another one that must be locked out.
 * Invariant: the fence is called held only when the witness has found it held.
 */

import { MigrateError } from '../../model/errors.ts'
import type { FollowedSource, Mark } from '../../model/follow.ts'
import type { Opener } from '../../model/live-answers.ts'
import { StartedCommand } from '../source-process/command.ts'
import { holderGone, SourceProcess } from '../source-process/source-process.ts'

export type HeldSource = FollowedSource & { readonly mark: Mark }

export class HeldFence {
  readonly #sources: readonly FollowedSource[]
  readonly #holder: SourceProcess
  readonly #witness: SourceProcess
  #mayHaveStarted = false
  /** The command that the holder runs when the fence is opened before the cut-over's command was started. */
  #onAbort: { readonly command: string; readonly log: string } | null = null

  private constructor(sources: readonly FollowedSource[], holder: SourceProcess, witness: SourceProcess) {
    this.#sources = sources
    this.#holder = holder
    this.#witness = witness
  }

  /** Opens everything that is needed, so that taking the fence is quick. Locks no writer out yet. */
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

  /** Runs the application's command before the fence; `onAbort` runs when nothing is switched afterwards. */
  async runBefore(command: string, onAbort: string | null, log: string): Promise<void> {
    this.#onAbort = onAbort === null ? null : { command: onAbort, log }
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

  /** Kills both processes, for one that does not answer; this lets the writers in again. */
  giveUp(): void {
    if (this.#mayHaveStarted) return
    this.#holder.kill()
    this.#witness.kill()
  }

  /** Throws `fence-not-held` when the witness can lock a source. */
  async prove(): Promise<void> {
    const { results } = await this.#witness.ask({ kind: 'probe', sources: this.#sources }, 'probed')
    const open = results.find(({ isBusy }) => !isBusy)
    if (open === undefined) return
    // A holder that has ended holds no lock: its end, and not the file, is then the error.
    await this.#holder.ask({ kind: 'renew-lease' }, 'done')
    throw new MigrateError(
      'copy',
      'fence-not-held',
      `${open.path} can't be locked against its writers here: another process could still write to it.`,
      { hint: 'A file system that carries no locks, or a file that may only be read, is the usual reason.' },
    )
  }

  /**
   * Starts the command, in a process that outlives this one. Throws `fence-process-gone` when it is unknown whether the command was started.
   */
  async start(
    command: string,
    env: Readonly<Record<string, string>>,
    files: { readonly log: string; readonly note: string },
    marks: readonly HeldSource[],
    holdMs: number,
  ): Promise<void> {
    if (this.#holder.hasEnded) throw holderGone()
    this.#mayHaveStarted = true
    try {
      await this.#holder.ask(
        { kind: 'start-command', command, env, ...files, marks, holdMs },
        'command-started',
      )
    } catch (error) {
      // When the holder refused, no command was started; when the holder has ended, it is unknown.
      this.#mayHaveStarted = this.#holder.hasEnded
      throw this.#mayHaveStarted
        ? fenceProcessGone('whether it has started the command is not known', files.log)
        : error
    }
  }

  /** The switch was made and the user starts the application: drops the abort command. */
  async switchedByHand(): Promise<void> {
    this.#onAbort = null
    await this.#holder.ask({ kind: 'forget-abort' }, 'done')
  }

  /** Returns null when the command still runs after `withinMs`. Throws `fence-process-gone`. */
  async awaitCommand(withinMs: number, log: string): Promise<{ readonly exitCode: number | null } | null> {
    try {
      const answer = await this.#holder.ask(
        { kind: 'await-command', withinMs },
        'command-ended',
        'command-running',
      )
      return answer.kind === 'command-ended' ? answer : null
    } catch (error) {
      throw isGone(error) ? fenceProcessGone('how the command ends is not seen', log) : error
    }
  }

  /** Returns the other processes that have the sources open. */
  async openers(): Promise<{ readonly openers: readonly Opener[]; readonly isComplete: boolean }> {
    const seen = await this.#holder.ask({ kind: 'find-openers', sources: this.#sources }, 'openers')
    return { ...seen, openers: seen.openers.filter(({ process }) => process !== this.#witness.id) }
  }

  /** Waits until the command has ended and no other process has the sources open, for at most `holdMs`. Returns the processes that still do. */
  async hold(holdMs: number): Promise<{ readonly openers: readonly Opener[]; readonly isComplete: boolean }> {
    // The witness has the files open, too.
    await this.#witness.end()
    try {
      return await this.#holder.ask({ kind: 'hold', sources: this.#sources, holdMs }, 'openers')
    } catch (error) {
      // The holder was killed, which opened the fence.
      if (isGone(error)) return { openers: [], isComplete: false }
      throw error
    }
  }

  /** Ends the engine's part: the holder keeps the fence until the command's time is over. */
  async abandon(): Promise<void> {
    this.#holder.abandon()
    await this.#witness.end()
  }

  /** Lets the writers in again. When no command was started, runs the `onAbort` command of `runBefore`. */
  async release(): Promise<void> {
    await Promise.all([this.#holder.end(), this.#witness.end()])
    const abort = this.#onAbort
    this.#onAbort = null
    // The holder runs it, unless it was killed.
    if (abort !== null && !this.#mayHaveStarted && !(await this.#holder.ranAbort()))
      await StartedCommand.start(abort.command, {}, abort.log)
  }
}

const isGone = (error: unknown): boolean =>
  error instanceof MigrateError && error.code === 'source-process-gone'

function fenceProcessGone(what: string, log: string): MigrateError {
  return new MigrateError(
    'copy',
    'fence-process-gone',
    `The process that kept the writers out of the old files was ended from outside: they are in again, and ${what}.`,
    {
      hint: `Look what has become of the command (it prints into ${log}). Then say where the application works: gpt-migrate cutover --keep postgres, or --keep sqlite.`,
    },
  )
}
