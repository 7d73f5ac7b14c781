/**
 * Scans a source file for string literals. Invariant: a comment contains no literal, and a quote that is never closed, such as an
 * apostrophe in a page's text, hides no literal after its line.
 */
import type { Language, StringForm } from './languages.ts'

export type Piece =
  | { readonly kind: 'text'; readonly text: string; readonly at: number }
  /** A value that is only known at run time. `written`: its expression in the source. */
  | { readonly kind: 'hole'; readonly written: string }

export type SourceToken =
  | {
      readonly kind: 'literal'
      readonly pieces: readonly Piece[]
      readonly start: number
      readonly end: number
    }
  | { readonly kind: 'word' | 'symbol'; readonly text: string; readonly start: number; readonly end: number }

const word = /[\p{L}\p{N}_$]+/uy
const beforeRegex =
  /^(?:[=(,;:!&|?{}[+\-*%<>~^]|return|typeof|case|in|of|if|elsif|unless|when|then|and|or|not)$/

export function scanSource(code: string, language: Language): SourceToken[] {
  if (language.island === undefined) return new Scanner(code, language).scan(0, code.length)
  const [open, close] = language.island
  const tokens: SourceToken[] = []
  for (let at = 0; ; ) {
    const begin = search(open, code, at)
    if (begin === null) return tokens
    const end = search(close, code, begin.end)?.start ?? code.length
    tokens.push(...new Scanner(code, language).scan(begin.end, end))
    at = end + 1
  }
}

function search(pattern: RegExp, code: string, from: number): { start: number; end: number } | null {
  pattern.lastIndex = from
  const match = pattern.exec(code)
  return match === null ? null : { start: match.index, end: match.index + match[0].length }
}

class Scanner {
  readonly #code: string
  readonly #language: Language
  #end = 0

  constructor(code: string, language: Language) {
    this.#code = code
    this.#language = language
  }

  scan(start: number, end: number): SourceToken[] {
    this.#end = end
    const tokens: SourceToken[] = []
    for (let at = start; at < end; ) {
      const code = this.#code
      const blank = /\s+|\\\r?\n/y
      blank.lastIndex = at
      const blanks = blank.exec(code)
      if (blanks !== null) {
        // A backslash at a line's end continues with the next line, in Python, Ruby and C.
        at += blanks[0].length
        continue
      }
      const afterComment = this.#skipComment(at)
      if (afterComment !== null) {
        at = afterComment
        continue
      }
      const literal = this.#readLiteral(at)
      if (literal !== null) {
        tokens.push(literal)
        at = literal.end
        continue
      }
      if (this.#language.hasRegexes && code[at] === '/' && beforeRegex.test(textOf(tokens.at(-1)))) {
        const regex = /\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y
        regex.lastIndex = at
        const match = regex.exec(code)
        if (match !== null) {
          at += match[0].length
          tokens.push({ kind: 'symbol', text: 'regex', start: at, end: at })
          continue
        }
      }
      word.lastIndex = at
      const found = word.exec(code)
      const text = found === null ? code[at]! : found[0]
      tokens.push({ kind: found === null ? 'symbol' : 'word', text, start: at, end: at + text.length })
      at += text.length
    }
    return tokens
  }

  #skipComment(at: number): number | null {
    const code = this.#code
    for (const open of this.#language.lineComments) {
      if (!code.startsWith(open, at)) continue
      const end = code.indexOf('\n', at)
      return end === -1 ? this.#end : end + 1
    }
    for (const [open, close] of this.#language.blockComments) {
      if (!code.startsWith(open, at)) continue
      const end = code.indexOf(close, at + open.length)
      return end === -1 ? this.#end : end + close.length
    }
    return null
  }

  #readLiteral(at: number): (SourceToken & { kind: 'literal' }) | null {
    for (const form of this.#language.strings) {
      form.open.lastIndex = at
      const match = form.open.exec(this.#code)
      if (match === null) continue
      const close = form.close.replace('$1', match[1] ?? '')
      const literal = form.isHeredoc
        ? this.#readHeredoc(at, close, form)
        : this.#readQuoted(at, at + match[0].length, close, form)
      if (literal !== null) return literal
    }
    return null
  }

  #readQuoted(
    start: number,
    inside: number,
    close: string,
    form: StringForm,
  ): (SourceToken & { kind: 'literal' }) | null {
    const code = this.#code
    const pieces = new Pieces()
    const open = form.isPaired ? code[inside - 1] : undefined
    let within = 0
    for (let at = inside; at < this.#end; ) {
      if (code[at] === open) within++
      else if (open !== undefined && within > 0 && code[at] === close) within--
      else if (code.startsWith(close, at)) {
        if (form.escapes === 'doubled' && code.startsWith(close, at + close.length)) {
          pieces.add(close, at)
          at += close.length * 2
          continue
        }
        return { kind: 'literal', pieces: pieces.done(), start, end: at + close.length }
      }
      if (code[at] === '\n' && !form.multiline) return null
      at = this.#readCharacter(at, form, close, pieces)
    }
    return null
  }

  /** Reads one character, escape or hole; returns the position after it. */
  #readCharacter(at: number, form: StringForm, close: string, pieces: Pieces): number {
    const code = this.#code
    const hole = holeAt(code, at, form)
    if (hole !== null) {
      if ('text' in hole) pieces.add(hole.text, at)
      else pieces.hole(hole.written)
      return hole.end
    }
    if (code[at] !== '\\' || form.escapes === 'none' || form.escapes === 'doubled') {
      pieces.add(code[at]!, at)
      return at + 1
    }
    if (form.escapes === 'quote-only') {
      const isEscape = code[at + 1] === '\\' || code.startsWith(close, at + 1)
      pieces.add(isEscape ? code[at + 1]! : '\\', at)
      return at + (isEscape ? 2 : 1)
    }
    const escaped = /\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r?\n)|([\s\S]))/y
    escaped.lastIndex = at
    const match = escaped.exec(code)
    if (match === null) {
      pieces.add('\\', at)
      return at + 1
    }
    const [whole, braced, four, two, lineEnd, one] = match
    const hex = braced ?? four ?? two
    if (hex !== undefined) pieces.add(String.fromCodePoint(Math.min(0x10ffff, Number.parseInt(hex, 16))), at)
    else if (lineEnd === undefined) pieces.add(simpleEscapes[one!] ?? one!, at)
    return at + whole.length
  }

  /** Reads a heredoc, whose text begins on the next line and ends before the line with the closing word. */
  #readHeredoc(start: number, close: string, form: StringForm): (SourceToken & { kind: 'literal' }) | null {
    const code = this.#code
    const lineEnd = code.indexOf('\n', start)
    if (lineEnd === -1) return null
    const closing = new RegExp(`^[ \\t]*${close}\\b`, 'gm')
    const end = search(closing, code, lineEnd + 1)
    if (end === null) return null
    const pieces = new Pieces()
    for (let at = lineEnd + 1; at < end.start; ) at = this.#readCharacter(at, form, '\n', pieces)
    return { kind: 'literal', pieces: pieces.done(), start, end: end.end }
  }
}

