/**
 * Judges statements that read. Invariant: the verdict is `same` only when every try returned the same rows, on the existing rows and on
 * trial rows, or when trial rows could not be tried and no difference is certain from the types.
 */

import type { TrySides, TryTexts } from '../compare/try-sides.ts'
import { hazardsOf } from '../differences/detect.ts'
import type { StatementClass } from '../sides/classes.ts'
import { withPlainTexts } from '../sides/double-quotes.ts'
import { refusalOn } from '../sides/sqlite-side.ts'
import { postgresText } from '../statement/statement-text.ts'
import {
  type KnownColumn,
  type KnownDatabase,
  type KnownTable,
  tablesIn,
  viewsIn,
} from '../tables/known-tables.ts'
import { meetingsOf } from '../tables/met-columns.ts'
import { areTimes } from '../tables/trial-values.ts'
import { holdInPostgres, holdInSqlite, momentFor } from '../trial/held-clock.ts'
import type { JudgeGround, Judgement, ReadCase } from '../trial/judge-ground.ts'
import {
  drawParameters,
  type ParameterList,
  rangeOf,
  type SampleRow,
  sampleRows,
  type ValueSource,
} from '../trial/parameters.ts'
import { buildTrial, type Trial, trialsFor, withCommonTables } from '../trial/trial-rows.ts'
import {
  type Finding,
  heavier,
  isOpenAtLimit,
  judgementOf,
  type Tries,
  withOpenLimit,
} from '../try/judgement.ts'
import { rewriteGroundOf, rewriteRead, whereRowsAre } from '../try/rewrite.ts'
import { isSlower, measureSlowness } from '../try/speed.ts'
import { tryRead } from '../try/try-read.ts'
import { isVolatile } from './not-judged.ts'

export class Judge {
  readonly #ground: JudgeGround
  readonly #samples = new Map<KnownTable, readonly SampleRow[]>()
  readonly #ranges = new Map<KnownColumn, ReturnType<typeof rangeOf>>()

  constructor(ground: JudgeGround) {
    this.#ground = ground
  }

