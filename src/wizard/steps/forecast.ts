/** The plan's forecast for a table or a column, and the edit after which nothing is rounded. Pure. */
import type { ColumnTally, ForecastTable, Plan, PlanEdit, TablePlan } from '../../engine/door/index.ts'
import { shownColumns } from './plan-columns.ts'
import { withEdit } from './plan-edits.ts'

/** Null for a table that is left out, and for a plan without a forecast. */
export function forecastOf({ forecast }: Plan, { id }: Pick<TablePlan, 'id'>): ForecastTable | null {
  return forecast?.tables.find(({ tableId }) => tableId === id) ?? null
}

export function tallyOf(plan: Plan, table: TablePlan, target: string): ColumnTally | null {
  return forecastOf(plan, table)?.columns.find((column) => column.target === target) ?? null
}

export const roundedIn = (table: ForecastTable | null): number =>
  table?.columns.reduce((total, { rounded }) => total + rounded, 0) ?? 0

export const roundedInAll = ({ forecast }: Plan): number =>
  forecast?.tables.reduce((total, table) => total + roundedIn(table), 0) ?? 0

/** Returns the type of the same kind that keeps every digit; null when there is none. */
export function widerType(type: string): string | null {
  if (/^numeric\(/.test(type)) return 'numeric'
  if (/^real$/.test(type)) return 'double precision'
  const time = /^(timestamp|time)\(\d\) (with(?:out)? time zone)$/.exec(type)
  return time === null ? null : `${time[1]} ${time[2]}`
}

/**
 * Returns the edits plus one for each rounded column, which widens it to what its values need; the same list when no column can be widened.
 */
export function widened(
  plan: Plan,
  tables: readonly TablePlan[],
  edits: readonly PlanEdit[],
): readonly PlanEdit[] {
  return tables.reduce<readonly PlanEdit[]>((all, table) => {
    const rounded = new Set(
      forecastOf(plan, table)?.columns.flatMap((column) => (column.rounded > 0 ? [column.target] : [])),
    )
    return shownColumns(plan, table, edits).reduce((list, { target, type, editable }) => {
      const wider = target === null || editable === null || !rounded.has(target) ? null : widerType(type)
      return wider === null || editable === null
        ? list
        : withEdit(list, { tableId: table.id, column: editable, change: { kind: 'type', type: wider } })
    }, all)
  }, edits)
}
