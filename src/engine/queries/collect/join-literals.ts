/**
 * Joins the literals that a program concatenates: side by side, by an operator, by a format. Invariant: anything but a literal becomes a
 * hole, never a guess.
 */
import type { Language } from './languages.ts'
import {
  callBefore,
  closers,
  type GivenVariable,
  isSymbol,
  openers,
  textAt,
  variableBefore,
} from './places.ts'
import { type Piece, type SourceToken, scanSource } from './scan-literals.ts'

export type ProgramText = {
  readonly pieces: readonly Piece[]
  readonly start: number
  /** The function to which the text is passed, such as `execute`. */
  readonly call: string | null
  /** The variable to which the text is assigned or appended. */
  readonly variable: GivenVariable | null
}

export function programTexts(code: string, language: Language): ProgramText[] {
  const tokens = scanSource(code, language)
  const texts: ProgramText[] = []
  for (let at = 0; at < tokens.length; ) {
    if (tokens[at]!.kind !== 'literal') {
      at++
      continue
    }
    const joined = joinFrom(tokens, at, language)
    texts.push({
      pieces: joined.pieces,
      start: tokens[at]!.start,
      call: callBefore(tokens, at),
      variable: variableBefore(tokens, at, code, language),
    })
    at = Math.max(joined.next, at + 1)
  }
  return texts
}

function joinFrom(
  tokens: readonly SourceToken[],
  first: number,
  language: Language,
): { pieces: Piece[]; next: number } {
  const pieces: Piece[] = []
  let at = first
  for (;;) {
    const token = tokens[at]
    if (token?.kind !== 'literal') return { pieces, next: at }
    if (joinsOthers(tokens, at)) {
      const end = skipBrackets(tokens, at + 3)
      pieces.push({ kind: 'hole', written: writtenOf(tokens, at, end) })
      at = end
    } else {
      pieces.push(...token.pieces)
      at++
    }
    at = readFormat(tokens, at, pieces, language, callBefore(tokens, first))
    if (language.joinsAdjacent && tokens[at]?.kind === 'literal') continue
    const afterJoin = takeJoin(tokens, at, language)
    if (afterJoin === null) return { pieces, next: at }
    at = afterJoin
    // Other operands up to the next literal are holes.
    while (tokens[at]?.kind !== 'literal') {
      const end = skipOperand(tokens, at)
      if (end === at) return { pieces, next: at }
      pieces.push({ kind: 'hole', written: writtenOf(tokens, at, end) })
      const next = takeJoin(tokens, end, language)
      if (next === null) return { pieces, next: end }
      at = next
    }
  }
}

/** Whether the literal is a separator, as in `", ".join(`. */
function joinsOthers(tokens: readonly SourceToken[], at: number): boolean {
  const join = tokens[at + 2]
  return (
    isSymbol(tokens[at + 1], '.') &&
    join?.kind === 'word' &&
    join.text === 'join' &&
    isSymbol(tokens[at + 3], '(')
  )
}

function takeJoin(
  tokens: readonly SourceToken[],
  at: number,
  { join, joinsAdjacent }: Language,
): number | null {
  const isJoin = [...join].every((character, ahead) => isSymbol(tokens[at + ahead], character))
  // `+=` adds to a variable; `++` is no join.
  if (!isJoin || isSymbol(tokens[at + join.length], '=') || isSymbol(tokens[at + join.length], join))
    return null
  // A dot before a name is a call in most languages.
  if (join === '.' && joinsAdjacent) return null
  return at + join.length
}

/** Returns the position after one operand (names, dots, calls, indexes), or `start` when none begins there. */
function skipOperand(tokens: readonly SourceToken[], start: number): number {
  let at = start
  for (;;) {
    const token = tokens[at]
    if (token === undefined || token.kind === 'literal') return at
    if (token.kind === 'word') {
      if (at > start && tokens[at - 1]!.kind === 'word') return at
      at++
    } else if (openers.includes(token.text)) at = skipBrackets(tokens, at)
    else if (isChain(tokens, at, start)) at++
    else return at
  }
}

