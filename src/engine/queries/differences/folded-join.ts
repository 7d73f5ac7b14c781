/**
 * Finds a column under NOCASE or RTRIM that is compared with values of other rows. Invariant: SQLite makes the comparison under that
 * collation (https://www.sqlite.org/datatype3.html#collation_sequence_examples), and the target's column does not.
 */
import { foldName } from '../../syntax/sqlite-names.ts'
import { isNameToken, type Token, upperAt } from '../../syntax/sqlite-tokens.ts'
import type { Hazard, HazardGround } from '../tables/hazard.ts'
import type { KnownColumn } from '../tables/known-tables.ts'

const operators = /^(?:=|==|<>|!=|<|<=|>|>=|IS|IN)$/

export function foldedJoin(tokens: readonly Token[], { tables }: HazardGround): Hazard | null {
  const text = (at: number) => upperAt(tokens, at)
  const byName = Map.groupBy(
    tables.flatMap(({ columns }) => columns),
    ({ name }) => foldName(name),
  )
  /** Returns the columns that the word may name; [] for a call, a table's name and any other word. */
  const columnsAt = (at: number): KnownColumn[] => {
    const token = tokens[at]
    if (!isNameToken(token) || /^[(.]$/.test(text(at + 1))) return []
    return byName.get(foldName(token.text)) ?? []
  }
  const isOfOtherRows = (at: number) => isNameToken(tokens[at]) || text(at) === '('
  for (const [at] of tokens.entries()) {
    const columns = columnsAt(at)
    if (columns.length === 0 || !columns.every(isFolded) || text(at + 1) === 'COLLATE') continue
    const start = text(at - 1) === '.' ? at - 2 : at
    const afterOperator = at + (text(at + 1) === 'NOT' || text(at + 2) === 'NOT' ? 3 : 2)
    const isLeft = operators.test(text(afterOperator - 1)) && isOfOtherRows(afterOperator)
    const isSelect =
      text(afterOperator) !== '(' || text(afterOperator + 1) === 'SELECT' || text(at + 1) !== 'IN'
    // The left column's collation takes precedence over the right one's; a calculation has none.
    const isRight =
      operators.test(text(start - 1)) && text(start - 1) !== 'IN' && isCalculation(tokens, start - 2)
    if ((isLeft && isSelect && !/^(?:NULL|TRUE|FALSE)$/.test(text(afterOperator))) || isRight) {
      const [{ name, collation }] = columns as [KnownColumn]
      return {
        code: 'nocase',
        isCertain: true,
        isBeyondTrials: true,
        detail: `${name} is compared under ${collation} in SQLite, and exactly in PostgreSQL`,
      }
    }
  }
  return null
}

/** Whether the operand that ends at the token `end` is a calculation. */
function isCalculation(tokens: readonly Token[], end: number): boolean {
  const last = tokens[end]
  if (last?.kind === 'symbol') return last.text === ')'
  const start = tokens[end - 1]?.text === '.' ? end - 2 : end
  return /^(?:\|\||[-+*/%])$/.test(tokens[start - 1]?.kind === 'symbol' ? tokens[start - 1]!.text : '')
}

function isFolded({ collation, target }: KnownColumn): boolean {
  const kind = target?.conversion.kind
  return collation !== 'BINARY' && (kind === 'text' || kind === 'enumeration') && target?.type !== 'citext'
}
