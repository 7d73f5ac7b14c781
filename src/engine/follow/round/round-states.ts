/** The sources' states before and after a round, and single rows of them. Invariant: read-only. */

import type { SourceRow } from '../../encode/cell/cell.ts'
import type { CopyPlan, Plan, TablePlan } from '../../model/plan.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import type { StoredCell } from '../../model/storage.ts'
import { type ComparedTable, comparedTableOf } from '../../rows/sum-rows.ts'
import { openReader } from '../../source/readers/readers.ts'
import type { FollowedDatabase } from './followed-database.ts'
import type { LiveOrphans } from './live-orphans.ts'
import type { KnownOrphans } from './moved-parents.ts'
import type { Shadows } from './shadows.ts'

export type RoundComparison = {
  readonly plan: Plan
  /** Known ids of orphaned references, which an inserted parent may change. */
  readonly orphans: KnownOrphans
  /** Keys of rows that the server has refused, by table. */
  readonly refused: ReadonlyMap<string, readonly (readonly StoredCell[])[]>
  readonly databases: ReadonlyMap<string, FollowedDatabase>
  /** Where staging files are written. */
  readonly shadows: Shadows
}

export type Round = RoundComparison & {
  readonly dirty: ReadonlyMap<string, ReadonlySet<number>>
  readonly old: LiveOrphans
  readonly new: LiveOrphans
  /** Staging files, made when the first table needs them. */
  staged: { readonly old: string | null; readonly new: string | null } | null
}

export function encodedIn(round: Round, table: TablePlan, state: 'old' | 'new'): ComparedTable {
  const { plan, orphans } = round
  const onOrphan = (reference: number, id: string): void => orphans.add(table.id, reference, id)
  return comparedTableOf(plan, table, round[state].testsOf(table, state === 'new' ? onOrphan : undefined))
}

/** Calls `visit` for the rows with these rowids in one state. */
export function readRows(
  round: Round,
  table: TablePlan,
  copy: CopyPlan,
  state: 'old' | 'new',
  rowids: readonly bigint[],
  visit: (row: SourceRow) => void,
): void {
  if (rowids.length === 0) return
  const reader = openReader('sqlite', table, copy, statesOf(round, state), null)
  try {
    for (const rowid of rowids) {
      const range = { after: [{ integer: String(rowid - 1n) }], through: [{ integer: String(rowid) }] }
      const reading = reader.open({ range, rowsBefore: 0 })
      while (reading.advance(1, visit));
    }
  } finally {
    reader.close()
  }
}

export function statesOf({ databases }: RoundComparison, state: 'old' | 'new'): readonly Snapshot[] {
  return Array.from(databases.values(), (followed) => ({
    database: followed.database,
    path: followed[state].path,
    file: followed[state].path,
    bytes: 0,
    sha256: '',
    takenAt: '',
  }))
}
