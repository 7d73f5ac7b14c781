/**
 * Sketches a statement's shape as one line: keywords and functions in capital letters, each opening parenthesis followed by the number of
 * its parts (in a CAST, by the type), values and quoted names without their contents. Invariant: a word in small letters is a name of the
 * database.
 */
import { parenthesesOf, type Token, upperAt } from '../../syntax/sqlite-tokens.ts'

/** Returns the sketch, such as ` SELECT ROUND (2 price , 0 ) FROM t `, and the offset of each token in it. */
export function sketchOf(
  tokens: readonly Token[],
  isOwnName: (name: string) => boolean,
): { readonly sketch: string; readonly places: readonly number[] } {
  const contents = contentsOf(tokens)
  const parts = tokens.map((token, at) =>
    shown(tokens, at, isOwnName(token.text.toLowerCase()), contents.get(at)),
  )
  let next = 0
  const places = parts.map((part) => {
    const place = next
    next += part.length + 1
    return place
  })
  return { sketch: ` ${parts.join(' ')} `, places }
}

function shown(tokens: readonly Token[], at: number, isOwn: boolean, content: string | undefined): string {
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
      return content === undefined ? text : `(${content}`
    case 'end':
      return ''
    default:
      return kind satisfies never
  }
}

function isCall(tokens: readonly Token[], at: number): boolean {
  return upperAt(tokens, at + 1) === '(' && upperAt(tokens, at - 1) !== 'INTO'
}

/** Returns, by the place of each opening parenthesis, the type of a CAST, else the number of parts between commas. */
function contentsOf(tokens: readonly Token[]): ReadonlyMap<number, string> {
  const { openings, closings } = parenthesesOf(tokens)
  const parts = new Map<number, number>()
  const types = new Map<number, string>()
  for (const [at] of tokens.entries()) {
    const open = openings[at]!
    const text = upperAt(tokens, at)
    if (text === ',') parts.set(open, (parts.get(open) ?? 1) + 1)
    else if (text === 'AS') types.set(open, upperAt(tokens, at + 1))
  }
  const contents = new Map<number, string>()
  for (const [open, close] of closings.entries()) {
    if (close < 0) continue
    const isCast = upperAt(tokens, open - 1) === 'CAST'
    const count = close === open + 1 ? 0 : (parts.get(open) ?? 1)
    contents.set(open, isCast ? (types.get(open) ?? '') : String(count))
  }
  return contents
}
