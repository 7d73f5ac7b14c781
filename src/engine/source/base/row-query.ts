/**
 * One select over a table's rows, wide tables included. Invariant: `all` returns whole rows, although SQLite returns at most 2,000 result
 * columns per statement (https://www.sqlite.org/limits.html#max_column): wider rows are read in parts with the same condition.
 */
import type { RawRow } from './raw-cells.ts'
import type { SqliteDatabase } from './sqlite.ts'

const MAX_RESULT_COLUMNS = 1990

type Statement = {
  all(...parameters: readonly unknown[]): unknown[]
  iterate(...parameters: readonly unknown[]): IterableIterator<unknown>
}

export class RowQuery {
  readonly #parts: readonly Statement[]

  /** `rest`: the statement from its `from` on; its order must be total. */
  constructor(db: SqliteDatabase, resultColumns: readonly string[], rest: string) {
    const parts: Statement[] = []
    for (let at = 0; at < resultColumns.length || at === 0; at += MAX_RESULT_COLUMNS) {
      const some = resultColumns.slice(at, at + MAX_RESULT_COLUMNS)
      parts.push(
        db
          .prepare(`select ${some.join(', ') || 'null'}\n${rest}`)
          .raw()
          .safeIntegers(),
      )
    }
    this.#parts = parts
  }

  all(parameters: readonly unknown[]): readonly RawRow[] {
    const rows = this.#parts[0]!.all(...parameters) as RawRow[]
    if (this.#parts.length === 1) return rows
    const others = this.#parts.slice(1).map((part) => part.all(...parameters) as RawRow[])
    return rows.map((row, index) => row.concat(...others.map((other) => other[index]!)))
  }

  *iterate(parameters: readonly unknown[]): Generator<RawRow, void, undefined> {
    const parts = this.#parts.map((part) => part.iterate(...parameters) as IterableIterator<RawRow>)
    try {
      for (;;) {
        const [first, ...others] = parts.map((part) => part.next())
        if (first!.done) return
        yield others.length === 0 ? first!.value : first!.value.concat(...others.map((other) => other.value))
      }
    } finally {
      for (const part of parts) part.return?.()
    }
  }
}
