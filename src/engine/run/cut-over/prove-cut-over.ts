/**
 * What follows the start of the command: waiting for its end, releasing the fence, the proof, and the last state. Invariant: nothing here
 * undoes the switch, and what could not be proven is reported.
 */
import { now } from '../../events/run-context.ts'
import type { FrozenTarget } from '../../follow/cut-over/frozen-target.ts'
import type { HeldFence } from '../../follow/cut-over/held-fence.ts'
import { countQuarantine } from '../../journal/entries.ts'
import { readFollow } from '../../journal/follow.ts'
import { dropBarrier } from '../../journal/write-barrier.ts'
import { toPlainError } from '../../model/errors.ts'
import type { CutOverRecord } from '../../model/follow.ts'
import type { CutOverAnswer } from '../../model/live-answers.ts'
import { sumOf } from '../../report/format.ts'
import { continueReport } from '../following/continue-report.ts'
import { validateForeignKeys } from '../following/foreign-keys.ts'
import type { RecordedCutOver } from './cut-over-record.ts'

const COMMAND_MS = 60_000
/** The longest delay that a timer takes. */
const LONGEST_MS = 2 ** 31 - 1

/** Waits for the command, releases the fence and proves the target. */
export async function proveCutOver(
  cutting: RecordedCutOver,
  fence: HeldFence,
  frozen: FrozenTarget,
  fencedMs: number,
): Promise<CutOverAnswer> {
  const { connection } = cutting.follower
  const { plan } = cutting.work
  await connection.execute('set statement_timeout = 0; set lock_timeout = 300000')
  const missing = await missingOfSources(cutting)
  const hasCommand = cutting.request.onCutover !== null
  const awaited = hasCommand
    ? await unlessStopped(cutting, fence.awaitCommand(COMMAND_MS, cutting.follower.shadows.commandLog))
    : { value: { exitCode: 0 } }
  if (awaited === null) {
    await fence.abandon()
    return cutting.answer(fencedMs)
  }
  const ended = awaited.value
  if (ended !== null) {
    cutting.note({ commandEndedAt: now(), exitCode: ended.exitCode })
    if (hasCommand) cutting.context.emit({ type: 'command-ended', exitCode: ended.exitCode, at: now() })
  }
  if (ended !== null && ended.exitCode !== 0) {
    await cutting.enter('switching', true)
    return cutting.answer(fencedMs)
  }
  const held = await unlessStopped(cutting, fence.hold(cutting.request.holdMs))
  if (held === null) {
    await fence.abandon()
    return endUnproven(cutting, fencedMs)
  }
  await fence.release()
  cutting.context.emit({ type: 'fence-opened', why: 'the command has ended', at: now() })
  const compared = await unlessStopped(cutting, compare(cutting, frozen))
  if (compared === null) return endUnproven(cutting, fencedMs)
  const { differing, unproven } = compared.value
  const unvalidated = await validateForeignKeys(connection, plan)
  const missed = missing === null ? unproven : [...unproven, missing]
  const proof = differing.length > 0 ? 'differs' : missed.length > 0 ? 'not-made' : 'proven'
  const quarantined = await finish(cutting, fencedMs, proof)
  return {
    ...cutting.answer(fencedMs),
    differing,
    unproven: missed,
    unvalidated,
    quarantined,
    openers: held.value.openers,
    sawAllProcesses: held.value.isComplete,
  }
}

/** Returns what the proof lacks of the sources, or null when every page is still as the last round read it. */
async function missingOfSources(cutting: RecordedCutOver): Promise<string | null> {
  try {
    cutting.follower.settle()
    return (await cutting.follower.isSourceUnchanged()) ? null : 'the sources, which changed under the fence'
  } catch (error) {
    return `the sources, which could not be compared (${toPlainError(error).message})`
  }
}

async function compare(
  cutting: RecordedCutOver,
  frozen: FrozenTarget,
): Promise<{ readonly differing: readonly string[]; readonly unproven: readonly string[] }> {
  const { run, plan } = cutting.work
  try {
    cutting.follower.settle()
    return await frozen.compare(
      { run, plan },
      cutting.follower.states.snapshots(),
      cutting.follower.shadows.stagingFile('old'),
      new Set(cutting.follower.states.problems().map(({ tableId }) => tableId)),
    )
  } catch (error) {
    return { differing: [], unproven: [`all tables (${toPlainError(error).message})`] }
  }
}

/** Returns the result of the work, or null when the run was stopped before it ended. */
async function unlessStopped<T>(
  cutting: RecordedCutOver,
  work: Promise<T>,
): Promise<{ readonly value: T } | null> {
  const over = new AbortController()
  const settled = work.finally(() => over.abort())
  // After a stop nobody awaits the work: its rejection must not be unhandled.
  settled.catch(() => {})
  await cutting.context.control.wait(LONGEST_MS, over.signal)
  return cutting.context.control.stoppedBy === null ? { value: await settled } : null
}

/** Ends a cut-over whose command succeeded and whose proof was stopped. */
async function endUnproven(cutting: RecordedCutOver, fencedMs: number): Promise<CutOverAnswer> {
  const quarantined = await finish(cutting, fencedMs, 'not-made')
  return { ...cutting.answer(fencedMs), quarantined }
}

/** Enters the last state and continues the run's reports. Returns the number of rows in quarantine. */
async function finish(
  cutting: RecordedCutOver,
  fencedMs: number,
  proof: NonNullable<CutOverRecord['proof']>,
): Promise<number> {
  cutting.note({ proof })
  // In one transaction: without the barrier the files must not be followed again.
  const enterLast = async (): Promise<void> => {
    if (cutting.work.pass !== null) await dropBarrier(cutting.follower.connection)
    await cutting.enter('cut-over', true)
  }
  await cutting.follower.connection.transaction(enterLast, { durably: true })
  cutting.context.emit({ type: 'cut-over-finished', proven: proof === 'proven', at: now() })
  return report(cutting, fencedMs, proof)
}

async function report(
  cutting: RecordedCutOver,
  fencedMs: number,
  proof: NonNullable<CutOverRecord['proof']>,
): Promise<number> {
  const { connection } = cutting.follower
  const { run } = cutting.work
  const quarantined = sumOf(await countQuarantine(connection, run), (tally) => tally.rows)
  const { round, rows } = (await readFollow(connection, run))!
  const { switchedAt, exitCode } = cutting.record
  await continueReport(
    connection,
    run,
    {
      ...{ what: 'cut-over', at: switchedAt ?? now(), rounds: round, rows, proof, quarantined },
      ...{ fencedMs: Math.round(fencedMs), commandExitCode: exitCode },
    },
    cutting.context,
  )
  return quarantined
}
