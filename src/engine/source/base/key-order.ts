/**
 * The SQL of a table's key order: greater than a key, up to a key, sorted. Invariant: the order is that of the table's own
 * b-tree (directions and collations of the key's columns), so that every query here is a walk along it.
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
 * Rows after a key, in as many steps as the key has columns, because SQLite seeks by several columns only when all but the
 * last are equal. Step `level` has columns before `level` equal and column `level` greater; taken from the last level to 0,
 * the steps give the rows in key order. Parameters: a group for each of the columns 0 to `level`.
 */
export function afterAtLevel(columns: readonly KeyColumn[], level: number): string {
  return columns
    .slice(0, level + 1)
    .map(
      (column, index) => `${column.expression} ${index < level ? '=' : greater(column)} ${KEY_PLACEHOLDER}`,
    )
    .join(' and ')
}

/** Whether a row is not after a key. Parameters: for each column but the last its group twice, for the last once. */
export function upTo(columns: readonly KeyColumn[], index = 0): string {
  const column = columns[index]!
  const less = greater(column) === '>' ? '<' : '>'
  if (index === columns.length - 1) return `${column.expression} ${less}= ${KEY_PLACEHOLDER}`
  return `(${column.expression} ${less} ${KEY_PLACEHOLDER} or (${column.expression} = ${KEY_PLACEHOLDER} and ${upTo(columns, index + 1)}))`
}

function greater(column: KeyColumn): '>' | '<' {
  return column.descending ? '<' : '>'
}
