/** Existing tables whose rules may refuse rows. Pure. */
import type { CatalogTable } from '../model/catalog.ts'
import type { TableCensus } from '../model/census.ts'
import { type CopyPlan, copyPlanOf, type Plan, type TablePlan, targetTableOf } from '../model/plan.ts'
import type { TargetTable } from '../model/target-schema.ts'
import type { TargetRule } from '../rows/target-rules.ts'
import { quoteTable } from '../syntax/postgres-names.ts'

/** What is known of a table that the run fills. */
export type FilledTable = {
  readonly plan: TablePlan
  readonly rules: readonly TargetRule[]
  readonly census: TableCensus | undefined
  readonly source: CatalogTable | undefined
}

/** Up to this many bytes of its columns, an index entry is well within the limit of 2,704. */
const SHORT_ENTRY = 2_000

/** Returns table ids: tables in doubt, and all tables that foreign keys connect with them, where a refused row would be missing. */
export function tablesInDoubt(plan: Plan, filled: readonly FilledTable[]): ReadonlySet<string> {
  const placeOf = ({ plan: table }: FilledTable): string => quoteTable(copyPlanOf(table).target)
  const places = new Set(filled.map(placeOf))
  const doubted = new Set(filled.filter((table) => isInDoubt(plan, table, places)).map(placeOf))
  const links = filled.flatMap((table) =>
    targetTableOf(plan, copyPlanOf(table.plan).target).foreignKeys.map(({ references }) => [
      placeOf(table),
      quoteTable(references),
    ]),
  )
  for (let before = -1; before !== doubted.size; ) {
    before = doubted.size
    for (const [child, parent] of links)
      if (places.has(parent!) && (doubted.has(child!) || doubted.has(parent!)))
        doubted.add(child!).add(parent!)
  }
  return new Set(filled.filter((table) => doubted.has(placeOf(table))).map(({ plan: table }) => table.id))
}

function isInDoubt(plan: Plan, filled: FilledTable, places: ReadonlySet<string>): boolean {
  const { plan: table, rules, census } = filled
  const copy = copyPlanOf(table)
  const target = targetTableOf(plan, copy.target)
  if (hasLongEntries(copy, target, census)) return true
  const refused = plan.forecast?.tables.find(({ tableId }) => tableId === table.id)?.rows.quarantined ?? 0
  // Other tables may refer to a refused row.
  if (refused > 0 && target.primaryKey !== null) return true
  return rules.some((rule) => {
    switch (rule.kind) {
      case 'check':
      case 'domain':
      case 'exclusion':
      case 'partition':
      case 'trigger':
        return true
      case 'unique':
        return plan.options.append === true || !isUniqueInSource(copy, target, rule, filled)
      case 'foreign-key': {
        const key = target.foreignKeys.find(({ name }) => name === rule.name)
        return plan.options.append === true || key === undefined || !places.has(quoteTable(key.references))
      }
      default:
        return rule.kind satisfies never
    }
  })
}

/** Whether a key of the source has the same columns, and its distinct values stay distinct in the target. */
function isUniqueInSource(
  copy: CopyPlan,
  target: TargetTable,
  { columns, isExact }: TargetRule,
  { census, source }: FilledTable,
): boolean {
  if (!isExact) return false
  const names = columns.map((name) => {
    const from = copy.columns.find((column) => column.target === name)?.from
    if (from?.kind !== 'column') return null
    const type = target.columns.find((column) => column.name === name)?.type ?? ''
    const counted = census?.columns.find((column) => column.name === from.column)
    if (counted === undefined) return null
    const isNumber = from.conversion.kind === 'integer'
    const isText =
      from.conversion.kind === 'text' &&
      /^(text|character varying)/.test(type) &&
      counted.texts + counted.nulls === census!.rows
    return isNumber || isText ? from.column : null
  })
  if (names.includes(null)) return false
  const isSame = (key: readonly (string | null)[]): boolean =>
    key.length === names.length && names.every((name) => key.includes(name))
  if (copy.key.kind === 'rowid' && isSame([copy.key.column])) return true
  return (
    source?.indexes.some(
      ({ unique, partial, columns: parts }) =>
        unique &&
        !partial &&
        parts.every(({ collation }) => collation === 'BINARY') &&
        isSame(parts.map(({ name }) => name)),
    ) ?? false
  )
}

function hasLongEntries(copy: CopyPlan, target: TargetTable, census: TableCensus | undefined): boolean {
  const bytesOf = (name: string): number => {
    const from = copy.columns.find((column) => column.target === name)?.from
    if (from?.kind !== 'column') return 0
    const counted = census?.columns.find((column) => column.name === from.column)
    return counted === undefined ? SHORT_ENTRY : Math.max(counted.maxTextBytes, counted.maxBlobBytes)
  }
  const entries = [
    target.primaryKey?.columns ?? [],
    ...target.uniques.map(({ columns }) => columns),
    ...target.indexes.map(({ parts }) =>
      parts.flatMap((part) => ('column' in part ? [part.column] : part.columns)),
    ),
  ]
  return entries.some((columns) => columns.reduce((sum, name) => sum + bytesOf(name), 0) >= SHORT_ENTRY)
}
