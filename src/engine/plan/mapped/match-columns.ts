/**
 * Which source column feeds which target column. Invariant: a source column has one home at most; an exact name beats every alias,
 * and a name only counts when the column's values can be what the target means.
 */
import type { CatalogTable } from '../../model/catalog.ts'
import type { TargetMapping } from '../../model/mapping.ts'
import type { TargetColumn } from '../../model/target-schema.ts'
import { plainName } from '../base/planning.ts'

type ColumnHomes = {
  /** Target → source. */
  readonly homes: Map<string, string>
  /** Target → source column whose home is another target column. */
  readonly feeds: Map<string, string>
  /** Target columns whose namesake in the source holds values that do not fit. */
  readonly mistaken: readonly Pair[]
  /** Target columns without a source, and the column that an alias would assign if all of its values fitted. */
  readonly almost: readonly Pair[]
}

type Pair = { readonly target: string; readonly source: string }

export type Acceptance = {
  /** Whether a source column of the target's name is accepted: most of its values fit. */
  byName(target: TargetColumn, source: string): boolean
  /** Whether a source column of an alias is accepted: all of its values fit. */
  byAlias(target: TargetColumn, source: string): boolean
  /** Whether the column has a value in every row. */
  isComplete(source: string): boolean
}

/** `renames` (source → target) take precedence; `reserved`: source columns that are not to be matched. */
export function matchColumns(
  targets: readonly TargetColumn[],
  table: CatalogTable,
  mapping: TargetMapping,
  renames: ReadonlyMap<string, string>,
  reserved: ReadonlySet<string>,
  accepts: Acceptance,
): ColumnHomes {
  const homes = new Map<string, string>()
  const taken = new Set(reserved)
  const mistaken: Pair[] = []
  const almost: Pair[] = []
  const settle = (target: string, source: string): void => {
    homes.set(target, source)
    taken.add(source)
  }
  for (const { name } of table.columns) {
    const target = renames.get(name)
    if (target === undefined) continue
    taken.add(name)
    if (targets.some((column) => column.name === target)) settle(target, name)
  }
  for (const target of targets) {
    if (homes.has(target.name)) continue
    const source = findColumn(table, target.name, taken)
    if (source === null) continue
    if (accepts.byName(target, source)) settle(target.name, source)
    else mistaken.push({ target: target.name, source })
  }
  for (const target of targets) {
    if (homes.has(target.name)) continue
    const words = mapping.columns?.[target.name]
    for (const alias of words?.aliases ?? []) {
      const source = findColumn(table, alias, taken)
      const isMistaken = mistaken.some((pair) => pair.source === source)
      if (source === null || isMistaken) continue
      if (!accepts.byAlias(target, source)) {
        almost.push({ target: target.name, source })
        continue
      }
      settle(target.name, source)
      break
    }
  }
  const feeds = feedsOf(targets, table, mapping, homes, accepts)
  const isHomeless = ({ target, source }: Pair): boolean =>
    !homes.has(target) && !feeds.has(target) && !taken.has(source)
  return { homes, feeds, mistaken, almost: almost.filter(isHomeless) }
}

/** A `not null` column without a source may be filled from a source column whose home is another column. */
function feedsOf(
  targets: readonly TargetColumn[],
  table: CatalogTable,
  mapping: TargetMapping,
  homes: ReadonlyMap<string, string>,
  accepts: Acceptance,
): Map<string, string> {
  const feeds = new Map<string, string>()
  for (const target of targets) {
    if (homes.has(target.name) || target.nullable) continue
    for (const name of mapping.columns?.[target.name]?.orElse ?? []) {
      const source = findColumn(table, name, new Set())
      if (source === null || !accepts.byAlias(target, source) || !accepts.isComplete(source)) continue
      feeds.set(target.name, source)
      break
    }
  }
  return feeds
}

/** Returns the free column of exactly that name, else of that name in another case or style; null without one. */
export function findColumn(table: CatalogTable, name: string, taken: ReadonlySet<string>): string | null {
  const free = table.columns.filter((column) => !taken.has(column.name))
  const exact = free.find((column) => column.name === name)
  if (exact !== undefined) return exact.name
  const plain = plainName(name)
  return free.find((column) => plainName(column.name) === plain)?.name ?? null
}
