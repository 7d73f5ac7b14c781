/**
 * Keeps SQLite files in the old layout current from PostgreSQL, for as long as a way back is wanted. Invariant: a folder from which a run
 * moved databases is never written, and the target's tables are only read.
 */

import { now, type RunContext } from '../../events/run-context.ts'
import { bringBack, type Round } from '../../fallback/bring-back.ts'
import type { CapturedTable } from '../../journal/capture-triggers.ts'
import { dropChangeCapture, dropTriggersInTurn } from '../../journal/change-capture.ts'
import { readPending } from '../../journal/noted-changes.ts'
import { MigrateError } from '../../model/errors.ts'
import type { BroughtBackTable } from '../../model/event.ts'
import type { EndedFallback, FellBack } from '../../model/live-answers.ts'
import { errorCode } from '../../source/base/error-code.ts'
import type { TargetAddress } from '../../target/address/address.ts'
import { type Connection, connect } from '../../target/connection/connection.ts'
import { isRetryable } from '../../target/connection/pg-errors.ts'
import { type LaterRequest, onTarget } from '../connect/choose-run.ts'
import { lockFallback, movedBack, openFallback, takeOver } from './open-fallback.ts'

export type FallBackRequest = LaterRequest & {
  readonly folder: string
  /** Ends after one round. */
  readonly once: boolean
}

/** Time between two rounds. */
const EVERY_MS = 500
/** Time between two comparisons of the tables on which no trigger can be created. */
const COMPARE_EVERY_MS = 60_000
/** How often the moment up to which the files are current is recorded when nothing changes. */
const NOTE_EVERY_MS = 5_000
const LONGEST_WAIT_MS = 30_000
const MOST_NAMED = 100

export async function fallBack(request: FallBackRequest, context: RunContext): Promise<FellBack> {
  return onTarget(request.target, async (connection, address) => {
    const fallback = await openFallback(connection, request, context)
    const { opened, round, unsynced, mustCompare, folder } = fallback
    try {
      context.emit({ type: 'fallback-started', run: round.run, folder, at: now() })
      const keeper = new Keeper(round, { mustCompare, address, context })
      const answer = await keeper.keep(connection, request.once)
      const aside = opened.listAside()
      const { files } = opened
      opened.close()
      return {
        run: round.run,
        folder,
        files,
        ...answer,
        aside: aside.slice(0, MOST_NAMED).map(({ tableId, reason }) => ({ tableId, reason })),
        asideCount: aside.length,
        unsynced,
      }
    } catch (error) {
      opened.abandon()
      throw error
    }
  })
}

/** Ends change capture: drops its triggers, functions and tables. The files stay as they are. */
export async function endFallback(
  request: LaterRequest & { readonly dryRun: boolean },
): Promise<EndedFallback> {
  return onTarget(request.target, async (connection) => {
    const found = await readPending(connection)
    if (found === null) return { run: null, tables: 0, pending: 0 }
    const { capture, changes: pending } = found
    if (capture.state !== 'current') throw movedBack(capture)
    if (!request.dryRun) {
      await dropTriggersInTurn(connection)
      await connection.transaction(() => dropChangeCapture(connection))
    }
    return { run: capture.run, tables: capture.tables.length, pending }
  })
}

class Keeper {
  readonly #round: Omit<Round, 'connection'>
  readonly #address: TargetAddress
  readonly #context: RunContext
  readonly #totals = new Map<string, BroughtBackTable>()
  #mustCompare: boolean
  #comparedAt = Number.NEGATIVE_INFINITY
  #notedAt = Number.NEGATIVE_INFINITY
  #rounds = 0

  constructor(
    round: Omit<Round, 'connection'>,
    options: {
      readonly mustCompare: boolean
      readonly address: TargetAddress
      readonly context: RunContext
    },
  ) {
    this.#round = round
    this.#mustCompare = options.mustCompare
    this.#address = options.address
    this.#context = options.context
  }

  async keep(
    connection: Connection,
    once: boolean,
  ): Promise<Pick<FellBack, 'rounds' | 'tables' | 'stoppedBy'>> {
    const { control } = this.#context
    let current = connection
    let attempt = 0
    for (;;) {
      try {
        if (current.lost !== null) current = await this.#reconnect()
        await this.#playRound(current)
        attempt = 0
      } catch (error) {
        if (once || !(isRetryable(error) || isInUse(error))) throw error
        attempt++
        const reason = (error as Error).message
        this.#context.emit({ type: 'fallback-waiting', reason, attempt, at: now() })
        if (current.lost === null && current !== connection) await current.end()
      }
      if (once || control.stoppedBy !== null) break
      await control.wait(attempt === 0 ? EVERY_MS : Math.min(LONGEST_WAIT_MS, EVERY_MS * 2 ** attempt))
      if (control.stoppedBy !== null) break
    }
    if (current !== connection) await current.end()
    return { rounds: this.#rounds, tables: [...this.#totals.values()], stoppedBy: control.stoppedBy }
  }

  async #playRound(connection: Connection): Promise<void> {
    const { folder, capture } = this.#round
    const startedAt = performance.now()
    const isDue = startedAt - this.#comparedAt >= COMPARE_EVERY_MS
    const whole = (table: CapturedTable): boolean =>
      this.#mustCompare || (isDue && table.mode === 'comparison')
    const recordsMoment = startedAt - this.#notedAt >= NOTE_EVERY_MS
    const brought = await bringBack({ ...this.#round, connection, recordsMoment }, whole)
    if (recordsMoment || brought !== null) this.#notedAt = startedAt
    if (isDue) this.#comparedAt = startedAt
    if (this.#mustCompare) {
      folder.set('token', capture.token)
      this.#mustCompare = false
    }
    if (brought === null) return
    this.#count(brought)
    this.#context.emit({
      type: 'fallback-round',
      tables: brought,
      aside: folder.listAside().length,
      elapsedMs: performance.now() - startedAt,
      at: now(),
    })
  }

  #count(tables: readonly BroughtBackTable[]): void {
    this.#rounds++
    for (const table of tables) {
      const known = this.#totals.get(table.tableId) ?? { inserted: 0, updated: 0, deleted: 0, lost: [] }
      this.#totals.set(table.tableId, {
        tableId: table.tableId,
        inserted: known.inserted + table.inserted,
        updated: known.updated + table.updated,
        deleted: known.deleted + table.deleted,
        lost: addLost(known.lost, table.lost),
      })
    }
  }

  async #reconnect(): Promise<Connection> {
    const connection = await connect(this.#address)
    try {
      await lockFallback(connection)
      this.#mustCompare ||= await takeOver(connection, this.#round.folder, this.#round.capture)
      return connection
    } catch (error) {
      await connection.end()
      throw error
    }
  }
}

function addLost(known: BroughtBackTable['lost'], more: BroughtBackTable['lost']): BroughtBackTable['lost'] {
  const rows = new Map(known.map((one) => [one.column, one.rows]))
  for (const one of more) rows.set(one.column, (rows.get(one.column) ?? 0) + one.rows)
  return Array.from(rows, ([column, count]) => ({ column, rows: count }))
}

/** Another process has kept the files locked, or an old session that the server has not ended yet still holds the fallback's lock. */
const isInUse = (error: unknown): boolean =>
  errorCode(error).startsWith('SQLITE_BUSY') ||
  (error instanceof MigrateError && error.code === 'another-fallback')
