/** The types of what judging a statement needs and returns, so that its parts need not import each other. */

import type { Plan } from '../../model/plan.ts'
import type { IndexProposal, QueryExample, QueryVerdict } from '../../model/queries.ts'
import type { QueryTrials } from '../../source/base/trial-query.ts'
import type { Connection } from '../../target/connection/connection.ts'
import type { ForeignSession } from '../../target/guards/foreign-statement.ts'
import type { SqliteCopies, SqliteSide } from '../sides/sqlite-side.ts'
import type { Patience } from '../statement/patience.ts'
import type { Hazard } from '../tables/hazard.ts'
import type { KnownDatabase, KnownTable } from '../tables/known-tables.ts'
import type { Meetings } from '../tables/meeting.ts'
import type { ParameterList } from './parameters.ts'
import type { Trial } from './trial-rows.ts'

export type JudgeGround = {
  readonly connection: Connection
  /** The connection on which writing statements are executed: to the target or to a copy. */
  readonly writing: Connection
  readonly session: ForeignSession
  readonly side: SqliteSide
  readonly trials: QueryTrials
  readonly patience: Patience
  /** Writable copies of the snapshots, opened on first use. */
  readonly copies: SqliteCopies
  readonly writes: 'not-asked' | 'others-connected' | 'allowed'
  /** Executed before a writing statement, so that sequences are rolled back with it. */
  readonly sequenceGuards: readonly string[]
  readonly databases: readonly KnownDatabase[]
  readonly plan: Plan
  /** Tables with rows in quarantine, by `TablePlan.id`. */
  readonly incomplete: ReadonlySet<string>
  readonly zone: string
  readonly hasByteOrder: boolean
  /** The application, or its driver, makes SQLite enforce foreign keys. */
  readonly enforcesForeignKeys: boolean
  /** The database in which writing statements are executed orders text like the target. */
  readonly writesInTargetOrder: boolean
}

export type Judgement = {
  readonly verdict: QueryVerdict
  readonly reasons: readonly string[]
  readonly detail: string
  readonly parametersTried: number
  readonly time: { readonly sqliteMs: number; readonly postgresMs: number } | null
  readonly example: QueryExample | null
  readonly rewrite: string | null
  readonly explain?: readonly string[]
  readonly index?: IndexProposal | null
}

/** Returns a judgement; what `more` lacks is 0 or null. */
export function judged(
  verdict: QueryVerdict,
  reasons: readonly string[],
  detail: string,
  more: Partial<Judgement> = {},
): Judgement {
  return { parametersTried: 0, time: null, example: null, rewrite: null, ...more, verdict, reasons, detail }
}

/** A statement with everything that is known before it is tried. */
export type ReadCase = {
  readonly sql: string
  /** The statement as the SQLite used here accepts it (`sides/double-quotes.ts`). */
  readonly sqliteSql: string
  readonly database: KnownDatabase
  readonly tables: readonly KnownTable[]
  readonly meetings: Meetings
  readonly hazards: readonly Hazard[]
  /** The moment at which the clock is held, for a statement that depends on it. */
  readonly heldAt: string | null
  readonly lists: readonly ParameterList[]
  /** Trial rows, with the lists of parameters for them; [] when none can be made. */
  readonly trials: readonly { readonly trial: Trial; readonly lists: readonly ParameterList[] }[]
}
