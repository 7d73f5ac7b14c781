/** Makes the columns on both sides of a foreign key agree in type. */

import type { CatalogForeignKey } from '../../model/catalog.ts'
import { foldName } from '../../syntax/sqlite-names.ts'
import { type DraftColumn, draftColumnOf, retype, type TableDraft } from './auto-draft.ts'
import { isTextual } from './auto-keys.ts'

export type Pair = { readonly child: DraftColumn; readonly parent: DraftColumn }

/** Makes the types on both sides of every foreign key agree, each the wider of the two, until nothing changes. */
export function agreeTypes(drafts: readonly TableDraft[]): void {
  const pairs = drafts.flatMap((draft) =>
    draft.source.foreignKeys.flatMap((key) => pairsOf(draft, key, drafts) ?? []),
  )
  const followed = new Set<DraftColumn>()
  for (let changed = true; changed; ) {
    changed = false
    for (const { child, parent } of pairs) {
      if (areComparable(child.type, parent.type)) continue
      // A column without values can have any type: it takes that of the other end, once.
      const empty = [child, parent].find((column) => isEmpty(column) && !followed.has(column))
      if (empty !== undefined && retype(empty, (empty === child ? parent : child).type)) {
        followed.add(empty)
        changed = true
        continue
      }
      const wider = widerType(child.type, parent.type)
      if (wider === null) continue
      // An identity column stays a number: a child column of whole numbers in text becomes one, too; others get no foreign key.
      if (isTextual(wider) && parent.isIdentity) {
        if (followed.has(child) || !holdsWholeNumbers(child) || !retype(child, parent.type)) continue
        followed.add(child)
        changed = true
        reportType(child, parent.type, 'text')
        continue
      }
      for (const column of [child, parent]) {
        if (column.type === wider || (isTextual(wider) && isTextual(column.type))) continue
        const before = column.type
        if (!retype(column, wider)) continue
        changed = true
        if (wider !== 'bigint' && !wider.startsWith('integer')) column.isIdentity = false
        reportType(column, wider, before)
      }
    }
  }

  function reportType(column: DraftColumn, type: string, before: string): void {
    const draft = drafts.find(({ columns }) => columns.includes(column))!
    draft.report({
      severity: 'notice',
      code: 'type-of-reference',
      message: `In ${JSON.stringify(draft.source.name)}, column ${JSON.stringify(column.source.name)} is ${type} rather than ${before}, so that it agrees with the column at the other end of a foreign key.`,
      column: column.source.name,
    })
  }
}

/** Whether all values are whole numbers of at most 18 digits, as numbers or as texts. */
function holdsWholeNumbers({ census, isIdentity }: DraftColumn): boolean {
  const { reals, texts, blobs, textForms, maxCharacters } = census
  return !isIdentity && reals + blobs === 0 && textForms.whole === texts && maxCharacters <= 18
}

function isEmpty({ census, isIdentity }: DraftColumn): boolean {
  return !isIdentity && census.integers + census.reals + census.texts + census.blobs === 0
}

/** Cache for `parentOf`: a plan's drafts by folded name. */
const byName = new WeakMap<readonly TableDraft[], ReadonlyMap<string, TableDraft>>()

export function parentOf(key: CatalogForeignKey, drafts: readonly TableDraft[]): TableDraft | undefined {
  const known = byName.get(drafts) ?? new Map(drafts.map((draft) => [foldName(draft.source.name), draft]))
  byName.set(drafts, known)
  return known.get(foldName(key.table))
}

/** Returns a clause that says which columns of a foreign key do not exist. */
export function missingColumns(draft: TableDraft, key: CatalogForeignKey, parent: TableDraft): string {
  const parentName = JSON.stringify(parent.source.name)
  if (key.parentColumns.length !== key.columns.length)
    return `it refers to the primary key of ${parentName}, which has ${key.parentColumns.length === 0 ? 'none' : `${key.parentColumns.length} columns`}`
  const own = key.columns.filter((name) => draftColumnOf(draft, name) === undefined)
  const others = key.parentColumns.filter((name) => draftColumnOf(parent, name) === undefined)
  const parts = [
    ...(own.length > 0 ? [`${JSON.stringify(draft.source.name)} has no column ${own.join(', ')}`] : []),
    ...(others.length > 0 ? [`${parentName} has no column ${others.join(', ')}`] : []),
  ]
  return parts.length === 0 ? 'it names no columns' : parts.join(', and ')
}

/** Returns pairs of child and parent columns; null when the parent table or one of the columns does not exist. */
export function pairsOf(
  draft: TableDraft,
  key: CatalogForeignKey,
  drafts: readonly TableDraft[],
): Pair[] | null {
  const parent = parentOf(key, drafts)
  if (parent === undefined || key.columns.length === 0) return null
  if (key.parentColumns.length !== key.columns.length) return null
  const pairs: Pair[] = []
  for (const [index, name] of key.columns.entries()) {
    const child = draftColumnOf(draft, name)
    const named = draftColumnOf(parent, key.parentColumns[index]!)
    if (child === undefined || named === undefined) return null
    pairs.push({ child, parent: named })
  }
  return pairs
}

/** From narrow to wide: each type holds all values of those before it. */
const numberTypes = ['smallint', 'integer', 'bigint', 'numeric']

/** Returns the type for both; null when they are comparable already, or when no type holds both. */
function widerType(one: string, other: string): string | null {
  if (areComparable(one, other)) return null
  const ranks = [rankOf(one), rankOf(other)]
  if (ranks[0]! >= 0 && ranks[1]! >= 0) return numberTypes[Math.max(...ranks)]!
  const isPrintable = (type: string) =>
    isTextual(type) || type === 'uuid' || rankOf(type) >= 0 || type === 'json'
  // In a foreign key of SQLite, a number and a text are equal when the number's text is equal, and so they are as texts.
  if (isPrintable(one) && isPrintable(other) && (isTextual(one) || isTextual(other))) return 'text'
  return null
}

function rankOf(type: string): number {
  return numberTypes.indexOf(type.startsWith('numeric') ? 'numeric' : type)
}

export function areComparable(one: string, other: string): boolean {
  if (one === 'json' || other === 'json') return false
  return one === other || (isTextual(one) && isTextual(other)) || (rankOf(one) === 3 && rankOf(other) === 3)
}
