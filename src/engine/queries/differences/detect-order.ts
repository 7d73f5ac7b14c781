/** Finds the differences that the terms of an ORDER BY may meet. Invariant: one is certain when some rows of the column's type show it. */
import { depthsOf, isNameToken, isWord, parenthesesOf, type Token } from '../../syntax/sqlite-tokens.ts'
import type { Add, HazardGround } from '../tables/hazard.ts'
import { columnFinder, isText, type MetColumn, shownColumn } from '../tables/meeting.ts'

/** Adds differences in the order of text and of nulls, for the terms of every ORDER BY in the statement. */
export function addOrder(tokens: readonly Token[], ground: HazardGround, add: Add): void {
  const depths = depthsOf(tokens)
  const { closings } = parenthesesOf(tokens)
  const columnOf = columnFinder(ground.tables)
  tokens.forEach((token, start) => {
    if (!isWord(token, 'ORDER')) return
    const depth = depths[start]!
    for (let at = start + 2; at < tokens.length && depths[at]! >= depth; at++) {
      const { kind, text } = tokens[at]!
      if (depths[at]! > depth || !isNameToken(tokens[at])) continue
      if (/^(?:LIMIT|ROWS|RANGE|GROUPS)$/i.test(text)) return
      // ASC, DESC … after a term are no columns, though a column may have such a name.
      const isAfterTerm = tokens[at - 1]!.kind !== 'symbol' && !/^BY$/i.test(tokens[at - 1]!.text)
      if (kind === 'word' && isAfterTerm && /^(?:ASC|DESC|NULLS|FIRST|LAST|COLLATE)$/i.test(text)) continue
      // A column inside a call is not the sort key itself, but its NULL may make the call NULL.
      if (tokens[at + 1]?.text === '(') {
        if (takesNullable(tokens.slice(at + 1, closings[at + 1]), columnOf)) add('null-order')
        continue
      }
      const column = columnOf(text)
      if (column === null) continue
      const tail = tokens.slice(at + 1, at + 6).map((one) => one.text.toUpperCase())
      const own = tail.includes(',') ? tail.slice(0, tail.indexOf(',')) : tail
      const isOtherwise = !ground.hasByteOrder && !own.includes('COLLATE')
      if (isText(column) && isOtherwise && !ground.isTimeText(column.table, column.column)) {
        add(
          'text-order',
          true,
          `${shownColumn(column)} is ordered by the database's collation in PostgreSQL, by its bytes in SQLite`,
        )
      }
      if (isText(column) && column.column.collation !== 'BINARY')
        add('nocase', true, `${shownColumn(column)} is ordered under ${column.column.collation} in SQLite`)
      if (!column.column.notNull && !own.includes('NULLS')) {
        add(
          'null-order',
          true,
          `NULLs of ${shownColumn(column)} come first in SQLite when ascending, last in PostgreSQL`,
        )
      }
    }
  })
}

function takesNullable(tokens: readonly Token[], columnOf: (name: string) => MetColumn | null): boolean {
  return tokens.some((token) => isNameToken(token) && columnOf(token.text)?.column.notNull === false)
}
