/** Finds the call and the variable to which a literal of a program is passed. Invariant: nothing is assumed about the variable's scope. */
import type { Language } from './languages.ts'
import type { SourceToken } from './scan-literals.ts'

export type GivenVariable = {
  readonly name: string
  /** The literal is appended to the variable's text. */
  readonly adds: boolean
  /** The variable is one that can only be appended to, such as a StringBuilder. */
  readonly isBuilder?: true
}

export const openers = '([{'
export const closers = ')]}'

export function isSymbol(token: SourceToken | undefined, text: string): boolean {
  return token?.kind === 'symbol' && token.text === text
}

/** Returns the innermost function in whose arguments the literal is; null when there is none. */
export function callBefore(tokens: readonly SourceToken[], literal: number): string | null {
  let depth = 0
  for (let at = literal - 1; at >= 0 && literal - at < 400; at--) {
    const token = tokens[at]!
    if (token.kind !== 'symbol') {
      // A tagged template, or a command without parentheses.
      if (at === literal - 1 && token.kind === 'word') return token.text
      continue
    }
    if (closers.includes(token.text)) depth++
    else if (openers.includes(token.text)) {
      if (depth > 0) {
        depth--
        continue
      }
      if (token.text !== '(') return null
      const before = tokens[at - 1]
      // `sql<User[]>(…)`, and macros such as query!(…).
      if (before?.kind === 'word') return before.text
      const macro = tokens[at - 2]
      if (isSymbol(before, '!') && macro?.kind === 'word') return macro.text
      if (before !== undefined && !isSymbol(before, '(') && before.kind !== 'literal') return null
      if (before === undefined) return null
    } else if (token.text === ';' && depth === 0) return null
  }
  return null
}

/** Returns the variable of `name =`, `name: type =`, `name +=`, `name .=` or `name <<` right before the literal. */
export function variableBefore(
  tokens: readonly SourceToken[],
  literal: number,
  code: string,
  { name: language }: Language,
): GivenVariable | null {
  // In Python, append() is a method of lists.
  const builder = language === 'Python' ? null : builderBefore(tokens, literal)
  if (builder !== null) return builder
  let at = literal - 1
  while (isSymbol(tokens[at], '(')) at--
  const adds = isSymbol(tokens[at], '<') && isSymbol(tokens[at - 1], '<')
  if (!adds && !isSymbol(tokens[at], '=')) return null
  if (isSymbol(tokens[at - 1], '=') || isSymbol(tokens[at - 1], '!')) return null
  let name = adds ? at - 2 : at - 1
  const operator = tokens[name]
  const isAdding = adds || isSymbol(operator, '+') || isSymbol(operator, '.')
  if (!adds && isAdding) name--
  if (isSymbol(operator, ':')) name--
  const token = tokens[name]
  if (token?.kind !== 'word') return null
  // `query: str = "…"`
  const isAnnotated =
    !isAdding &&
    isSymbol(tokens[name - 1], ':') &&
    tokens[name - 2]?.kind === 'word' &&
    !code.slice(tokens[name - 2]!.end, token.start).includes('\n')
  if (isAnnotated) {
    return { name: (tokens[name - 2] as { text: string }).text, adds: isAdding }
  }
  return { name: token.text, adds: isAdding }
}

const builders = /^(?:StringBuilder|StringBuffer)$/
const additions = /^(?:WriteString|Append|AppendLine|AppendFormat|append|push_str)$/

/** Returns the builder in `name = new StringBuilder("…")`, `name.append("…")` or `name.append(…).append("…")`. */
function builderBefore(tokens: readonly SourceToken[], literal: number): GivenVariable | null {
  if (!isSymbol(tokens[literal - 1], '(')) return null
  const call = tokens[literal - 2]
  if (call?.kind !== 'word') return null
  if (builders.test(call.text)) {
    const before = textAt(tokens, literal - 3) === 'new' ? literal - 4 : literal - 3
    const name = tokens[before - 1]
    return textAt(tokens, before) === '=' && name?.kind === 'word'
      ? { name: name.text, adds: false, isBuilder: true }
      : null
  }
  if (!additions.test(call.text) || !isSymbol(tokens[literal - 3], '.')) return null
  let at = literal - 4
  while (isSymbol(tokens[at], ')')) {
    const open = openingOf(tokens, at)
    if (tokens[open - 1]?.kind !== 'word' || !isSymbol(tokens[open - 2], '.')) return null
    at = open - 3
  }
  const name = tokens[at]
  return name?.kind === 'word' ? { name: name.text, adds: true, isBuilder: true } : null
}

/** Returns '' for a literal and for a position without a token. */
export function textAt(tokens: readonly SourceToken[], at: number): string {
  const token = tokens[at]
  return token === undefined || token.kind === 'literal' ? '' : token.text
}

/** Returns the position of the bracket that the one at `close` closes; -1 for none. */
function openingOf(tokens: readonly SourceToken[], close: number): number {
  let depth = 0
  for (let at = close; at >= 0; at--) {
    if (tokens[at]!.kind !== 'symbol') continue
    if (closers.includes(textAt(tokens, at))) depth++
    else if (openers.includes(textAt(tokens, at)) && --depth === 0) return at
  }
  return -1
}
