/** Names that a plan would create although the target has them: reported with the plan, refused by the run. */
import type { Finding } from '../../model/finding.ts'
import { formatCounted } from '../../model/format-count.ts'
import type { Plan } from '../../model/plan.ts'
import type { OtherName, TargetProbe } from '../../model/target-probe.ts'
import type { TableName } from '../../model/target-schema.ts'
import { relationsOf } from '../ddl/ddl.ts'

/** The code of the finding, and of the error with which a run refuses. */
export const TARGET_NOT_EMPTY = 'target-not-empty'

/** Hint with the alternatives when tables are in the way. */
export const waysOut =
  'To fill tables that are there: --data-only. To create others: --schema NAME. To leave a table out: --exclude TABLE.'

/** Returns at most one finding, which names all of them. */
export function occupiedFindings(schema: Plan['schema'], probe: TargetProbe | null): readonly Finding[] {
  const taken = probe === null ? [] : takenNames(schema, probe)
  if (taken.length === 0) return []
  return [
    {
      severity: 'warning',
      code: TARGET_NOT_EMPTY,
      message: `${occupiedMessage(taken.map(takenText))} The run would be refused (exit code 4).`,
      hint: `${waysOut} An earlier run is removed by gpt-migrate rollback.`,
      count: taken.length,
    },
  ]
}

export type TakenName = { readonly name: string; readonly kind: OtherName['kind'] | 'table' }

/** Such as `public.orders` or `public.seen (view)`. */
export function takenText({ name, kind }: TakenName): string {
  return kind === 'table' ? name : `${name} (${kind})`
}

type TargetNames = { readonly existing: readonly TableName[]; readonly otherNames?: readonly OtherName[] }

/** Returns what the target already holds under a name that the plan would create. The indexes of a table that is named are not. */
export function takenNames(
  schema: Plan['schema'],
  { existing, otherNames = [] }: TargetNames,
): readonly TakenName[] {
  const relations = new Map<string, TakenName['kind']>()
  const types = new Set<string>()
  const wanted = createdNames(schema)
  const tables = new Set(wanted.filter(({ isRow }) => isRow).map(({ name }) => name))
  for (const { schema: of, name, kind, of: table } of otherNames) {
    if (kind === 'type') types.add(`${of}.${name}`)
    else if (table === null || !tables.has(`${of}.${table}`)) relations.set(`${of}.${name}`, kind)
  }
  for (const { schema: of, table } of existing) relations.set(`${of}.${table}`, 'table')
  return wanted.flatMap(({ name, isRow }) => {
    const kind = relations.get(name) ?? (isRow && types.has(name) ? 'type' : undefined)
    return kind === undefined ? [] : [{ name, kind }]
  })
}

/** Returns the names of the tables, views, keys, indexes and partitions that the plan creates. `isRow`: the server makes a type of it, too. */
function createdNames({ tables, views = [] }: Plan['schema']): { name: string; isRow: boolean }[] {
  return [
    ...tables
      .filter(({ existing }) => !existing)
      .flatMap((table) =>
        relationsOf(table).map((name) => ({ name: `${table.schema}.${name}`, isRow: name === table.table })),
      ),
    ...views.map(({ schema, view }) => ({ name: `${schema}.${view}`, isRow: true })),
  ]
}

const MOST_NAMES = 8

export function occupiedMessage(names: readonly string[]): string {
  const rest = names.length - MOST_NAMES
  const shown = rest > 1 ? names.slice(0, MOST_NAMES) : names
  return `The target already holds ${shown.join(', ')}${rest > 1 ? ` and ${formatCounted(rest, 'other')}` : ''}.`
}
