/**
 * Which tables can be read while the target is still being finished. Invariant: a table is named once, when nothing is left to be done to
 * it that locks its readers out; indexes and references do not (https://www.postgresql.org/docs/current/explicit-locking.html).
 */
import type { TableName } from '../../model/target-schema.ts'
import type { ObjectKind, Statement } from '../../plan/ddl-statement.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'

const letReaders: ReadonlySet<ObjectKind> = new Set([
  'index',
  'foreign-key',
  'foreign-key-validation',
  'view',
])

export class ReadableTables {
  /** By quoted name: statements to come that lock readers out. */
  readonly #locking = new Map<string, number>()
  readonly #onReadable: (table: TableName) => void

  /** Names the tables to which none of the statements does that. */
  constructor(
    tables: readonly TableName[],
    statements: readonly Statement[],
    onReadable: (table: TableName) => void,
  ) {
    this.#onReadable = onReadable
    for (const statement of statements) this.#count(statement, 1)
    for (const table of tables) {
      if ((this.#locking.get(quoteTable(table)) ?? 0) === 0) onReadable(table)
    }
  }

  finish(statement: Statement): void {
    if (this.#count(statement, -1) === 0) this.#onReadable(statement.table!)
  }

  /** What is left for the statement's table; null for one that blocks nobody. */
  #count({ object, table }: Statement, more: 1 | -1): number | null {
    if (table === null || letReaders.has(object.kind)) return null
    const name = quoteTable(table)
    const left = (this.#locking.get(name) ?? 0) + more
    this.#locking.set(name, left)
    return left
  }
}