function textOf(token: SourceToken | undefined): string {
  return token === undefined ? '=' : token.kind === 'literal' ? '"' : token.text
}

const simpleEscapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0', b: '\b' }

/** Returns the hole that begins at `at`, or the text of an escaped brace; null for any other character. */
function holeAt(
  code: string,
  at: number,
  { holes }: StringForm,
): { written: string; end: number } | { text: string; end: number } | null {
  switch (holes) {
    case 'none':
      return null
    case 'braces':
      if (code.startsWith('{{', at) || code.startsWith('}}', at)) return { text: code[at]!, end: at + 2 }
      return code[at] === '{' ? balanced(code, at, '{', '}') : null
    case 'dollar-braces':
      return code.startsWith('${', at) ? balanced(code, at + 1, '{', '}') : null
    case 'hash-braces':
      return code.startsWith('#{', at) ? balanced(code, at + 1, '{', '}') : null
    case 'paren-backslash':
      return code.startsWith('\\(', at) ? balanced(code, at + 1, '(', ')') : null
    case 'dollar-names': {
      if (code.startsWith('${', at)) return balanced(code, at + 1, '{', '}')
      if (code.startsWith('{$', at)) return balanced(code, at, '{', '}')
      const name = /\$[A-Za-z_]\w*(?:->\w+|\[[^\]\n]*\])?/y
      name.lastIndex = at
      const match = name.exec(code)
      return match === null ? null : { written: match[0], end: at + match[0].length }
    }
    default:
      return holes satisfies never
  }
}

function balanced(
  code: string,
  at: number,
  open: string,
  close: string,
): { written: string; end: number } | null {
  let depth = 0
  for (let end = at; end < code.length; end++) {
    if (code[end] === open) depth++
    else if (code[end] === close && --depth === 0) {
      return { written: code.slice(at + 1, end).trim(), end: end + 1 }
    }
  }
  return null
}

class Pieces {
  readonly #pieces: Piece[] = []
  #text = ''
  #at = 0

  add(text: string, at: number): void {
    if (this.#text === '') this.#at = at
    this.#text += text
  }

  hole(written: string): void {
    this.#flush()
    this.#pieces.push({ kind: 'hole', written })
  }

  done(): readonly Piece[] {
    this.#flush()
    return this.#pieces
  }

  #flush(): void {
    if (this.#text !== '') this.#pieces.push({ kind: 'text', text: this.#text, at: this.#at })
    this.#text = ''
  }
}
