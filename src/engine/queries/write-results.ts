/** Results of trying a statement that writes, and which of its columns are compared. */
import type { Conversion } from '../model/conversion.ts'
import { quoteIdentifier } from '../syntax/postgres-names.ts'
import { isSameName } from '../syntax/sqlite-names.ts'
import type { Token } from '../syntax/sqlite-tokens.ts'
import { type KeyedRows, type RowDifference, shownRow } from './compare-outcomes.ts'
import type { ReadCase } from './judge-ground.ts'
import type { KnownTable } from './known-tables.ts'
import type { ParameterList } from './parameters.ts'
import { insertedColumns } from './rewrite-write.ts'
import { tokensOf } from './statement-kind.ts'

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

/** As a person reads it, with both sides. */
export function differenceOfRows(
  difference: RowDifference,
  sqlite: KeyedRows,
  postgres: KeyedRows,
): { readonly sqlite: string; readonly postgres: string } {
  return difference.kind === 'rows'
    ? { sqlite: shownRow(difference.sqlite), postgres: shownRow(difference.postgres) }
    : { sqlite: `${sqlite.length} rows`, postgres: `${postgres.length} rows` }
}

function placeOfWritten(tokens: readonly Token[]): number {
  return tokens.findIndex(({ kind, text }, index) => {
    if (kind !== 'word') return false
    const word = text.toUpperCase()
    return (
      word === 'INTO' ||
      (word === 'FROM' && tokens[index - 1]?.text.toUpperCase() === 'DELETE') ||
      (word === 'UPDATE' && index <= 1)
    )
  })
}

/** The columns of the written table as RETURNING can name them beside those of further tables, in PostgreSQL's SQL. */
export function returnedFrom(sql: string, columns: readonly string[]): string {
  const tokens = tokensOf(sql)
  let at = placeOfWritten(tokens) + 1
  if (tokens[at + 1]?.text === '.') at += 2
  const alias = tokens[at + 1]?.text.toUpperCase() === 'AS' ? tokens[at + 2] : tokens[at + 1]
  const isAlias =
    alias?.kind === 'quoted' ||
    (alias?.kind === 'word' &&
      !/^(?:SET|WHERE|USING|VALUES|SELECT|WITH|DEFAULT|OVERRIDING)$/i.test(alias.text))
  const named = isAlias ? alias : tokens[at]
  const name = named === undefined ? '' : `${sql.slice(named.start, named.end)}.`
  return columns.map((column) => `${name}${quoteIdentifier(column)}`).join(', ')
}

/** The table after INTO, UPDATE or DELETE FROM. */
export function writtenTable({ sql, tables }: Pick<ReadCase, 'sql' | 'tables'>): KnownTable | null {
  const tokens = tokensOf(sql)
  const at = placeOfWritten(tokens)
  const name =
    at < 0
      ? ''
      : (tokens.slice(at + 1).find(({ text }) => tables.some((table) => isSameName(table.name, text)))
          ?.text ?? '')
  return tables.find((table) => isSameName(table.name, name)) ?? null
}

export type ComparedColumn = {
  readonly source: string
  readonly target: string
  readonly type: string
  readonly conversion: Conversion
}

/** Columns whose values both sides hold, but for numbers and times that each of them makes by itself. */
export function comparedColumns(
  one: Pick<ReadCase, 'sql' | 'tables'>,
  table: KnownTable | null,
): readonly ComparedColumn[] {
  if (table === null) return []
  const given = table === writtenTable(one) ? insertedColumns(one.sql, table) : null
  const { key, columns: declared } = table.catalog
  const compared = table.columns.flatMap(({ name, target }) => {
    if (target === null) return []
    const isGiven = given === null || given.includes(name)
    const standard = declared.find((column) => column.name === name)?.default ?? ''
    const isKey = key.kind === 'rowid' && key.column === name
    if (isKey && given !== null && isGivenNull(one.sql, given.indexOf(name))) return []
    const isMade = isKey || /now|current_|random|strftime|date|time/i.test(standard)
    const { name: named, type, conversion } = target
    return isGiven || !isMade ? [{ source: name, target: named, type, conversion }] : []
  })
  // A generated column may be made of a number that each side makes by itself.
  const isWhole = compared.length === table.columns.filter(({ target }) => target !== null).length
  const isGenerated = (source: string) =>
    declared.some((column) => column.name === source && column.generated !== null)
  return isWhole ? compared : compared.filter(({ source }) => !isGenerated(source))
}

/** The value at the place of the first row of VALUES is the word NULL. */
function isGivenNull(sql: string, place: number): boolean {
  const tokens = tokensOf(sql)
  const values = tokens.findIndex(({ kind, text }) => kind === 'word' && text.toUpperCase() === 'VALUES')
  if (values < 0) return false
  let depth = 0
  let at = 0
  for (let index = values + 1; index < tokens.length; index++) {
    const { kind, text } = tokens[index]!
    if (kind === 'symbol' && text === '(') depth++
    else if (kind === 'symbol' && text === ')' && --depth === 0) return false
    else if (kind === 'symbol' && text === ',' && depth === 1) at++
    else if (at === place) return depth === 1 && kind === 'word' && text.toUpperCase() === 'NULL'
  }
  return false
}

const oids: readonly (readonly [RegExp, number])[] = [
  [/^boolean$/, 16],
  [/^bytea$/, 17],
  [/^bigint$/, 20],
  [/^smallint$/, 21],
  [/^integer$/, 23],
  [/^json$/, 114],
  [/^double precision$/, 701],
  [/^date$/, 1082],
  [/^timestamp without/, 1114],
  [/^timestamp with/, 1184],
  [/^numeric/, 1700],
  [/^uuid$/, 2950],
  [/^jsonb$/, 3802],
]

export function typeOid(type: string | undefined): number {
  return oids.find(([pattern]) => pattern.test(type ?? ''))?.[1] ?? 25
}
