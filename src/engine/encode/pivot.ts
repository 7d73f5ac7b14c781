/**
 * A pivot's group as one JSON object of name → value. Invariant: every member row is either wholly in the object or its group's
 * row, or in what `archived` gives: members without a name, and second rows for a name.
 */
import type { CopyPlan, PivotPlan } from '../model/plan.ts'
import type { StoredCell } from '../model/storage.ts'
import { type Cell, NULL, TEXT } from './cell.ts'
import { writeJsonCell } from './conversions/json.ts'
import { writeJsonbField } from './json-field.ts'
import type { FieldEncoder } from './row-encoder.ts'
import { storedCellOf } from './stored-cell.ts'

export type PivotEncoder = FieldEncoder & {
  readonly memberCount: number
  archived(): readonly Readonly<Record<string, StoredCell>>[] | null
}

export function pivotEncoder(copy: CopyPlan, pivot: PivotPlan): PivotEncoder {
  const nameAt = copy.read.columns.indexOf(pivot.name)
  const valueAt = copy.read.columns.indexOf(pivot.value)
  const archivedColumns = pivot.archived.map((name) => ({ name, index: copy.read.columns.indexOf(name) }))
  const names = new Set<string>()
  let members: Record<string, StoredCell>[] = []
  let needed = false
  let memberCount = 0

  return {
    encode(row, out) {
      names.clear()
      members = []
      needed = archivedColumns.length > 0
      memberCount = 0
      return writeJsonbField(out, () => {
        let separator = '{'
        for (const cells of row.members()) {
          memberCount++
          const kept: Record<string, StoredCell> = {}
          for (const { name, index } of archivedColumns) kept[name] = storedCellOf(cells[index]!)
          members.push(kept)
          const name = plainText(cells[nameAt]!)
          if (name === null || names.has(name)) {
            kept[pivot.name] = storedCellOf(cells[nameAt]!)
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
    archived: () => (needed ? members : null),
  }
}

/** The name of a feature; null where it can't be an object's key without loss. */
function plainText(cell: Cell): string | null {
  if (cell.storage === NULL || cell.storage !== TEXT) return null
  const bytes = cell.buffer.subarray(cell.start, cell.end)
  const text = bytes.toString('utf8')
  if (text.includes('\ufffd') || text.includes('\u0000')) return null
  return text
}