  /** The caller must close the trials of the returned case. */
  prepareRead(one: StatementClass, database: KnownDatabase): ReadCase {
    const tables = tablesIn(one.sql, database)
    const meetings = meetingsOf(one.sql, tables)
    const { hasByteOrder } = this.#ground
    const trials = Array.from({ length: trialsFor(one.sql, meetings) }, (_, turn) =>
      buildTrial(one.sql, tables, meetings, { database, rows: (table) => this.#rows(table) }, turn),
    ).flatMap((trial) =>
      trial === null ? [] : [{ trial, lists: drawParameters(meetings, valuesOf(trial)) }],
    )
    const lists = [...loggedLists(one), ...drawParameters(meetings, this.#realValues())]
    const isTimeText = (table: KnownTable, column: KnownColumn) =>
      areTimes(this.#rows(table).map((row) => row[column.name]!))
    const hazards = hazardsOf(one.sql, { tables, hasByteOrder, isTimeText })
    const db = this.#ground.side.at(database.database)
    const { sql: sqliteSql } = withPlainTexts(one.sql, (text) => refusalOn(db, text))
    const heldAt = isVolatile(one.sql) === 'clock' ? momentFor(meetings, this.#realValues()) : null
    return { sql: one.sql, sqliteSql, database, tables, meetings, hazards, heldAt, lists, trials }
  }

  /** Runs the texts with every list of parameters, on the existing rows, then on trial rows. */
  async tryAll(texts: TryTexts, trialTexts: TryTexts, one: ReadCase): Promise<Tries> {
    const sides = this.#realSides(one)
    const real = await this.#tryLists(texts, one.lists, sides)
    let { tried, worst } = real
    let isTrialConclusive = false
    for (const { trial, lists } of worst?.result.kind === 'different' ? [] : one.trials) {
      const made = await this.#tryLists(trialTexts, lists, {
        ...sides,
        db: trial.db,
        decorate: (sql) => withCommonTables(sql, trial.commonTables),
        isTrial: true,
      })
      // A refusal on trial tables only, as for a key that they lack, has no meaning.
      if (made.worst?.result.kind === 'refused' && !/^(?:22|21)/.test(made.worst.result.sqlstate)) break
      tried += made.tried
      worst ??= made.worst
      isTrialConclusive ||= made.rows > 2
      if (made.worst !== null) break
    }
    return { ...real, tried, worst, isTrialConclusive }
  }

  async #tryLists(
    texts: TryTexts,
    lists: readonly ParameterList[],
    sides: TrySides,
  ): Promise<Omit<Tries, 'isTrialConclusive'> & { readonly rows: number }> {
    let worst: Finding | null = null
    let time: Tries['time'] = null
    let slowestList: ParameterList | null = null
    let noAnswer: string | null = null
    let rows = 0
    let tried = 0
    let renamed: readonly string[] = []
    const startedAt = performance.now()
    for (const list of lists) {
      if (tried > 0 && performance.now() - startedAt > this.#ground.patience.ms) break
      const result = await tryRead(texts, list, sides)
      if (result.kind === 'no-answer') {
        noAnswer ??= result.message
        continue
      }
      tried++
      if (result.kind === 'same') {
        rows = Math.max(rows, result.rows)
        renamed = result.renamed
      }
      if (result.kind !== 'refused') {
        const isSlowest = time === null || result.postgresMs > time.postgresMs
        if (isSlowest) {
          time = { sqliteMs: result.sqliteMs, postgresMs: result.postgresMs }
          slowestList = list
        }
      }
      if (result.kind === 'same') continue
      worst = heavier(worst, { result, list, isOnRealRows: !sides.isTrial })
      if (result.kind === 'refused' && !result.sqlstate.startsWith('22')) break
    }
    return { tried, worst, time, slowestList, renamed, noAnswer: tried === 0 ? noAnswer : null, rows }
  }

  async judgeAsItIs(one: ReadCase): Promise<Judgement> {
    const texts = textsFor(one, postgresText(one.sql))
    const tries = await this.tryAll(texts, texts, one)
    const judgement = judgementOf(tries, one)
    return judgement.verdict === 'same' ? this.#withSpeed(judgement, texts, tries, one) : judgement
  }

  /** Returns the judgement of a statement with the same rows, with `slower` when it takes much longer. */
  async #withSpeed(judgement: Judgement, texts: TryTexts, tries: Tries, one: ReadCase): Promise<Judgement> {
    const { time, slowestList } = tries
    if (time === null || slowestList === null || !isSlower(time)) return judgement
    const slowness = await measureSlowness(texts, slowestList, this.#realSides(one), this.#ground)
    if (slowness === null) return judgement
    const { index, explain } = slowness
    const { sqliteMs, postgresMs } = slowness.time
    const gain = index === null ? '' : ` An index would help: ${index.sql}.`
    return {
      ...judgement,
      ...slowness,
      verdict: 'slower',
      reasons: [index === null ? 'slower' : 'index-missing'],
      detail: `It takes ${postgresMs.toFixed(0)} ms in PostgreSQL, and ${sqliteMs.toFixed(0)} ms in SQLite.${gain}`,
      explain,
      index,
    }
  }

  #realSides(one: ReadCase): TrySides {
    const { connection, session, side, zone, patience } = this.#ground
    return {
      db: side.at(one.database.database),
      connection,
      session: { ...session, timeoutMs: patience.ms },
      zone,
      tables: one.tables,
      decorate: (sql) => sql,
      isTrial: false,
    }
  }

  /** Returns the judgement with a rewrite that returns the same rows in every try; null when there is none. */
  async judgeRewritten(one: ReadCase, judgement: Judgement): Promise<Judgement | null> {
    const { verdict, reasons, detail, example } = judgement
    const rewrite = rewriteRead(one.sqliteSql, rewriteGroundOf(one, this.#ground))
    if (rewrite.kind === 'none') return null
    const tries = await this.tryAll(textsFor(one, rewrite.postgres), textsFor(one, rewrite.bare), one)
    if (tries.tried === 0) return null
    if (tries.worst !== null) return isOpenAtLimit(tries.worst.result) ? withOpenLimit(judgement) : null
    const before = verdict === 'fails' ? 'As it is, it fails.' : 'As it is, it differs.'
    return {
      verdict: 'rewritten',
      reasons,
      detail: `${before} ${detail}${rewrite.reliance}${ofProgram(one)}`,
      parametersTried: tries.tried,
      time: tries.time,
      example,
      rewrite: rewrite.postgres.sql,
    }
  }

  /** Returns what became of a table or view of the statement that is no table or view of the target; null when there is none. */
  whatBecameOf(one: ReadCase): { readonly reason: string; readonly detail: string } | null {
    for (const table of one.tables) {
      const { fate } = table.plan
      if (fate.kind === 'exclude') {
        return { reason: 'table-not-moved', detail: `The table ${table.name} was not moved: ${fate.reason}.` }
      }
      const place = whereRowsAre(table, rewriteGroundOf(one, this.#ground))
      if (place !== null) return { reason: fate.kind === 'fold' ? 'folded' : 'pivoted', detail: place }
    }
    const [view] = viewsIn(one.sql, one.database)
    const isThere = this.#ground.plan.schema.views?.some(
      ({ source, database }) => source === view && database === one.database.database,
    )
    return view === undefined || isThere === true
      ? null
      : { reason: 'view-not-moved', detail: `The view ${view} was not created in the target.` }
  }

  /** Returns the tables and columns that have another name in the target than in the statement, as phrases. */
  renamedIn({ tables, meetings, sql }: ReadCase): string[] {
    const isRead = (name: string, target: string): boolean =>
      name.toLowerCase() === target || new RegExp(`"${target.replaceAll(/\W/g, '.')}"`).test(sql)
    const ofTables = tables.flatMap(({ name, copied }) =>
      copied === null || isRead(name, copied.target.table)
        ? []
        : [`${name} is ${copied.target.schema}.${copied.target.table}`],
    )
    const ofColumns = meetings.named.flatMap(({ table, column: { name, target } }) =>
      target === null || isRead(name, target.name) ? [] : [`${table.name}.${name} is ${target.name}`],
    )
    return [...ofTables, ...ofColumns]
  }

  #rows(table: KnownTable): readonly SampleRow[] {
    const known = this.#samples.get(table)
    if (known !== undefined) return known
    const rows = sampleRows(this.#ground.side.at(table.database), table)
    this.#samples.set(table, rows)
    return rows
  }

  #realValues(): ValueSource {
    return {
      rows: (table) => this.#rows(table),
      members: (table) => this.#rows(table),
      range: (table, column) => {
        const known = this.#ranges.get(column)
        if (known !== undefined) return known
        const range = rangeOf(this.#ground.side.at(table.database), table, column)
        this.#ranges.set(column, range)
        return range
      },
    }
  }
}

/** Returns the texts for SQLite and PostgreSQL, with the same moment for the clock in both. */
function textsFor({ sqliteSql, heldAt }: ReadCase, postgres: TryTexts['postgres']): TryTexts {
  if (heldAt === null) return { sqlite: sqliteSql, postgres }
  return {
    sqlite: holdInSqlite(sqliteSql, heldAt),
    postgres: { ...postgres, sql: holdInPostgres(postgres.sql, heldAt) },
  }
}

function ofProgram({ hazards }: ReadCase): string {
  return hazards.some(({ code }) => code === 'regexp')
    ? " REGEXP is the program's own function; the tries read its patterns as JavaScript's."
    : ''
}

/** Returns the trial rows as a source of parameters; the five rows are spread over all of them. */
function valuesOf({ rows, db }: Trial): ValueSource {
  const ranges = new Map<KnownColumn, ReturnType<typeof rangeOf>>()
  return {
    rows: (table) => {
      const all = rows.get(table) ?? []
      return [0, 0.3, 0.5, 0.75, 0.95]
        .map((place) => all[Math.floor(place * all.length)])
        .filter((row) => row !== undefined)
    },
    range: (table, column) => {
      const range = ranges.get(column) ?? rangeOf(db, table, column)
      ranges.set(column, range)
      return range
    },
    members: (table) => rows.get(table) ?? [],
  }
}

function loggedLists({ logged }: StatementClass): ParameterList[] {
  return logged.parameters.map(
    (values) =>
      new Map(
        values.map((value, at) => [
          at + 1,
          typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value,
        ]),
      ),
  )
}
