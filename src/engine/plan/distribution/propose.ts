/**
 * Proposes, for `--distribute auto`, how Citus keeps the tables for which the user says nothing. Invariant: a proposal passes the checks;
 * the search for it ends, because a reference table becomes a spread one at most once.
 */

import { formatCount, formatCounted } from '../../model/format-count.ts'
import type { TargetForeignKey, TargetTable } from '../../model/target-schema.ts'
import {
  goodColumns,
  liesBeside,
  nameOf,
  type Placement,
  pairedColumn,
  plainTypeOf,
  refusedAction,
  uniqueKeysOf,
} from './table-facts.ts'

/** Number of source rows below which a copy on every node costs less than the joins between nodes that it avoids. */
export const LARGE_ROWS = 10_000

type Proposing = {
  readonly tables: readonly TargetTable[]
  /** The user's choices, by `schema.table`. */
  readonly wanted: ReadonlyMap<string, Placement>
  /** Source rows, by `schema.table`. */
  readonly rows: ReadonlyMap<string, number>
}

/** Returns the placements by `schema.table`; a table without one stays on the coordinator. */
export function proposePlacements({ tables, wanted, rows }: Proposing): ReadonlyMap<string, Placement> {
  const open = tables.filter(
    (table) => !table.existing && table.hypertable === undefined && !wanted.has(nameOf(table)),
  )
  const isLarge = (table: TargetTable): boolean =>
    table.partitioning !== null || (rows.get(nameOf(table)) ?? 0) >= LARGE_ROWS
  const spread = open.filter((table) => isLarge(table) && usableColumns(table).length > 0)
  const placements = new Map(wanted)
  for (const table of open) {
    const column = spread.includes(table) ? bestColumn(table, spread) : null
    if (column !== null) placements.set(nameOf(table), spreadBy(table, column))
    else if (table.partitioning === null)
      placements.set(nameOf(table), copied(whyCopied(table, rows.get(nameOf(table)) ?? 0)))
  }
  settleReferences(tables, open, placements)
  return placements
}

/** Returns the good columns that no action of a foreign key would change. */
function usableColumns(table: TargetTable): readonly string[] {
  return goodColumns(table).filter(
    (column) => !table.foreignKeys.some((key) => key.columns.includes(column) && refusedAction(key) !== null),
  )
}

/** Returns the column that most joins with other large tables use; among equals, the first in the key. */
function bestColumn(table: TargetTable, spread: readonly TargetTable[]): string {
  const others = spread.filter((other) => other !== table)
  const score = (column: string): number =>
    others.reduce((sum, other) => {
      const isPaired =
        table.foreignKeys.some(
          (key) => leadsTo(key, other) && usableColumns(other).includes(pairedColumn(key, column) ?? ''),
        ) ||
        other.foreignKeys.some(
          (key) =>
            leadsTo(key, table) && usableColumns(other).some((one) => pairedColumn(key, one) === column),
        )
      const isNamesake =
        usableColumns(other).includes(column) && plainTypeOf(other, column) === plainTypeOf(table, column)
      return sum + (isPaired ? 2 : isNamesake ? 1 : 0)
    }, 0)
  const columns = usableColumns(table)
  return columns.reduce((best, column) => (score(column) > score(best) ? column : best))
}

const leadsTo = (key: TargetForeignKey, { schema, table }: TargetTable): boolean =>
  key.references.schema === schema && key.references.table === table

/** Changes placements until every foreign key references a co-located table or a reference table. */
function settleReferences(
  tables: readonly TargetTable[],
  open: readonly TargetTable[],
  placements: Map<string, Placement>,
): void {
  const moved = new Set<string>()
  for (let isSettled = false; !isSettled; ) {
    isSettled = true
    for (const child of tables) {
      for (const key of child.foreignKeys) {
        const parent = tables.find((table) => leadsTo(key, table))
        const kept = parent === undefined ? undefined : placements.get(nameOf(parent))?.distribution
        if (parent === undefined || kept?.kind !== 'column') continue
        const own = placements.get(nameOf(child))?.distribution
        if (own?.kind === 'column' && liesBeside(child, own.column, key, parent, kept.column)) continue
        const beside =
          own?.kind === 'reference' && open.includes(child) && !moved.has(nameOf(child))
            ? usableColumns(child).find((column) => liesBeside(child, column, key, parent, kept.column))
            : undefined
        if (beside !== undefined && isWorthFollowing(child)) {
          moved.add(nameOf(child))
          placements.set(nameOf(child), {
            distribution: { kind: 'column', column: beside },
            why: `its rows lie beside those of ${nameOf(parent)} that they refer to`,
          })
        } else if (open.includes(parent) && parent.partitioning === null) {
          placements.set(
            nameOf(parent),
            copied(
              `${nameOf(child)} refers to it by (${key.columns.join(', ')}), which cannot lie beside it`,
            ),
          )
        } else continue
        isSettled = false
      }
    }
  }
}

/** False for a table that references itself: by other columns than the one that spreads it, Citus would refuse that. */
function isWorthFollowing(table: TargetTable): boolean {
  return !table.foreignKeys.some((key) => leadsTo(key, table))
}

function spreadBy(table: TargetTable, column: string): Placement {
  return {
    distribution: { kind: 'column', column },
    why:
      table.partitioning !== null
        ? `it grows month by month, and every unique key holds ${column}`
        : `it is large, and every unique key holds ${column}`,
  }
}

function copied(why: string): Placement {
  return { distribution: { kind: 'reference' }, why }
}

function whyCopied(table: TargetTable, rows: number): string {
  if (rows < LARGE_ROWS) return `it has ${formatCounted(rows, 'row')}, fewer than ${formatCount(LARGE_ROWS)}`
  return whyNotSpread(table)
}

/** Why no column can spread a table, in a clause. */
function whyNotSpread(table: TargetTable): string {
  const keys = uniqueKeysOf(table)
  if (keys.length > 1 && keys.every(({ columns }) => columns.length > 0))
    return `${keys.map(({ described }) => described).join(' and ')} have no column in common that could spread it`
  return 'it has no column that is never null, is in every unique key and could spread it'
}
