/** Adapts a writing statement to each side, so that it returns the written rows. Pure. */
import type { SourceValue } from '../../rows/meaning/source-value.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { isWord } from '../../syntax/sqlite-tokens.ts'
import { tokensOf } from '../statement/statement-kind.ts'
import { type BoundText, sqliteText } from '../statement/statement-text.ts'
import { holdInPostgres, holdInSqlite } from '../trial/held-clock.ts'
import type { ReadCase } from '../trial/judge-ground.ts'
import { parameterText } from '../trial/parameter-text.ts'
import type { ParameterList } from '../trial/parameters.ts'
import { type ComparedColumn, returnedFrom } from './write-results.ts'

/** `columns`: to be returned when the statement has no RETURNING. */
export function writeForSqlite(
  { sqliteSql, heldAt }: Pick<ReadCase, 'sqliteSql' | 'heldAt'>,
  list: ParameterList,
  columns: readonly ComparedColumn[],
): { readonly sql: string; readonly values: readonly SourceValue[] } {
  const held = heldAt === null ? sqliteSql : holdInSqlite(sqliteSql, heldAt)
  const named = columns.map(({ source }) => quoteSqlite(source)).join(', ')
  const { sql, numbers } = sqliteText(withReturning(held, named))
  return { sql, values: numbers.map((number) => list.get(number) ?? null) }
}

/** `columns`: to be returned when the statement has no RETURNING. */
export function writeForPostgres(
  text: BoundText,
  { heldAt }: Pick<ReadCase, 'heldAt'>,
  list: ParameterList,
  columns: readonly ComparedColumn[],
): { readonly sql: string; readonly parameters: readonly (string | null)[] } {
  const held = heldAt === null ? text.sql : holdInPostgres(text.sql, heldAt)
  const named = returnedFrom(
    held,
    columns.map(({ target }) => target),
  )
  return {
    sql: withReturning(held, named),
    parameters: text.numbers.map((number) => parameterText(list.get(number) ?? null)),
  }
}

export function hasReturning(sql: string): boolean {
  return tokensOf(sql).some((token) => isWord(token, 'RETURNING'))
}

function withReturning(sql: string, named: string): string {
  const bare = sql.trim().replace(/;$/, '')
  return named === '' || hasReturning(sql) ? bare : `${bare} returning ${named}`
}
