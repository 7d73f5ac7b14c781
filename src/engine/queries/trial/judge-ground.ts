/** What judging a statement needs and returns: plain types, so that its parts need not know each other. */

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
  /** That on which what writes is carried out: the target's own, or a copy's. */
  readonly writing: Connection
  readonly session: ForeignSession
  readonly side: SqliteSide
  readonly trials: QueryTrials
  readonly patience: Patience
  /** Copies that may be written; opened when first asked for. */
  readonly copies: SqliteCopies
  readonly writes: 'not-asked' | 'others-connected' | 'allowed'
  /** Carried out before a statement that writes, so that sequences are rolled back with it. */
  readonly sequenceGuards: readonly string[]
  readonly databases: readonly KnownDatabase[]
  readonly plan: Plan
  /** Tables of which rows are in quarantine, by `TablePlan.id`. */
  readonly incomplete: ReadonlySet<string>
  readonly zone: string
  readonly hasByteOrder: boolean
  /** The application asks SQLite to enforce foreign keys, or its driver does. */
  readonly enforcesForeignKeys: boolean
  /** What writes is carried out in a database that orders text as the target does. */
  readonly isOrderTold: boolean
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

/** With no tries, times, example and rewrite where `more` has none. */
export function judged(
  verdict: QueryVerdict,
  reasons: readonly string[],
  detail: string,
  more: Partial<Judgement> = {},
): Judgement {
  return { parametersTried: 0, time: null, example: null, rewrite: null, ...more, verdict, reasons, detail }
}

/** What is known of a statement that reads before it is tried. */
export type ReadCase = {
  readonly sql: string
  /** As SQLite takes it here. */
  readonly sqliteSql: string
  readonly database: KnownDatabase
  readonly tables: readonly KnownTable[]
  readonly meetings: Meetings
  readonly hazards: readonly Hazard[]
  /** The moment at which the clock is held, for a statement that depends on it. */
  readonly heldAt: string | null
  readonly lists: readonly ParameterList[]
  /** Rows made up, with the lists for them; none where that can't be. */
  readonly trials: readonly { readonly trial: Trial; readonly lists: readonly ParameterList[] }[]
}
