/**
 * Checks that a snapshot's b-trees are consistent, in a third of the time of SQLite's own check. Invariant: the answer is no whenever
 * `pragma quick_check` would report damage; SQLite is then asked for the details. Values that violate NOT NULL, a CHECK or a type, which it
 * reports as well, are data (`base/integrity.ts`), so CHECK expressions are not evaluated.
 */
import { statSync } from 'node:fs'
import type { SqliteDatabase } from '../base/sqlite.ts'
import { isSqliteError } from '../base/sqlite-errors.ts'
import { PageError } from '../pages/page-error.ts'
import { PageFile } from '../pages/page-file.ts'
import { PageUse } from './page-use.ts'
import { loadTreeCheckKernel, type TreeCheckKernel } from './tree-check-kernel.ts'
import { TreeWalk } from './tree-walk.ts'
import { type Tree, treesOf } from './trees.ts'

/** By table, except for virtual ones. */
export type RowsOfTables = ReadonlyMap<string, number>

/**
 * `db`: an open connection to the snapshot `file`. Returns the number of each table's rows when the b-trees are consistent, or null if
 * anything is wrong, or unknown to this check.
 */
export function countSoundTrees(db: SqliteDatabase, file: string): RowsOfTables | null {
  const kernel = loadTreeCheckKernel()
  if (kernel === null) return null
  try {
    const trees = treesOf(db)
    if (trees === null) return null
    const pages = new PageFile(file)
    try {
      return statSync(file).size === pages.pageCount * pages.pageSize
        ? checkTrees(kernel, pages, trees)
        : null
    } finally {
      pages.close()
    }
  } catch (error) {
    if (error instanceof PageError || isSqliteError(error)) return null
    throw error
  }
}

/** Returns null when the number of an index's entries differs from that of its table's rows. Throws a PageError for a fault in a page. */
function checkTrees(kernel: TreeCheckKernel, pages: PageFile, trees: readonly Tree[]): RowsOfTables | null {
  const use = new PageUse(pages)
  use.checkHeader(trees.map(({ root }) => root))
  use.takeFreeList()
  const walk = new TreeWalk(kernel, pages, use, trees)
  walk.checkAll()
  use.checkAllUsed()
  const rows = new Map(
    trees.flatMap(({ kind, table }, index) =>
      kind === 'index' ? [] : [[table, walk.counts[index]!] as const],
    ),
  )
  const isSound = trees.every(
    ({ table, isComplete }, index) => !isComplete || walk.counts[index] === rows.get(table),
  )
  return isSound ? rows : null
}
