/**
 * Many aggregates over one table in as few passes as SQLite's limits allow. Invariant: what was asked for is answered once `run`
 * is done, integers as bigint.
 */
import type { RawRow, RawValue } from '../base/raw-cells.ts'
import type { SqliteDatabase } from '../base/sqlite.ts'

/** SQLite sets 2,000 result columns; fewer a pass keep the statement in its caches. */
const AGGREGATES_A_PASS = 600

export type Answer = () => RawValue

export class Scan {
  readonly #db: SqliteDatabase
  readonly #from: string
  readonly #aggregatesAPass: number
  readonly #asked: string[] = []
  readonly #answers: RawValue[] = []

  /** `from`: a table or subquery, quoted. `hasLong`: SQLite holds a long value once for each aggregate over it, so that there is one a pass. */
  constructor(db: SqliteDatabase, from: string, hasLong = false) {
    this.#db = db
    this.#from = from
    this.#aggregatesAPass = hasLong ? 1 : AGGREGATES_A_PASS
  }

  ask(aggregate: string): Answer {
    const index = this.#asked.push(aggregate) - 1
    return () => this.#answers[index] ?? null
  }

  /** Counts rows for which a condition is true; its parts are evaluated only as far as needed, which `sum(a and b)` doesn't do. */
  count(condition: string): () => number {
    const answer = this.ask(`count(*) filter (where ${condition})`)
    return () => Number(answer() ?? 0)
  }

  /** A number, 0 where there were no rows. */
  number(aggregate: string): () => number {
    const answer = this.ask(aggregate)
    return () => Number(answer() ?? 0)
  }

  run(): void {
    for (let at = 0; at < this.#asked.length; at += this.#aggregatesAPass) {
      const some = this.#asked.slice(at, at + this.#aggregatesAPass)
      const row = this.#db
        .prepare(`select ${some.join(',\n')}\nfrom ${this.#from}`)
        .raw()
        .safeIntegers()
        .get() as RawRow
      row.forEach((value, index) => {
        this.#answers[at + index] = value
      })
    }
  }
}
