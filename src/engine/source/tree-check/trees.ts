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
  readonly root: number | null
  readonly sql: string | null
}

/**
 * Returns all b-trees of a database; null when its schema contains something that only SQLite can check: a damaged virtual table, columns
 * with computed values, or an index without a tree. Throws SQLite's errors.
 */
export function treesOf(db: SqliteDatabase): readonly Tree[] | null {
  const rows = db
    .prepare<[], SchemaRow>('select type, name, rootpage as root, sql from main.sqlite_schema')
    .all()
  const rootOf = new Map(rows.flatMap(({ type, name, root }) => (type === 'index' ? [[name, root]] : [])))
  const trees: Tree[] = [{ root: 1, kind: 'table', table: 'sqlite_schema', isComplete: true }]
  for (const row of rows) {
    const { type, name, root } = row
    if (type !== 'table') continue
    if (root === null || root === 0) {
      // A virtual table is checked by its module.
      if (!isCheckedByItsModule(db, name)) return null
      continue
    }
    if (hasComputedColumns(db, row)) return null
    const isKeyed = mentions(row, /without/i) && isWithoutRowid(db, name)
    trees.push({ root, kind: isKeyed ? 'keyed' : 'table', table: name, isComplete: true })
    for (const index of pragmaRows<ListedIndex>(db, 'index_list', name)) {
      // This index is the table itself.
      if (isKeyed && index.origin === 'pk') continue
      const indexRoot = rootOf.get(index.name) ?? 0
      if (indexRoot === 0) return null
      trees.push({ root: indexRoot, kind: 'index', table: name, isComplete: index.partial === 0 })
    }
  }
  return trees
}

type ListedIndex = { readonly name: string; readonly origin: string; readonly partial: number }

/** Cheaper than a pragma: a property is absent when its keyword is. */
const mentions = ({ sql }: SchemaRow, word: RegExp): boolean => sql !== null && word.test(sql)

function hasComputedColumns(db: SqliteDatabase, row: SchemaRow): boolean {
  const VIRTUAL = 2
  return (
    mentions(row, /\bas\b/i) &&
    pragmaRows<{ readonly hidden: number }>(db, 'table_xinfo', row.name).some(
      ({ hidden }) => hidden === VIRTUAL,
    )
  )
}

function isCheckedByItsModule(db: SqliteDatabase, name: string): boolean {
  const messages = pragmaRows<{ readonly quick_check: string }>(db, 'quick_check', name)
  return messages.every((message) => message.quick_check === 'ok')
}
