/**
 * Lists of parameters that stand for as many values as the program has. Invariant: nothing of the statement is changed but how many
 * placeholders such a list has.
 */
import { closingOf, type Edit, edited, isWord, upperAt } from '../../syntax/sqlite-tokens.ts'
import { tokensOf } from './statement-kind.ts'

/** Enough for the order of their rows to show. */
const MEMBERS = 6

/**
 * The statement with several placeholders in each `IN (?)` and `IN (:ids)`, which a driver expands, and, where `isFilled`, in each list
 * of placeholders alone; null where there is none.
 */
export function withListsOfSeveral(sql: string, isFilled: boolean): string | null {
  const edits = tokensOf(sql).flatMap((token, at, tokens): Edit[] => {
    if (!isWord(token, 'IN') || upperAt(tokens, at + 1) !== '(') return []
    const members = tokens.slice(at + 2, closingOf(tokens, at + 1)).filter(({ text }) => text !== ',')
    const [first] = members
    const isList =
      first !== undefined && members.every(({ kind, text }) => kind === 'parameter' && !/\d/.test(text))
    if (!isList || members.length >= MEMBERS || (members.length > 1 && !isFilled)) return []
    const { end } = members.at(-1)!
    const more = Array.from({ length: MEMBERS - members.length }, (_, number) =>
      first.text === '?' ? ', ?' : `, ${first.text}_${number + 2}`,
    )
    return [{ start: end, end, text: more.join('') }]
  })
  return edits.length === 0 ? null : edited(sql, edits)
}
