/**
 * Which tables can be read while the target is still being completed. Invariant: a table is reported once, when no statement is left that
 * locks out its readers; indexes and foreign keys do not (https://www.postgresql.org/docs/current/explicit-locking.html).
 */
import type { TableName } from '../../model/target-schema.ts'
import type { ObjectKind, Statement } from '../../plan/ddl/ddl-statement.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'

const readableDuring: ReadonlySet<ObjectKind> = new Set([
  'index',
  'foreign-key',
  'foreign-key-validation',
  'view',
])

export class ReadableTables {
  /** Number of statements left that lock out the readers of a table, by its quoted name. */
  readonly #locking = new Map<string, number>()
  readonly #onReadable: (table: TableName) => void

  /** Reports the tables without such a statement at once. */
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

  /** Returns how many such statements are left for the statement's table; null when the statement does not lock out readers. */
  #count({ object, table }: Statement, more: 1 | -1): number | null {
    if (table === null || readableDuring.has(object.kind)) return null
    const name = quoteTable(table)
    const left = (this.#locking.get(name) ?? 0) + more
    this.#locking.set(name, left)
    return left
  }
}