function isChain(tokens: readonly SourceToken[], at: number, start: number): boolean {
  const { text } = tokens[at] as { text: string }
  if (text === '$' || text === '@' || text === '&') return at === start
  return (
    (text === '.' || text === ':' || text === '?' || text === '-' || text === '>') &&
    at > start &&
    isMember(tokens, at)
  )
}

/** Whether the symbol is part of `.name`, `?.name`, `->name` or `::name`. */
function isMember(tokens: readonly SourceToken[], at: number): boolean {
  const text = (ahead: number): string => textAt(tokens, at + ahead)
  const isWord = (ahead: number): boolean => tokens[at + ahead]?.kind === 'word'
  if (text(0) === '.') return isWord(1)
  if (text(0) === '?') return text(1) === '.'
  if (text(0) === '-') return text(1) === '>'
  if (text(0) === '>') return text(-1) === '-' && isWord(1)
  return text(1) === ':' || text(-1) === ':'
}

function skipBrackets(tokens: readonly SourceToken[], start: number): number {
  let depth = 0
  for (let at = start; at < tokens.length; at++) {
    const token = tokens[at]!
    if (token.kind !== 'symbol') continue
    if (openers.includes(token.text)) depth++
    else if (closers.includes(token.text) && --depth <= 0) return at + 1
  }
  return tokens.length
}

function writtenOf(tokens: readonly SourceToken[], start: number, end: number): string {
  return tokens
    .slice(start, end)
    .map((token) => (token.kind === 'literal' ? '…' : token.text))
    .join('')
}

const formatCalls = /^(?:s?printf|sprintf|Sprintf|Fprintf|Errorf|Appendf|format!?|Format|fmt)$/

/** Makes holes of the placeholders of `%`, `.format(` or a formatting call. Returns the position after the format. */
function readFormat(
  tokens: readonly SourceToken[],
  at: number,
  pieces: Piece[],
  { name }: Language,
  call: string | null,
): number {
  const text = (ahead: number): string => textAt(tokens, at + ahead)
  if ((name === 'Python' || name === 'Ruby') && text(0) === '%' && text(1) !== '=') {
    makeHoles(pieces, percentPlaces)
    const next = at + 1
    const end = skipOperand(tokens, next)
    return end === next && tokens[next]?.kind === 'literal' ? next + 1 : end
  }
  if (text(0) === '.' && /^(?:format|formatted)$/.test(text(1)) && text(2) === '(') {
    makeHoles(pieces, name === 'Python' ? bracePlaces : percentPlaces)
    return skipBrackets(tokens, at + 2)
  }
  if (call !== null && formatCalls.test(call)) {
    makeHoles(pieces, name === 'C#' || name === 'Rust' ? bracePlaces : percentPlaces)
  }
  return at
}

const percentPlaces = /%(?:\((\w+)\)|\d+\$)?[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?[sdifgeqvrxXuTpc]|%%/g
const bracePlaces = /\{\{|\}\}|\{([^{}]*)\}/g

function makeHoles(pieces: Piece[], places: RegExp): void {
  const changed = pieces.flatMap((piece): Piece[] => {
    if (piece.kind === 'hole') return [piece]
    const parts: Piece[] = []
    let text = ''
    let from = 0
    for (const match of piece.text.matchAll(places)) {
      text += piece.text.slice(from, match.index)
      from = match.index + match[0].length
      if (match[0] === '%%' || match[0] === '{{' || match[0] === '}}') {
        text += match[0][0]
        continue
      }
      if (text !== '') parts.push({ kind: 'text', text, at: piece.at })
      text = ''
      parts.push({ kind: 'hole', written: match[1] || match[0] })
    }
    text += piece.text.slice(from)
    return text === '' ? parts : [...parts, { kind: 'text', text, at: piece.at + from }]
  })
  pieces.splice(0, pieces.length, ...changed)
}
