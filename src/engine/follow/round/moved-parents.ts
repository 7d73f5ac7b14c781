/**
 * Parents that a round inserts or deletes, by which unchanged child rows may change. Invariant: a child whose reference becomes or ceases to
 * be an orphan is judged again in that round.
 */

import type { CopyPlan, Plan, ReferencePlan, TablePlan } from '../../model/plan.ts'
import { idKeyOfAll } from '../../source/base/id-text.ts'
import { openRecordReader } from '../../source/pages/page-reader.ts'
import type { OrphanSets } from '../../source/staging/orphans.ts'
import type { RowChange } from '../pages/tree-difference.ts'
import { dependsOnParent } from './live-orphans.ts'

/** The ids of inserted and deleted parents, by their table and columns. */
export type MovedParents = Map<
  string,
  { readonly come: ReadonlySet<string>; readonly gone: ReadonlySet<string> }
>

export type AffectedReference = { readonly reference: ReferencePlan; readonly ids: readonly string[] }

/** Ids seen to be orphaned, by table and reference. */
export class KnownOrphans {
  readonly #ids = new Map<string, Set<string>>()

  static of(sets: OrphanSets): KnownOrphans {
    const known = new KnownOrphans()
    for (const { tableId, reference, ids } of sets) {
      // Without a parent table no parent can be inserted.
      if (ids !== 'all') for (const id of ids) known.add(tableId, reference, id)
    }
    return known
  }

  add(tableId: string, reference: number, id: string): void {
    const place = `${reference} ${tableId}`
    const known = this.#ids.get(place)
    if (known === undefined) this.#ids.set(place, new Set([id]))
    else known.add(id)
  }

  has(tableId: string, reference: number, id: string): boolean {
    const known = this.#ids.get(`${reference} ${tableId}`)
    return known?.has(id) === true
  }
}

/** Returns the tables and columns to which references lead, when orphans of these change a row. */
export function referencedColumns(
  plan: Plan,
): readonly { readonly tableId: string; readonly columns: readonly string[] }[] {
  const places = new Map<string, { tableId: string; columns: readonly string[] }>()
  for (const { fate } of plan.tables) {
    if (fate.kind !== 'copy') continue
    for (const { parent, onOrphan } of fate.copy.references) {
      if (parent === null || onOrphan === 'keep-value') continue
      const { tableId, columns } = parent
      places.set(`${tableId} ${columns.join(' ')}`, { tableId, columns })
    }
  }
  return [...places.values()]
}

export function movedIdsOf(
  copy: CopyPlan,
  columns: readonly string[],
  changes: Iterable<RowChange>,
): { readonly come: ReadonlySet<string>; readonly gone: ReadonlySet<string> } {
  const ids = { come: new Set<string>(), gone: new Set<string>() }
  const positions = columns.map((name) => copy.read.columns.indexOf(name))
  if (positions.some((position) => position < 0)) return ids
  const show = openRecordReader(copy)
  for (const { kind, rowid, record } of changes) {
    const { cells } = show(rowid, record)
    ids[kind].add(idKeyOfAll(positions.map((position) => cells[position]!)))
  }
  // A replaced parent is neither inserted nor deleted.
  const both = [...ids.come].filter((id) => ids.gone.has(id))
  for (const id of ['', ...both]) {
    ids.come.delete(id)
    ids.gone.delete(id)
  }
  return ids
}

/** Compares all ids before and after, for parents whose changed records alone do not determine their ids. */
export function movedBetween(
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
): { readonly come: ReadonlySet<string>; readonly gone: ReadonlySet<string> } {
  const without = (ids: ReadonlySet<string>, others: ReadonlySet<string>): ReadonlySet<string> =>
    new Set([...ids].filter((id) => !others.has(id)))
  return { come: without(after, before), gone: without(before, after) }
}

/** Returns the references whose parents are inserted or deleted, with the ids that may matter to the table. */
export function affectedReferences(
  { orphans }: { readonly orphans: KnownOrphans },
  { id: tableId }: TablePlan,
  copy: CopyPlan,
  moved: MovedParents,
): readonly AffectedReference[] {
  return copy.references.flatMap((reference, index) => {
    const { parent } = reference
    if (parent === null || !dependsOnParent(reference)) return []
    const ids = moved.get(`${parent.tableId} ${parent.columns.join(' ')}`)
    if (ids === undefined) return []
    const coming = [...ids.come].filter((one) => orphans.has(tableId, index, one))
    const all = [...ids.gone, ...coming]
    return all.length === 0 ? [] : [{ reference, ids: all }]
  })
}
