/**
 * A pivot's group of rows as one JSON object of name → value. Invariant: every member row is completely contained in the object and the
 * group's row, or else in what `archived` returns, such as members without a name and second rows for a name.
 */
import type { CopyPlan, PivotPlan } from '../../model/plan.ts'
import type { StoredCell } from '../../model/storage.ts'
import { type Cell, NULL, TEXT } from '../cell/cell.ts'
import type { FieldEncoder } from '../cell/field.ts'
import { storedCellOf } from '../cell/stored-cell.ts'
import { writeJsonCell } from '../conversions/json.ts'
import { writeJsonbField } from '../json/json-field.ts'
import { hiddenRowid, isKeptByJson, isSameCell, type KeptCells, keepRowid } from './originals.ts'

type PivotEncoder = FieldEncoder & {
  readonly memberCount: number
  /**
   * For each member, in order, its name and what cannot be restored from the object; null when nothing needs archiving. `first`: cells of
   * the first member that cannot be restored from the group's row.
   */
  archived(first: KeptCells | null): readonly KeptCells[] | null
}

/** `exact`: also archives everything in which a member differs from the group's row, and its rowid. */
export function pivotEncoder(copy: CopyPlan, pivot: PivotPlan, exact: boolean): PivotEncoder {
  const nameAt = copy.read.columns.indexOf(pivot.name)
  const valueAt = copy.read.columns.indexOf(pivot.value)
  const archivedColumns = pivot.archived.map((name) => ({ name, index: copy.read.columns.indexOf(name) }))
  const shared = copy.read.columns.flatMap((name, index) =>
    index === nameAt || index === valueAt || pivot.archived.includes(name) ? [] : [{ name, index }],
  )
  const isNumbered = copy.key.kind === 'rowid' && copy.key.column !== null
  const rowidName = exact && !isNumbered ? hiddenRowid(copy.read.columns) : null
  const names = new Set<string>()
  let members: Record<string, StoredCell>[] = []
  let needed = false
  let memberCount = 0

  return {
    encode(row, out) {
      names.clear()
      members = []
      needed = archivedColumns.length > 0 || rowidName !== null
      memberCount = 0
      return writeJsonbField(out, () => {
        let separator = '{'
        for (const cells of row.members()) {
          memberCount++
          const kept: Record<string, StoredCell> = {}
          for (const { name, index } of archivedColumns) kept[name] = storedCellOf(cells[index]!)
          // An object's keys have an order of their own, so the name identifies the member.
          kept[pivot.name] = storedCellOf(cells[nameAt]!)
          members.push(kept)
          if (exact) {
            keepRowid(kept, rowidName, cells)
            for (const { name, index } of shared) {
              if (isSameCell(cells[index]!, row.cells[index]!)) continue
              kept[name] = storedCellOf(cells[index]!)
              needed = true
            }
            if (!isKeptByJson(cells[valueAt]!)) {
              kept[pivot.value] = storedCellOf(cells[valueAt]!)
              needed = true
            }
          }
          const name = plainText(cells[nameAt]!)
          if (name === null || names.has(name)) {
            kept[pivot.value] = storedCellOf(cells[valueAt]!)
            needed = true
            continue
          }
          names.add(name)
          out.ascii(separator)
          separator = ', '
          out.utf8(`${JSON.stringify(name)}: `)
          writeJsonCell(cells[valueAt]!, out, 'string')
        }
        out.ascii(separator === '{' ? '{}' : '}')
      })
    },
    lastError: () => '0',
    get memberCount() {
      return memberCount
    },
    archived(first) {
      if (first !== null && members[0] !== undefined) {
        members[0] = { ...first, ...members[0] }
        needed = true
      }
      return needed ? members : null
    },
  }
}

/** The name of a member; null when it cannot be an object's key without loss. */
function plainText(cell: Cell): string | null {
  if (cell.storage === NULL || cell.storage !== TEXT) return null
  const bytes = cell.buffer.subarray(cell.start, cell.end)
  const text = bytes.toString('utf8')
  if (text.includes('\ufffd') || text.includes('\u0000')) return null
  return text
}
