/**
 * How one table that an application created is filled: its columns are matched by name and converted to the target's types. Invariant: a
 * source column without a home is an error of the plan, or archived or dropped by the user's choice.
 */
import { type ColumnPlan, type CopyPlan, wholeCopy } from '../../model/plan.ts'
import type { TargetColumn } from '../../model/target-schema.ts'
import { plainName } from '../base/planning.ts'
import { identityOf } from '../base/row-identity.ts'
import { type Filling, fillColumn, knownConversion } from './data-only-column.ts'

/** Returns the item of exactly that name, else the only one of that name in another case or style; null without one. */
export function findByName<T>(all: readonly T[], name: string, nameOf: (one: T) => string): T | null {
  const exact = all.find((one) => nameOf(one) === name)
  if (exact !== undefined) return exact
  const alike = all.filter((one) => squeezed(nameOf(one)) === squeezed(name))
  return alike.length === 1 ? alike[0]! : null
}

const squeezed = (name: string): string => plainName(name).replaceAll('_', '')

export function planCopy(filling: Filling): CopyPlan {
  const { planning, table, target } = filling
  const homes = matchColumns(filling)
  const unmapped = unmappedColumns(filling, new Set(homes.values()))
  const columns: ColumnPlan[] = []
  const computed: ColumnPlan[] = []
  for (const column of target.columns) {
    const name = homes.get(column)
    if (name === undefined) {
      reportUnfilled(filling, column)
      continue
    }
    const planned = fillColumn(filling, column, name)
    if (planned.from.kind === 'nothing') unmapped.push({ column: name, fate: 'archive' })
    if (column.generated === null) columns.push(planned)
    else computed.push(planned)
  }
  return {
    ...wholeCopy(table, target),
    ...(planning.options.append === true ? { among: { kind: 'earlier' } as const } : {}),
    columns,
    ...(computed.length === 0 ? {} : { computed }),
    identity: identityOf(table, target, columns),
    unmapped,
  }
}

/** Returns target column → source column: by exact name first, then without regard to case and underscores. */
function matchColumns(filling: Filling): ReadonlyMap<TargetColumn, string> {
  const { table, target } = filling
  const homes = new Map<TargetColumn, string>()
  // A generated column whose type is not written is neither sent nor compared.
  const mayTake = (column: TargetColumn, name: string): boolean =>
    column.generated === null || knownConversion(filling, column, name) !== null
  const match = (isHome: (column: TargetColumn, name: string) => boolean): void => {
    for (const { name } of table.columns) {
      if ([...homes.values()].includes(name)) continue
      const found = target.columns.filter(
        (column) => !homes.has(column) && isHome(column, name) && mayTake(column, name),
      )
      if (found.length === 1) homes.set(found[0]!, name)
    }
  }
  match((column, name) => column.name === name)
  match((column, name) => squeezed(column.name) === squeezed(name))
  return homes
}

function unmappedColumns(
  { planning, table, target, report }: Filling,
  carried: ReadonlySet<string>,
): CopyPlan['unmapped'][number][] {
  return table.columns.flatMap(({ name }) => {
    if (carried.has(name)) return []
    const { unmapped: fate } = planning.options
    const isLeft = fate === 'archive' || fate === 'drop'
    report({
      severity: isLeft ? 'warning' : 'error',
      code: 'unmapped-column',
      message: `${table.name}.${name} has no column in ${target.schema}.${target.table}${isLeft ? `; its values are ${fate === 'drop' ? 'dropped' : 'archived'}` : ''}.`,
      hint: 'Use --unmapped archive to keep its values in the archive, or drop.',
      column: name,
    })
    return [{ column: name, fate: isLeft ? fate : ('archive' as const) }]
  })
}

function reportUnfilled({ target, report }: Filling, column: TargetColumn): void {
  const hasOwn =
    column.nullable || column.default !== null || column.sequence !== null || column.generated !== null
  report({
    severity: hasOwn ? 'notice' : 'error',
    code: 'column-not-filled',
    message: `${target.schema}.${target.table}.${column.name} has no column in the source; ${hasOwn ? 'the target fills it by itself' : 'it must not be null and has no default'}.`,
  })
}
