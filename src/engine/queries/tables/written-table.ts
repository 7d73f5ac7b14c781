/**
 * Finds the table that a statement writes, by its words, and the columns into which an INSERT puts its values. Invariant: only given tables
 * are returned.
 */
import { isSameName } from '../../syntax/sqlite-names.ts'
import { depthsOf, isNameToken, type Token, upperAt } from '../../syntax/sqlite-tokens.ts'
import { tokensOf } from '../statement/statement-kind.ts'
import { columnNamed, type KnownColumn, type KnownTable } from './known-tables.ts'
import type { Meeting } from './meeting.ts'

/** Returns the position of the table's name after INTO, UPDATE or DELETE FROM; -1 when there is none. */
export function namePlace(tokens: readonly Token[]): number {
  const verb = tokens.findIndex(({ kind }, at) => {
    const word = kind === 'word' ? upperAt(tokens, at) : ''
    return (
      word === 'INTO' ||
      (word === 'FROM' && upperAt(tokens, at - 1) === 'DELETE') ||
      (word === 'UPDATE' && at <= 1)
    )
  })
  if (verb < 0) return -1
  const first = upperAt(tokens, verb + 1) === 'OR' ? verb + 3 : verb + 1
  return upperAt(tokens, first + 1) === '.' ? first + 2 : first
}

export function writtenTable({
  sql,
  tables,
}: {
  readonly sql: string
  readonly tables: readonly KnownTable[]
}): KnownTable | null {
  const tokens = tokensOf(sql)
  const name = tokens[namePlace(tokens)]
  return tables.find((table) => isNameToken(name) && isSameName(table.name, name.text)) ?? null
}

/** Returns the columns that an INSERT lists, or all, and the position after the list; null for another statement. */
export function insertedColumns(
  tokens: readonly Token[],
  table: KnownTable,
): { readonly columns: readonly KnownColumn[]; readonly end: number } | null {
  if (!tokens.some(({ kind }, at) => kind === 'word' && upperAt(tokens, at) === 'INTO')) return null
  let at = namePlace(tokens) + 1
  if (upperAt(tokens, at) !== '(') return { columns: table.columns, end: at }
  const columns: KnownColumn[] = []
  for (at++; at < tokens.length && upperAt(tokens, at) !== ')'; at++) {
    const column = columnNamed(table, tokens[at]!.text)
    if (column !== undefined) columns.push(column)
  }
  return { columns, end: at + 1 }
}

/** Returns the columns into which an INSERT's values go, by the position of the value's token. */
export function givenColumns(
  tokens: readonly Token[],
  tables: readonly KnownTable[],
): ReadonlyMap<number, Meeting> {
  const found = new Map<number, Meeting>()
  const name = tokens[namePlace(tokens)]
  const table = tables.find((one) => name !== undefined && isSameName(one.name, name.text))
  const inserted = table === undefined ? null : insertedColumns(tokens, table)
  if (inserted === null || upperAt(tokens, inserted.end) !== 'VALUES') return found
  const depths = depthsOf(tokens)
  let position = 0
  for (let at = inserted.end + 1; at < tokens.length; at++) {
    const text = upperAt(tokens, at)
    if (depths[at] === 0 && !/^[(),]$/.test(text)) break
    if (depths[at] === 0) position = 0
    else if (depths[at] === 1 && text === ',') position++
    else {
      const column = inserted.columns[position]
      if (column !== undefined) found.set(at, { met: { table: table!, column }, operator: 'given' })
    }
  }
  return found
}
