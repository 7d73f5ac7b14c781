/** The progress of a cut-over: its state and its record as the journal has them, and the answer made from them. */
import { now, type RunContext } from '../../events/run-context.ts'
import type { Follower, FollowWork } from '../../follow/follower.ts'
import { setFollowState } from '../../journal/follow.ts'
import type { CutOverRecord, FollowState } from '../../model/follow.ts'
import type { CutOverAnswer } from '../../model/live-answers.ts'
import type { LaterRequest } from '../connect/choose-run.ts'

export type CutOverRequest = LaterRequest & {
  /** The command that starts the application on PostgreSQL; null when the user starts it. */
  readonly onCutover: string | null
  /** Runs before the writers are locked out: the place to stop an application. */
  readonly beforeCutover: string | null
  /** Runs when `beforeCutover` has run and the cut-over is then aborted. */
  readonly onAbort: string | null
  /** How long to try to take the fence. */
  readonly withinMs: number
  /** How long the fence may be held before the command is started. */
  readonly fenceMs: number
  /** How long the fence is held after the command's start while other processes have the files open. */
  readonly holdMs: number
  readonly acceptsQuarantine: boolean
  /** Tables that are left behind, as `database/table` or `table`: those that can no longer be followed. */
  readonly exclude: readonly string[]
  /** Whether changes in PostgreSQL are captured for the way back. */
  readonly keepsFallback: boolean
  /** Only checks whether the cut-over could be done. */
  readonly isDry: boolean
}

export class RecordedCutOver {
  readonly work: FollowWork
  readonly follower: Follower
  readonly request: CutOverRequest
  readonly context: RunContext
  /** The state in the journal, unless the server failed to commit it. */
  state: FollowState = 'following'
  #reported: FollowState = 'following'
  commandStarted = false
  record: CutOverRecord

  constructor(work: FollowWork, follower: Follower, request: CutOverRequest, context: RunContext) {
    this.work = work
    this.follower = follower
    this.request = request
    this.context = context
    this.record = {
      fencedAt: now(),
      child: follower.source.id,
      switchedAt: null,
      commandEndedAt: null,
      exitCode: null,
      proof: null,
    }
  }

  note(change: Partial<CutOverRecord>): void {
    this.record = { ...this.record, ...change }
  }

  async enter(state: FollowState, durably: boolean): Promise<void> {
    const { connection, epoch } = this.follower
    const write = async (): Promise<void> => {
      await setFollowState(connection, { run: this.work.run, epoch }, state, this.record)
      this.state = state
    }
    if (durably) await write()
    else
      await connection.transaction(async () => {
        await connection.execute('set local synchronous_commit = off')
        await write()
      })
    if (state === this.#reported) return
    this.context.emit({ type: 'state-changed', from: this.#reported, to: state, at: now() })
    this.#reported = state
  }

  answer(fencedMs: number): CutOverAnswer {
    return {
      run: this.work.run,
      state: this.state,
      commandExitCode: this.record.exitCode,
      commandStillRuns: this.commandStarted && this.record.commandEndedAt === null,
      commandLog: this.follower.shadows.commandLog,
      proof: this.record.proof,
      differing: [],
      unproven: [],
      unvalidated: [],
      openers: [],
      sawAllProcesses: true,
      quarantined: 0,
      fencedMs: Math.round(fencedMs),
      isDry: this.request.isDry,
      stoppedBy: this.state === 'following' ? null : this.context.control.stoppedBy,
    }
  }
}
