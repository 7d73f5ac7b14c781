/** Into which columns the values of an INSERT go. */
import { isSameName } from '../syntax/sqlite-names.ts'
import type { Token } from '../syntax/sqlite-tokens.ts'
import { columnNamed, type KnownColumn, type KnownTable } from './known-tables.ts'
import type { Meeting } from './meeting.ts'

/** Places of the values of INSERT, with the columns that they go into. */
export function givenColumns(
  tokens: readonly Token[],
  tables: readonly KnownTable[],
): ReadonlyMap<number, Meeting> {
  const textAt = (at: number): string => {
    const token = tokens[at]
    return token === undefined || token.kind === 'string' ? '' : token.text.toUpperCase()
  }
  const found = new Map<number, Meeting>()
  const into = tokens.findIndex((_, at) => textAt(at) === 'INTO')
  if (into < 0) return found
  let at = into + 1
  if (textAt(at + 1) === '.') at += 2
  const name = tokens[at]?.text ?? ''
  const table = tables.find((one) => isSameName(one.name, name))
  if (table === undefined) return found
  at++
  let columns: readonly KnownColumn[] = table.columns
  if (textAt(at) === '(') {
    const listed: KnownColumn[] = []
    for (at++; at < tokens.length && textAt(at) !== ')'; at++) {
      const column = columnNamed(table, tokens[at]!.text)
      if (column !== undefined) listed.push(column)
    }
    columns = listed
    at++
  }
  if (textAt(at) !== 'VALUES') return found
  let depth = 0
  let position = 0
  for (at++; at < tokens.length; at++) {
    const text = textAt(at)
    if (text === '(') {
      depth++
      if (depth === 1) position = 0
    } else if (text === ')') depth--
    else if (text === ',' && depth === 1) position++
    else if (depth === 0 && text !== ',') break
    else if (depth >= 1) {
      const column = columns[position]
      if (column !== undefined) found.set(at, { met: { table, column }, operator: 'given' })
    }
  }
  return found
}
