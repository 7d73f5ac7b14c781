/** The result of trying a writing statement, and the columns that are compared. */
import type { Conversion } from '../../model/conversion.ts'
import { quoteIdentifier } from '../../syntax/postgres-names.ts'
import { depthsOf, isWord, type Token, upperAt } from '../../syntax/sqlite-tokens.ts'
import { type KeyedRows, type RowDifference, shownRow } from '../compare/compare-outcomes.ts'
import { tokensOf } from '../statement/statement-kind.ts'
import type { KnownTable } from '../tables/known-tables.ts'
import { givenColumns, insertedColumns, namePlace, writtenTable } from '../tables/written-table.ts'
import type { ReadCase } from '../trial/judge-ground.ts'
import type { ParameterList } from '../trial/parameters.ts'

export type WriteResult =
  | { readonly kind: 'same'; readonly tried: number }
  | {
      readonly kind: 'refused'
      readonly tried: number
      readonly sqlstate: string
      readonly message: string
      readonly isOnRealRows: boolean
    }
  | {
      readonly kind: 'different'
      readonly tried: number
      readonly list: ParameterList
      readonly what: string
      readonly sqlite: string
      readonly postgres: string
      readonly isOnRealRows: boolean
    }

/** Returns both sides of the difference as text for a person. */
export function differenceOfRows(
  difference: RowDifference,
  sqlite: KeyedRows,
  postgres: KeyedRows,
): { readonly sqlite: string; readonly postgres: string } {
  return difference.kind === 'rows'
    ? { sqlite: shownRow(difference.sqlite), postgres: shownRow(difference.postgres) }
    : { sqlite: `${sqlite.length} rows`, postgres: `${postgres.length} rows` }
}

/** Returns the written table's columns for PostgreSQL's RETURNING, qualified, since other tables may have columns of the same names. */
export function returnedFrom(sql: string, columns: readonly string[]): string {
  const tokens = tokensOf(sql)
  const at = namePlace(tokens)
  const alias = upperAt(tokens, at + 1) === 'AS' ? tokens[at + 2] : tokens[at + 1]
  const isAlias =
    alias?.kind === 'quoted' ||
    (alias?.kind === 'word' &&
      !/^(?:SET|WHERE|USING|VALUES|SELECT|WITH|DEFAULT|OVERRIDING)$/i.test(alias.text))
  const named = isAlias ? alias : tokens[at]
  const name = named === undefined ? '' : `${sql.slice(named.start, named.end)}.`
  return columns.map((column) => `${name}${quoteIdentifier(column)}`).join(', ')
}

export type ComparedColumn = {
  readonly source: string
  readonly target: string
  readonly type: string
  readonly conversion: Conversion
}

/** Returns the columns that both sides have, except those with numbers and times that each side generates itself. */
export function comparedColumns(
  one: Pick<ReadCase, 'sql' | 'tables'>,
  table: KnownTable | null,
): readonly ComparedColumn[] {
  if (table === null) return []
  const tokens = tokensOf(one.sql)
  const given =
    table === writtenTable(one)
      ? (insertedColumns(tokens, table)?.columns.map(({ name }) => name) ?? null)
      : null
  const { key, columns: declared } = table.catalog
  const compared = table.columns.flatMap(({ name, target }) => {
    if (target === null) return []
    const isGiven = given === null || given.includes(name)
    const standard = declared.find((column) => column.name === name)?.default ?? ''
    const isKey = key.kind === 'rowid' && key.column === name
    if (isKey && given !== null && isGivenNull(tokens, name, table)) return []
    const isMade = isKey || /now|current_|random|strftime|date|time/i.test(standard)
    const { name: named, type, conversion } = target
    return isGiven || !isMade ? [{ source: name, target: named, type, conversion }] : []
  })
  // A generated column may be computed from a number that each side generates itself.
  const isWhole = compared.length === table.columns.filter(({ target }) => target !== null).length
  const isGenerated = (source: string) =>
    declared.some((column) => column.name === source && column.generated !== null)
  return isWhole ? compared : compared.filter(({ source }) => !isGenerated(source))
}

/** Whether a row of VALUES has the word NULL for the column. */
function isGivenNull(tokens: readonly Token[], name: string, table: KnownTable): boolean {
  const depths = depthsOf(tokens)
  return [...givenColumns(tokens, [table])].some(
    ([at, { met }]) => met?.column.name === name && depths[at] === 1 && isWord(tokens[at], 'NULL'),
  )
}
