/**
 * The order in which keys and indexes are built and constraints validated, several at once. Invariant: a key or a validation has its table
 * to itself, since adding a key locks out everyone else (https://www.postgresql.org/docs/current/sql-altertable.html) and a second
 * validation would wait for the first; plain indexes lock out only writers (https://www.postgresql.org/docs/current/sql-createindex.html)
 * and are built side by side, even on one table.
 */
import type { Statement } from '../../plan/ddl/ddl-statement.ts'

type Step = { readonly statement: Statement }

/** The steps of one table that have not begun, keys first. */
type Turns<T> = {
  readonly keys: T[]
  readonly indexes: T[]
  readonly first: T
  running: number
  keyRuns: boolean
}

export class IndexQueue<T extends Step> {
  readonly #tables: readonly Turns<T>[]
  readonly #turnsOf = new Map<T, Turns<T>>()
  readonly #mayBegin: (step: T) => boolean
  #waiting: (() => void)[] = []
  #isClosed = false

  /**
   * `rowsOf` returns the rows of the step's table. The largest tables come first, so that none of them is built last, alone. `mayBegin`:
   * whether the step's table has its rows; when that changes, `wake` is called.
   */
  constructor(steps: readonly T[], rowsOf: (step: T) => number, mayBegin: (step: T) => boolean = () => true) {
    this.#mayBegin = mayBegin
    const isIndex = ({ statement }: T): boolean => statement.object.kind === 'index'
    const byTable = Map.groupBy(
      steps.toSorted((a, b) => rowsOf(b) - rowsOf(a)),
      ({ statement: { table } }) => JSON.stringify([table?.schema, table?.table]),
    )
    this.#tables = Array.from(byTable.values(), (own) => {
      const keys = own.filter((step) => !isIndex(step))
      const indexes = own.filter(isIndex)
      const turns = { keys, indexes, first: (keys[0] ?? indexes[0])!, running: 0, keyRuns: false }
      for (const step of own) this.#turnsOf.set(step, turns)
      return turns
    })
  }

  /** Returns a step that `isWanted` and may begin now; it runs until `finish`. Null when there is none at the moment. */
  take(isWanted: (step: T) => boolean = () => true): T | null {
    if (this.#isClosed) return null
    for (const turns of this.#tables) {
      if (turns.keyRuns || (turns.keys.length > 0 && turns.running > 0)) continue
      const own = turns.keys.length > 0 ? turns.keys : turns.indexes
      if (own.length === 0 || !isWanted(own[0]!) || !this.#mayBegin(own[0]!)) continue
      turns.keyRuns = own === turns.keys
      const step = own.shift()!
      turns.running++
      return step
    }
    return null
  }

  /** Whether the step is the first of its table. */
  isFirst(step: T): boolean {
    return this.#turnsOf.get(step)!.first === step
  }

  /** Ends a step. Returns whether it was the last of its table. */
  finish(step: T): boolean {
    const turns = this.#turnsOf.get(step)!
    turns.running--
    turns.keyRuns = false
    this.wake()
    return turns.keys.length + turns.indexes.length + turns.running === 0
  }

  wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  /** No step that is left will begin. */
  close(): void {
    this.#isClosed = true
    this.wake()
  }

  /** Waits for a running step to end, or for `wake`. Returns false when no step is left to begin. */
  async waitForTurn(): Promise<boolean> {
    if (this.#isClosed || this.#tables.every(({ keys, indexes }) => keys.length + indexes.length === 0))
      return false
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return true
  }
}
