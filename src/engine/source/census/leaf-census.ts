/**
 * Counts a table's values on its leaf pages in compiled code. Invariant: each row of the range is either counted or returned for the caller
 * to count; texts whose form the compiled code cannot tell are counted by `ColumnCount`.
 */
import type { KeyRange } from '../../model/block.ts'
import type { CatalogColumn, CatalogTable } from '../../model/catalog.ts'
import { numberOfEncoding } from '../base/file-header.ts'
import { enterAdded } from '../leaves/added-values.ts'
import { LeafPages, UnusualPage } from '../leaves/leaf-pages.ts'
import { rowidsOf } from '../leaves/rowid-ranges.ts'
import { addedColumnValue } from '../pages/added-column.ts'
import { type CensusKernel, loadCensusKernel, partOf } from './census-kernel.ts'
import { ColumnCount } from './column-count.ts'
import type { ColumnPart } from './column-part.ts'

type LeafCount = {
  /** Number of counted rows: all but those in `left`. */
  readonly rows: number
  readonly parts: readonly ColumnPart[]
  /** By column: the texts that compiled code passed on, to be added to `parts`. */
  readonly asked: readonly ColumnCount[]
  /** Rowids of the rows that were not counted. */
  readonly left: readonly bigint[]
}

/** When more rows than this, and this share of the counted ones, are left, compiled code does not pay. */
const FEW_ROWS = 100
const FEW_PART = 1 / 8

/** Returns null when too many rows would be left, or a page has an unusual form. */
export function countLeaves(
  file: string,
  table: CatalogTable,
  columns: readonly string[],
  range: KeyRange,
  onRead: (bytes: number) => void = () => {},
): LeafCount | null {
  const kernel = loadCensusKernel()
  const stored = table.columns.filter(({ generated }) => generated !== 'virtual')
  const places = columns.map((name) => stored.findIndex((column) => column.name === name))
  if (kernel === null || places.includes(-1)) return null
  const { memory, constant } = kernel
  if (stored.length > constant('MOST_COLUMNS') || columns.length > constant('MOST_COUNTED')) return null
  try {
    const pages = new LeafPages(file)
    try {
      stored.forEach(({ affinity }, place) => {
        memory[constant('REALS') + place] = affinity === 'real' ? 1 : 0
      })
      places.forEach((place, column) => {
        memory.writeInt32LE(place, constant('COUNTED') + column * 4)
      })
      return countRange(
        kernel,
        pages,
        { root: table.rootPage, columns, stored: stored.length, fewestValues: enterDefaults(kernel, stored) },
        range,
        onRead,
      )
    } finally {
      pages.close()
    }
  } catch (error) {
    if (error instanceof UnusualPage || error instanceof RangeError) return null
    throw error
  }
}

/** Loads the defaults of the last columns, as far as they are known. Returns the fewest values that a counted record may have. */
function enterDefaults(kernel: CensusKernel, stored: readonly CatalogColumn[]): number {
  const defaults = stored.map(addedColumnValue)
  const first = defaults.lastIndexOf(null) + 1
  const known = defaults.slice(first).filter((value) => value !== null)
  return enterAdded(kernel, first, known) === null ? stored.length : first
}

const LEAVES_A_REPORT = 500

function countRange(
  kernel: CensusKernel,
  pages: LeafPages,
  table: {
    readonly root: number
    readonly columns: readonly string[]
    readonly stored: number
    readonly fewestValues: number
  },
  range: KeyRange,
  onRead: (bytes: number) => void,
): LeafCount | null {
  const { memory, constant } = kernel
  const asked = table.columns.map((name) => new ColumnCount(name))
  kernel.ask = (column, start, end, times) => asked[column]!.seeText(memory, start, end, times)
  const [first, last] = rowidsOf(range)
  kernel.setEncoding(numberOfEncoding(pages.encoding))
  kernel.begin(table.stored, table.columns.length, table.fewestValues, first, last)
  const start = constant('PAGES')
  const room = { memory, start, end: start + constant('PAGES_BYTES') }
  const [leafEnds, refused, leftAt] = [constant('LEAF_ENDS'), constant('REFUSED'), constant('LEFT')]
  const left: bigint[] = []
  let isUsual = true
  let leaves = 0
  pages.read(table.root, [first, last], room, (place) => {
    const state = kernel.countLeaf(place, pages.usableBytes)
    for (let row = 0; row < kernel.leftRows(); row++) left.push(memory.readBigInt64LE(leftAt + row * 8))
    if (++leaves % LEAVES_A_REPORT === 0) onRead(LEAVES_A_REPORT * pages.usableBytes)
    isUsual = state !== refused && left.length <= FEW_ROWS + kernel.countedRows() * FEW_PART
    return isUsual && state === leafEnds
  })
  if (!isUsual) return null
  return {
    rows: kernel.countedRows(),
    parts: table.columns.map((name, column) => partOf(kernel, column, name)),
    asked,
    left,
  }
}
