/**
 * The target row that a snapshot row must become, by the plan. Invariant: one value for each of the given target columns, in their order, as
 * PostgreSQL would print it.
 */
import type { ColumnOrigin, CopyPlan } from '../../model/plan.ts'
import type { TargetColumn } from '../../model/target-schema.ts'
import { jsonObject, jsonOf, unchangedJsonMeaning } from '../../rows/meaning/compare-json.ts'
import { meaningOf } from '../../rows/meaning/meaning-of.ts'
import { type SourceValue, valueOfStored } from '../../rows/meaning/source-value.ts'
import { LongCell } from './long-cells.ts'
import type { SnapshotRow } from './snapshot-rows.ts'
import type { PrintedRow } from './target-rows.ts'

type CellOf = (row: SnapshotRow) => string | null

/**
 * Returns a function from a row of the plan's source table to the values that its target row must have. `digested`: the source columns of JSON
 * whose long documents are compared by digest.
 */
export function rowMeaning(
  copy: CopyPlan,
  columns: readonly TargetColumn[],
  digested: ReadonlySet<string>,
): (row: SnapshotRow) => PrintedRow {
  const origins = new Map(copy.columns.map(({ target, from }) => [target, from]))
  const cells = columns.map(({ name }) => {
    const from = origins.get(name) ?? { kind: 'nothing' }
    return withOrphans(copy, name, cellOf(copy, from, digested))
  })
  return (row) => cells.map((cell) => cell(row))
}

/** An orphaned reference is null in the target where the plan says so. */
function withOrphans(copy: CopyPlan, target: string, cell: CellOf): CellOf {
  const index = copy.references.findIndex(
    (reference) => reference.onOrphan === 'null-reference' && reference.target === target,
  )
  return index < 0 ? cell : (row) => (row.orphans[index] ? null : cell(row))
}

function cellOf(copy: CopyPlan, from: ColumnOrigin, digested: ReadonlySet<string>): CellOf {
  const position = (column: string): number => {
    const index = copy.read.columns.indexOf(column)
    if (index < 0) throw new Error(`the plan reads no column ${JSON.stringify(column)}`)
    return index
  }
  switch (from.kind) {
    case 'column': {
      const { column, conversion } = from
      const isDigested = conversion.kind === 'json' && digested.has(column)
      const meaning = isDigested ? unchangedJsonMeaning(conversion) : meaningOf(conversion)
      const index = position(column)
      return (row) => {
        const cell = row.cells[index]!
        return cell instanceof LongCell ? cell.print() : meaning(cell)
      }
    }
    case 'expression': {
      const meaning = meaningOf(from.conversion)
      const index = copy.read.columns.length + from.expression
      return (row) => meaning(plain(row.cells[index]!))
    }
    case 'rowid': {
      const meaning = meaningOf(from.conversion)
      return (row) => meaning(row.rowid)
    }
    case 'row-number': {
      const meaning = meaningOf(from.conversion)
      return (row) => meaning(BigInt(row.ordinal))
    }
    case 'constant': {
      const printed = meaningOf(from.conversion)(valueOfStored(from.value))
      return () => printed
    }
    case 'gather': {
      const indexes = from.columns.map(position)
      return (row) => objectOf(from.columns, (index) => plain(row.cells[indexes[index]!]!))
    }
    case 'fold': {
      const { columns } = copy.folds[from.fold]!
      return (row) => {
        const children = row.children[from.fold]!
        if (children.length === 0) return null
        return `[${children.map((child) => objectOf(columns, (index) => child[index]!)).join(',')}]`
      }
    }
    case 'pivot': {
      const { name, value } = copy.pivot!
      const [nameAt, valueAt] = [position(name), position(value)]
      return (row) => pairsOf(row.members, nameAt, valueAt)
    }
    case 'nothing':
      return () => null
    default:
      return from satisfies never
  }
}

/** Returns a cell that is never read as a long one. */
function plain(cell: SnapshotRow['cells'][number]): SourceValue {
  if (cell instanceof LongCell) throw new TypeError('a value that is looked into was not read whole')
  return cell
}

function objectOf(names: readonly string[], cell: (index: number) => SourceValue): string {
  return jsonObject(names.map((name, index) => [name, jsonOf(cell(index))]))
}

/** Returns name → value: only valid UTF-8 text can be a name, and of two rows with one name the first counts. */
function pairsOf(members: SnapshotRow['members'], nameAt: number, valueAt: number): string {
  const pairs = new Map<string, string>()
  for (const member of members) {
    const name = member[nameAt]
    if (typeof name !== 'string' || name.includes('\0') || name.includes('\ufffd') || pairs.has(name))
      continue
    pairs.set(name, jsonOf(member[valueAt]!))
  }
  return jsonObject([...pairs])
}
