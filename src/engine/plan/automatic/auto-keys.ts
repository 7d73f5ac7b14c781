import { type CatalogIndex, rowidColumnOf } from '../../model/catalog.ts'
import type { Finding } from '../../model/finding.ts'
import {
  type LongIndexFate,
  plainPart,
  type TargetIndex,
  type TargetTable,
} from '../../model/target-schema.ts'
import { quoteIdentifier } from '../../syntax/postgres-names.ts'
import { constraintName, type DraftColumn, draftColumnOf, type TableDraft } from './auto-draft.ts'
import { entrySizes, hashedPart, longestEntry, longIndexFinding } from './index-entries.ts'
import { countRepeats } from './key-repeats.ts'

/**
 * Primary keys, unique constraints and what they mean for a row's identity. Invariant: a key is planned only when the source's values
 * satisfy it, and uniqueness under one of SQLite's collations is never made stricter or, without a finding, weaker.
 */

export type Keys = {
  readonly primaryKey: TargetTable['primaryKey']
  readonly uniques: TargetTable['uniques']
  /** Unique indexes in place of a collation, or of a key that is too long for an index. */
  readonly indexes: readonly TargetIndex[]
  readonly longIndexes: readonly LongIndexFate[]
}

export function planKeys(draft: TableDraft): Keys {
  const { relations } = draft
  const uniques: { name: string; columns: string[] }[] = []
  const indexes: TargetIndex[] = []
  const longIndexes: LongIndexFate[] = []
  let primaryKey: Keys['primaryKey'] = null
  const claim = (wanted: string) => draft.constraintNames.claim(relations.claim(wanted))

  const nameOf = (columns: readonly DraftColumn[]) =>
    constraintName(
      draft,
      'unique',
      columns.map(({ source }) => source.name),
    )

  const addUnique = (columns: readonly DraftColumn[], collations: readonly string[], isPrimary: boolean) => {
    const targets = columns.map(({ target }) => target)
    const usual = `${draft.target}_${targets.join('_')}_key`
    const isKnown = [primaryKey, ...uniques].some((key) => key !== null && isSameList(key.columns, targets))
    const entries = entrySizes(
      draft,
      columns.map((column) => ({ column })),
      null,
    )
    const isLong = entries.bytes > longestEntry
    const kind = isPrimary ? 'primary-key' : 'unique'
    const repeats = countRepeats(draft, columns)
    if (repeats > 0) {
      const name = relations.claim(`${draft.target}_${targets.join('_')}_idx`)
      if (isLong) longIndexes.push({ name, kind, ...entries, fate: 'left-out' })
      else indexes.push({ name, unique: false, parts: targets.map((name) => plainPart(name)), where: null })
      reportKey(
        draft,
        'key-repeats',
        'warning',
        targets,
        `is unique in SQLite, but ${repeats} of its values become equal to others as ${columns.map(({ type }) => type).join(', ')}; it is not made unique`,
      )
      return
    }
    const folded = columns.map((column, index) => foldedPart(column, collations[index] ?? 'BINARY', true))
    if (isLong) {
      const name = relations.claim((isPrimary ? null : nameOf(columns)) ?? usual)
      const parts = columns.map((column, index) =>
        hashedPart(column, folded[index] ?? plainPart(column.target)),
      )
      const long = { name, kind, ...entries, fate: 'hashed' } as const
      indexes.push({ name, unique: true, parts, where: null })
      longIndexes.push(long)
      draft.report(longIndexFinding(draft, long, targets))
      return
    }
    if (isPrimary) {
      primaryKey = { name: claim(`${draft.target}_pkey`), columns: targets }
    } else if (!isKnown) {
      uniques.push({ name: claim(nameOf(columns) ?? usual), columns: targets })
    }
    if (folded.every((part) => part === null)) return
    indexes.push({
      name: relations.claim(`${draft.target}_${targets.join('_')}_nocase`),
      unique: true,
      parts: columns.map((column, index) => folded[index] ?? plainPart(column.target)),
      where: null,
    })
    reportKey(
      draft,
      'collation-as-index',
      'notice',
      targets,
      'is unique under a collation of SQLite; a unique index on its folded values keeps that',
    )
  }

  const { source } = draft
  const rowid = draft.rowidColumn
  const key =
    source.primaryKey.length > 0 ? source.primaryKey : [rowidColumnOf(source)].filter((name) => name !== null)
  if (rowid !== null) {
    primaryKey = { name: claim(`${draft.target}_pkey`), columns: [rowid] }
  } else if (key.length > 0) {
    const columns = columnsOf(draft, key)
    const withNulls = columns.filter(({ census, isIdentity }) => census.nulls > 0 && !isIdentity)
    const collations = source.indexes.find(({ origin }) => origin === 'primary-key')?.columns ?? []
    if (withNulls.length === 0) for (const column of columns) column.nullable = false
    else {
      reportKey(
        draft,
        'key-holds-nulls',
        'warning',
        withNulls.map(({ target }) => target),
        'is part of the primary key and holds nulls, which SQLite allows and PostgreSQL does not; the key becomes a unique constraint',
      )
    }
    const collationOf = (column: DraftColumn) =>
      collations.find(({ name }) => name === column.source.name)?.collation ?? column.source.collation
    addUnique(columns, columns.map(collationOf), withNulls.length === 0)
  }
  for (const index of source.indexes) {
    if (index.origin !== 'unique') continue
    addUnique(
      columnsOf(
        draft,
        index.columns.map(({ name }) => name ?? ''),
      ),
      index.columns.map(({ collation }) => collation),
      false,
    )
  }
  return { primaryKey, uniques, indexes, longIndexes }
}

export function columnsOf(draft: TableDraft, names: readonly string[]): DraftColumn[] {
  return names.flatMap((name) => draftColumnOf(draft, name) ?? [])
}

export function isTextual(type: string): boolean {
  return type === 'text' || type.startsWith('character varying')
}

/**
 * Returns an index expression that is equal for values that are equal under the collation; null when none is needed. `exact`: folds only
 * ASCII letters, as SQLite does; else `lower(column)`, as applications write it.
 */
export function foldedPart(
  { target, type }: DraftColumn,
  collation: CatalogIndex['columns'][number]['collation'],
  exact: boolean,
  descending = false,
): TargetIndex['parts'][number] | null {
  if (!isTextual(type)) return null
  const name = quoteIdentifier(target)
  const columns = [target]
  if (collation === 'NOCASE') {
    const expression = exact ? `lower(${name} collate "C")` : `lower(${name})`
    return { expression, columns, descending, collation: null }
  }
  if (collation === 'RTRIM') return { expression: `rtrim(${name})`, columns, descending, collation: null }
  return null
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index])
}

function reportKey(
  { report, source }: TableDraft,
  code: string,
  severity: Finding['severity'],
  columns: readonly string[],
  message: string,
): void {
  const names = columns.map((name) => JSON.stringify(name)).join(', ')
  report({ severity, code, message: `In ${JSON.stringify(source.name)}, ${names} ${message}.` })
}
