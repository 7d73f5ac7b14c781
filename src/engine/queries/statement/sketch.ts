/**
 * Sketches a statement's shape as one line: keywords and functions in capital letters, each opening parenthesis followed by the number of
 * its parts (in a CAST, by the type), values and quoted names without their contents. Invariant: a word in small letters is a name of the
 * database.
 */
import { closingOf, depthsOf, type Token, upperAt } from '../../syntax/sqlite-tokens.ts'

/** Returns the sketch, such as ` SELECT ROUND (2 price , 0 ) FROM t `, and the offset of each token in it. */
export function sketchOf(
  tokens: readonly Token[],
  isOwnName: (name: string) => boolean,
): { readonly sketch: string; readonly places: readonly number[] } {
  const parts = tokens.map((token, at) => shown(tokens, at, isOwnName(token.text.toLowerCase())))
  let next = 0
  const places = parts.map((part) => {
    const place = next
    next += part.length + 1
    return place
  })
  return { sketch: ` ${parts.join(' ')} `, places }
}

function shown(tokens: readonly Token[], at: number, isOwn: boolean): string {
  const { kind, text, double } = tokens[at]!
  switch (kind) {
    case 'word':
      return isOwn && !isCall(tokens, at) ? text.toLowerCase() : text.toUpperCase()
    case 'quoted':
      return double ? (isOwn ? '"own"' : '""') : '[]'
    case 'string':
      return "''"
    case 'number':
      return '0'
    case 'blob':
      return "x''"
    case 'parameter':
      return '?'
    case 'symbol':
      return text === '(' ? `(${within(tokens, at)}` : text
    case 'end':
      return ''
    default:
      return kind satisfies never
  }
}

function isCall(tokens: readonly Token[], at: number): boolean {
  return upperAt(tokens, at + 1) === '(' && upperAt(tokens, at - 1) !== 'INTO'
}

/** Returns the type of a CAST, else the number of parts between commas. */
function within(tokens: readonly Token[], open: number): string {
  const given = tokens.slice(open + 1, closingOf(tokens, open))
  const depths = depthsOf(given)
  const isOuter = (word: string) => (_: Token, at: number) => depths[at] === 0 && upperAt(given, at) === word
  if (upperAt(tokens, open - 1) === 'CAST') return upperAt(given, given.findLastIndex(isOuter('AS')) + 1)
  return String(given.length === 0 ? 0 : given.filter(isOuter(',')).length + 1)
}
