/**
 * Judges a column's cells by the census alone. Invariant: the counts of a settled column are those of encoding all of its values; where
 * the census cannot prove them, the rows are judged (`judge-rows.ts`).
 */
import type { TableCensus } from '../../model/census.ts'
import type { ColumnOrigin, CopyPlan } from '../../model/plan.ts'
import type { TargetTable } from '../../model/target-schema.ts'
import { ALL_EXACT, type SettledColumn, settleCensus, settleValues } from '../base/settled-census.ts'

/** Returns the counts by target column; null for one that must be judged by its rows. `nulled`: columns in which orphans become null. */
export function settleColumns(
  copy: CopyPlan,
  target: TargetTable,
  census: TableCensus | null,
  nulled: ReadonlySet<string>,
): ReadonlyMap<string, SettledColumn | null> {
  const required = new Set(target.columns.filter(({ nullable }) => !nullable).map(({ name }) => name))
  return new Map(
    copy.columns.map(({ target: name, from }) => [
      name,
      nulled.has(name) ? null : ofGroups(copy, settle(from, census, required.has(name))),
    ]),
  )
}

/** The census counts source rows, and not a pivot's groups, so that a pivot's column is settled only when all cells are exact. */
function ofGroups({ pivot }: CopyPlan, settled: SettledColumn | null): SettledColumn | null {
  return pivot === null || settled === ALL_EXACT ? settled : null
}

function settle(from: ColumnOrigin, census: TableCensus | null, isRequired: boolean): SettledColumn | null {
  switch (from.kind) {
    case 'column': {
      const counted = census?.columns.find(({ name }) => name === from.column)
      if (counted === undefined || (isRequired && counted.nulls > 0)) return null
      return settleCensus(from.conversion, counted)
    }
    case 'rowid':
    case 'row-number':
      return from.conversion.kind === 'integer' && from.conversion.bytes === 8 ? ALL_EXACT : null
    case 'constant': {
      if (isRequired && from.value === null) return null
      const settled = settleValues(from.conversion, [{ value: from.value, count: 1 }])
      return settled?.normalized === 0 && settled.rounded === 0 ? ALL_EXACT : null
    }
    case 'nothing':
      return isRequired ? null : ALL_EXACT
    case 'expression':
    case 'gather':
    case 'fold':
    case 'pivot':
      return null
    default:
      return from satisfies never
  }
}
