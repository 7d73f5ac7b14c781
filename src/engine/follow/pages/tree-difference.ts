/**
 * Which rows of a table differ between two states of a file. Subtrees of unchanged pages that both states contain are skipped; every row of
 * the rest is compared. Invariant: a row that only one state has, byte for byte, is returned; a row that merely moved to another page is
 * not.
 */
import { createHash } from 'node:crypto'
import type { PageOwners } from './page-owners.ts'
import type { PagedFile } from './paged-file.ts'
import type { TreeCell, TreePage } from './tree-page.ts'
import { type PairedSide, Unpaired } from './unpaired.ts'

/** A table's tree in one state. */
export type Side = { readonly file: PagedFile; readonly root: number }

/** A row and its page. */
type Place = { readonly page: TreePage; readonly cell: TreeCell }

/** A row that only one of the states has. A changed row is two changes: `gone` and `come`. */
export type RowChange = { readonly kind: PairedSide; readonly rowid: bigint; readonly record: Buffer }

const MAX_DEPTH = 20

/** Yields the differing rows of a table, compared by rowid, in rowid order. */
export function* compareByRowid(
  before: Side,
  after: Side,
  dirty: ReadonlySet<number>,
  owners: PageOwners,
): Generator<RowChange> {
  const [gone, come] = frontiers(before, after, dirty, owners)
  const old = placesOf(before.file, gone)
  const now = placesOf(after.file, come)
  let one = old.next()
  let other = now.next()
  while (!one.done || !other.done) {
    if (other.done || (!one.done && one.value.cell.rowid < other.value.cell.rowid)) {
      yield changeOf('gone', before.file, one.value!)
      one = old.next()
    } else if (one.done || other.value.cell.rowid < one.value.cell.rowid) {
      yield changeOf('come', after.file, other.value)
      other = now.next()
    } else {
      const was = changeOf('gone', before.file, one.value)
      const is = changeOf('come', after.file, other.value)
      if (!was.record.equals(is.record)) {
        yield was
        yield is
      }
      one = old.next()
      other = now.next()
    }
  }
}

/**
 * Yields the rows that differ, compared by record: for tables whose rowids have no meaning (VACUUM renumbers them), and for those without
 * rowids. Equal records are counted: of three before and two after, one is gone.
 */
export function* compareByRecord(
  before: Side,
  after: Side,
  dirty: ReadonlySet<number>,
  owners: PageOwners,
): Generator<RowChange> {
  const [gone, come] = frontiers(before, after, dirty, owners)
  const old = placesOf(before.file, gone)
  const now = placesOf(after.file, come)
  const unpaired = new Unpaired<RowChange>()
  const add = (change: RowChange): void => {
    const key = createHash('sha256').update(change.record).digest('base64')
    // The record may be in a reused buffer.
    unpaired.add(change.kind, key, () => ({ ...change, record: Buffer.from(change.record) }))
  }
  // Both sides advance together, so that rows which only moved are paired early.
  let one = old.next()
  let other = now.next()
  while (!one.done || !other.done) {
    if (!one.done) {
      add(changeOf('gone', before.file, one.value))
      one = old.next()
    }
    if (!other.done) {
      add(changeOf('come', after.file, other.value))
      other = now.next()
    }
  }
  for (const kind of ['gone', 'come'] as const) yield* unpaired.of(kind)
}

/** Enters the pages of the new tree into `owners`, for a table whose rows are compared in another way. */
export function followPages(before: Side, after: Side, dirty: ReadonlySet<number>, owners: PageOwners): void {
  frontiers(before, after, dirty, owners)
}

function changeOf(kind: RowChange['kind'], file: PagedFile, { page, cell }: Place): RowChange {
  return { kind, rowid: cell.rowid, record: file.payload(page, cell) }
}

/** One page, decoded for its own cells, or a whole subtree of unchanged pages. */
type Part = { readonly page: number; readonly kind: 'page' | 'subtree' }

function frontiers(
  before: Side,
  after: Side,
  dirty: ReadonlySet<number>,
  owners: PageOwners,
): readonly [readonly Part[], readonly Part[]] {
  if (before.root === after.root && !dirty.has(before.root)) return [[], []]
  const old: Part[] = []
  const now: Part[] = []
  collect(before, before.root, dirty, old, null, 0)
  collect(after, after.root, dirty, now, owners, 0)
  const subtrees = (parts: readonly Part[]): Set<number> =>
    new Set(parts.flatMap(({ page, kind }) => (kind === 'subtree' ? [page] : [])))
  const inOld = subtrees(old)
  const inNow = subtrees(now)
  const only = (parts: readonly Part[], others: ReadonlySet<number>): Part[] =>
    parts.filter(({ page, kind }) => kind === 'page' || !others.has(page))
  const come = only(now, inOld)
  for (const { page, kind } of come) if (kind === 'subtree') owners.enterTree(after.file, page)
  return [only(old, inNow), come]
}

/** Collects the parts of a tree; with `owners`, enters the pages to which its changed pages lead. */
function collect(
  { file }: Side,
  page: number,
  dirty: ReadonlySet<number>,
  parts: Part[],
  owners: PageOwners | null,
  depth: number,
): void {
  if (!dirty.has(page) || depth > MAX_DEPTH) {
    parts.push({ page, kind: 'subtree' })
    return
  }
  const { children, cells, isLeaf } = file.tree(page)
  if (isLeaf || cells.length > 0) parts.push({ page, kind: 'page' })
  if (owners !== null) {
    for (const cell of cells) {
      if (cell.overflow === 0) continue
      for (const [overflow, before] of file.chain(page, cell)) owners.set(overflow, before)
    }
  }
  for (const child of children) {
    owners?.set(child, page)
    collect({ file, root: child }, child, dirty, parts, owners, depth + 1)
  }
}

function* placesOf(file: PagedFile, parts: readonly Part[]): Generator<Place, undefined> {
  for (const { page, kind } of parts) {
    if (kind === 'subtree') yield* placesBelow(file, page, 0)
    else yield* placesIn(file.tree(page))
  }
  return undefined
}

function* placesIn(page: TreePage): Generator<Place> {
  for (const cell of page.cells) yield { page, cell }
}

function* placesBelow(file: PagedFile, page: number, depth: number): Generator<Place> {
  const tree = file.tree(page)
  yield* placesIn(tree)
  if (depth > MAX_DEPTH) return
  for (const child of tree.children) yield* placesBelow(file, child, depth + 1)
}
