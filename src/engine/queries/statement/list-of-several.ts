/**
 * Expands lists of parameters that stand for any number of values. Invariant: only the number of placeholders in such lists changes.
 */
import { type Edit, edited, isWord, parenthesesOf, type Token } from '../../syntax/sqlite-tokens.ts'
import { tokensOf } from './statement-kind.ts'

/** Placeholders per list: enough to show a difference in the order of rows. */
const MEMBERS = 6

/**
 * Returns the statement with several placeholders in each `IN (?)` and `IN (:ids)`, which drivers expand, and, with `isFilled`, in each
 * list of placeholders only; null when there is no such list.
 */
export function withListsOfSeveral(sql: string, isFilled: boolean): string | null {
  const tokens = tokensOf(sql)
  const { closings } = parenthesesOf(tokens)
  const edits = tokens.flatMap((token, at): Edit[] => {
    const close = isWord(token, 'IN') ? (closings[at + 1] ?? -1) : -1
    if (close < 0 || !isPlaceholder(tokens[at + 2])) return []
    const members = tokens.slice(at + 2, close).filter(({ text }) => text !== ',')
    const [first] = members
    if (first === undefined || !members.every(isPlaceholder)) return []
    if (members.length >= MEMBERS || (members.length > 1 && !isFilled)) return []
    const { end } = members.at(-1)!
    const more = Array.from({ length: MEMBERS - members.length }, (_, number) =>
      first.text === '?' ? ', ?' : `, ${first.text}_${number + 2}`,
    )
    return [{ start: end, end, text: more.join('') }]
  })
  return edits.length === 0 ? null : edited(sql, edits)
}

function isPlaceholder(token: Token | undefined): boolean {
  return token?.kind === 'parameter' && !/\d/.test(token.text)
}
