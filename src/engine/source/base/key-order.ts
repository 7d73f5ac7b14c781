/**
 * SQL for a table's key order: greater than a key, up to a key, sorted. Invariant: the order is that of the table's own b-tree (the
 * directions and collations of the key's columns), so that every query here walks along it.
 */
import type { SourceKey } from '../../model/catalog.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { KEY_PLACEHOLDER } from './raw-cells.ts'

/** A column of the key as SQL: `expression` compares and sorts in key order. */
type KeyColumn = { readonly name: string; readonly expression: string; readonly descending: boolean }

/** Empty for a table without a key. */
export function keyColumns(key: SourceKey): readonly KeyColumn[] {
  switch (key.kind) {
    case 'rowid':
      return [{ name: quoteSqlite(key.name), expression: quoteSqlite(key.name), descending: false }]
    case 'primary-key':
      return key.columns.map((column) => ({
        name: quoteSqlite(column.name),
        expression: `${quoteSqlite(column.name)} collate ${quoteSqlite(column.collation)}`,
        descending: column.descending,
      }))
    case 'none':
      return []
    default:
      return key satisfies never
  }
}

export function orderBy(columns: readonly KeyColumn[]): string {
  return columns.map((column) => `${column.expression}${column.descending ? ' desc' : ''}`).join(', ')
}

/**
 * The condition for rows after a key, in one step for each column of the key, because SQLite seeks by several columns only if all but the
 * last are equal. In step `level`, the columns before `level` are equal and column `level` is greater; from the last level down to 0, the
 * steps yield the rows in key order. Parameters: one group for each of the columns 0 to `level`.
 */
export function afterAtLevel(columns: readonly KeyColumn[], level: number): string {
  return columns
    .slice(0, level + 1)
    .map(
      (column, index) => `${column.expression} ${index < level ? '=' : greater(column)} ${KEY_PLACEHOLDER}`,
    )
    .join(' and ')
}

/** The condition for rows up to a key. Parameters: the group of each column twice, of the last column once. */
export function upTo(columns: readonly KeyColumn[], index = 0): string {
  const column = columns[index]!
  const less = greater(column) === '>' ? '<' : '>'
  if (index === columns.length - 1) return `${column.expression} ${less}= ${KEY_PLACEHOLDER}`
  return `(${column.expression} ${less} ${KEY_PLACEHOLDER} or (${column.expression} = ${KEY_PLACEHOLDER} and ${upTo(columns, index + 1)}))`
}

function greater(column: KeyColumn): '>' | '<' {
  return column.descending ? '<' : '>'
}
