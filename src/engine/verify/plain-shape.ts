/**
 * The planned shape of a table of plain parts, written as the server would spell it. Invariant: pure; what the server prints of an object it
 * reads back as the same object, so a table that it prints in these words is as planned. Other words prove nothing: the twin then decides
 * (table-shape.ts).
 */
import type { TargetIndex, TargetTable } from '../model/target-schema.ts'
import { quoteIdentifier } from '../syntax/postgres-names.ts'
import type { TableShape } from './table-shape.ts'

/** Returns null when a check, an expression or a special index has a spelling that only the server knows. */
export function plainShape(table: TargetTable): TableShape | null {
  const { columns, primaryKey, uniques, checks, indexes, partitioning } = table
  const isPlain =
    partitioning === null &&
    checks.length === 0 &&
    columns.every(({ generated }) => generated === null) &&
    uniques.every(({ nullsNotDistinct }) => nullsNotDistinct !== true) &&
    indexes.every(isPlainIndex)
  if (!isPlain) return null
  const keys = [
    ...(primaryKey === null ? [] : [{ ...primaryKey, kind: 'PRIMARY KEY' }]),
    ...uniques.map((unique) => ({ ...unique, kind: 'UNIQUE' })),
  ]
  const btree = (of: readonly string[], isUnique: boolean) => ({
    definition: `btree ${list(of)}`,
    isUnique,
    isValid: true,
    isReady: true,
  })
  return {
    kind: 'r',
    isRowSecured: false,
    isUnlogged: false,
    columns: new Map(
      columns.map(({ name, type, nullable, default: expression, sequence }) => [
        name,
        {
          type,
          nullable: nullable && primaryKey?.columns.includes(name) !== true,
          expression: sequence === null ? expression : null,
          isGenerated: false,
          collation: null,
          isAlwaysNumbered: false,
        },
      ]),
    ),
    constraints: new Map(
      keys.map(({ name, kind, columns: of }) => [
        name,
        { definition: `${kind} ${list(of)}`, isValidated: true },
      ]),
    ),
    indexes: new Map([
      ...keys.map(({ name, columns: of }) => [name, btree(of, true)] as const),
      ...indexes.map(({ name, unique, parts }) => [name, btree(namesOf(parts), unique)] as const),
    ]),
  }
}

function isPlainIndex({ method, parts, where }: TargetIndex): boolean {
  return (
    method === undefined &&
    where === null &&
    parts.every((part) => 'column' in part && !part.descending && part.collation === null)
  )
}

const namesOf = (parts: TargetIndex['parts']): readonly string[] =>
  parts.flatMap((part) => ('column' in part ? part.column : []))

/** The server quotes a name only where it has to. Its own words are quoted as well, and so differ from these. */
const list = (columns: readonly string[]): string =>
  `(${columns.map((name) => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : quoteIdentifier(name))).join(', ')})`
