/**
 * Whether a snapshot's b-trees hang together, in a third of the time that SQLite's own check takes. Invariant: where
 * `pragma quick_check` would report damage the answer is no; then SQLite is asked, and finds the words. Values that break a NOT NULL, a
 * CHECK or a type, which it reports as well, are data (`base/integrity.ts`): no expression of a CHECK is computed.
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

/** `db`: the snapshot `file`, open. False where there is anything that this check doubts or does not know. */
export function areTreesSound(db: SqliteDatabase, file: string): boolean {
  const kernel = loadTreeCheckKernel()
  if (kernel === null) return false
  try {
    const trees = treesOf(db)
    if (trees === null) return false
    const pages = new PageFile(file)
    try {
      return statSync(file).size === pages.pageCount * pages.pageSize && checkTrees(kernel, pages, trees)
    } finally {
      pages.close()
    }
  } catch (error) {
    if (error instanceof PageError || isSqliteError(error)) return false
    throw error
  }
}

/** False where an index has more or fewer entries than its table has rows. Throws a PageError for what is wrong with a page. */
function checkTrees(kernel: TreeCheckKernel, pages: PageFile, trees: readonly Tree[]): boolean {
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
  return trees.every(({ table, isComplete }, index) => !isComplete || walk.counts[index] === rows.get(table))
}
