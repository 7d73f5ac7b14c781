import { isWithoutRowid, pragmaRows } from '../base/pragma-rows.ts'
import type { SqliteDatabase } from '../base/sqlite.ts'

/** A b-tree of a database. */
export type Tree = {
  readonly root: number
  /** `keyed`: a WITHOUT ROWID table, whose rows are stored like an index. */
  readonly kind: 'table' | 'keyed' | 'index'
  readonly table: string
  /** Whether it has an entry for each row of its table. */
  readonly isComplete: boolean
}

type SchemaRow = {
  readonly type: string
  readonly name: string
  readonly table: string
  readonly root: number | null
  readonly sql: string | null
}

/**
 * Returns all b-trees of a database; null when its schema contains something that only SQLite can check: a damaged virtual table, or
 * columns with computed values. Throws SQLite's errors.
 */
export function treesOf(db: SqliteDatabase): readonly Tree[] | null {
  const rows = db
    .prepare<[], SchemaRow>(
      'select type, name, tbl_name as "table", rootpage as root, sql from main.sqlite_schema',
    )
    .all()
  const trees: Tree[] = [{ root: 1, kind: 'table', table: 'sqlite_schema', isComplete: true }]
  for (const row of rows) {
    const { type, name, root } = row
    const table = row.table.toLowerCase()
    if (root === null || root === 0) {
      // A virtual table is checked by its module.
      if (type === 'table' && !isCheckedByItsModule(db, name)) return null
    } else if (type === 'index') {
      trees.push({ root, kind: 'index', table, isComplete: !isPartial(db, row) })
    } else if (type === 'table') {
      if (hasComputedColumns(db, row)) return null
      trees.push({ root, kind: isKeyed(db, row) ? 'keyed' : 'table', table, isComplete: true })
    } else {
      return null
    }
  }
  return trees
}

/** Cheaper than a pragma: a property is absent when its keyword is. */
const mentions = ({ sql }: SchemaRow, word: RegExp): boolean => sql !== null && word.test(sql)

function isKeyed(db: SqliteDatabase, row: SchemaRow): boolean {
  return mentions(row, /without/i) && isWithoutRowid(db, row.name)
}

function hasComputedColumns(db: SqliteDatabase, row: SchemaRow): boolean {
  const VIRTUAL = 2
  return (
    mentions(row, /\bas\b/i) &&
    pragmaRows<{ readonly hidden: number }>(db, 'table_xinfo', row.name).some(
      ({ hidden }) => hidden === VIRTUAL,
    )
  )
}

function isPartial(db: SqliteDatabase, row: SchemaRow): boolean {
  return (
    mentions(row, /where/i) &&
    pragmaRows<{ readonly name: string; readonly partial: number }>(db, 'index_list', row.table).some(
      ({ name, partial }) => name === row.name && partial === 1,
    )
  )
}

function isCheckedByItsModule(db: SqliteDatabase, name: string): boolean {
  const messages = pragmaRows<{ readonly quick_check: string }>(db, 'quick_check', name)
  return messages.every((message) => message.quick_check === 'ok')
}
