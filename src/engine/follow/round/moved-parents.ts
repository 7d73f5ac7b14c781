/**
 * Rows that others refer to, and that a round brings or takes away: children that did not change may become other rows. Invariant: a
 * child whose reference begins or ceases to lead somewhere is judged again in that round.
 */

import type { CopyPlan, Plan, ReferencePlan, TablePlan } from '../../model/plan.ts'
import { idKeyOfAll } from '../../source/base/id-text.ts'
import { openRecordReader } from '../../source/pages/page-reader.ts'
import type { OrphanSets } from '../../source/staging/orphans.ts'
import type { RowChange } from '../pages/tree-difference.ts'
import { matters } from './live-orphans.ts'

/** By table and columns of the parents: the ids that come, and that go. */
export type MovedParents = Map<
  string,
  { readonly come: ReadonlySet<string>; readonly gone: ReadonlySet<string> }
>

export type AffectedReference = { readonly reference: ReferencePlan; readonly ids: readonly string[] }

/** Ids that were seen to lead nowhere, by table and reference. */
export class KnownOrphans {
  readonly #ids = new Map<string, Set<string>>()

  static of(sets: OrphanSets): KnownOrphans {
    const known = new KnownOrphans()
    for (const { tableId, reference, ids } of sets) {
      // Without a parent table nothing can come.
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

/** The tables and columns that references lead to, where it matters. */
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
  // A parent that is replaced stays one.
  const both = [...ids.come].filter((id) => ids.gone.has(id))
  for (const id of ['', ...both]) {
    ids.come.delete(id)
    ids.gone.delete(id)
  }
  return ids
}

/** The same, of all ids before and after: for parents whose changed records do not say all that there is to know. */
export function movedBetween(
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
): { readonly come: ReadonlySet<string>; readonly gone: ReadonlySet<string> } {
  const without = (ids: ReadonlySet<string>, others: ReadonlySet<string>): ReadonlySet<string> =>
    new Set([...ids].filter((id) => !others.has(id)))
  return { come: without(after, before), gone: without(before, after) }
}

/** The table's references whose parents come or go, with the ids that may matter. */
export function affectedReferences(
  { orphans }: { readonly orphans: KnownOrphans },
  { id: tableId }: TablePlan,
  copy: CopyPlan,
  moved: MovedParents,
): readonly AffectedReference[] {
  return copy.references.flatMap((reference, index) => {
    const { parent } = reference
    if (parent === null || !matters(reference)) return []
    const ids = moved.get(`${parent.tableId} ${parent.columns.join(' ')}`)
    if (ids === undefined) return []
    const coming = [...ids.come].filter((one) => orphans.has(tableId, index, one))
    const all = [...ids.gone, ...coming]
    return all.length === 0 ? [] : [{ reference, ids: all }]
  })
}
