/**
 * Lists of parameters that stand for as many values as the program has. Invariant: nothing of the statement is changed but how many
 * placeholders such a list has.
 */
import { tokensOf } from './statement-kind.ts'

/** Enough for the order of their rows to show. */
const MEMBERS = 6

/**
 * The statement with several placeholders in each `IN (?)` and `IN (:ids)`, which a driver expands, and, where `isFilled`, in each list
 * of placeholders alone; null where there is none.
 */
export function withListsOfSeveral(sql: string, isFilled: boolean): string | null {
  const tokens = tokensOf(sql)
  let text = ''
  let from = 0
  for (const [at, token] of tokens.entries()) {
    if (token.text.toUpperCase() !== 'IN' || token.kind !== 'word' || tokens[at + 1]?.text !== '(') continue
    const close = tokens.findIndex((one, place) => place > at && one.kind === 'symbol' && one.text === ')')
    const members = tokens
      .slice(at + 2, close)
      .filter(({ kind, text: part }) => kind !== 'symbol' || part !== ',')
    const [first] = members
    const isList =
      first !== undefined && members.every(({ kind, text: part }) => kind === 'parameter' && !/\d/.test(part))
    if (!isList || members.length >= MEMBERS || (members.length > 1 && !isFilled)) continue
    const end = members.at(-1)!.end
    const more = Array.from({ length: MEMBERS - members.length }, (_, number) =>
      first.text === '?' ? ', ?' : `, ${first.text}_${number + 2}`,
    )
    text += sql.slice(from, end) + more.join('')
    from = end
  }
  return from === 0 ? null : text + sql.slice(from)
}
