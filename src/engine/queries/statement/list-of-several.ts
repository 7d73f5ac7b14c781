/**
 * Expands lists of parameters that stand for any number of values. Invariant: only the number of placeholders in such lists changes.
 */
import { closingOf, type Edit, edited, isWord, upperAt } from '../../syntax/sqlite-tokens.ts'
import { tokensOf } from './statement-kind.ts'

/** Placeholders per list: enough to show a difference in the order of rows. */
const MEMBERS = 6

/**
 * Returns the statement with several placeholders in each `IN (?)` and `IN (:ids)`, which drivers expand, and, with `isFilled`, in each
 * list of placeholders only; null when there is no such list.
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
