/**
 * A YAML (or JSON) file that a person wrote, as data that knows its places. Invariant: any fault in the file, however hostile it is, is a
 * MigrateError of kind `plan` with file, line and column.
 */
import type { Node } from 'yaml'
import { MigrateError } from '../model/errors.ts'
import { fileReason } from '../model/file-error.ts'
import { readNamedFile } from '../own-files/named-file.ts'
import { loadYaml } from './packages.ts'

export type FilePath = readonly (string | number)[]

export type YamlFile = {
  /** The file's name as the person typed it. */
  readonly file: string
  readonly value: unknown
  /** `file:line:column` of the value at a path, or of the key itself. */
  place(path: FilePath, at?: 'value' | 'key'): string
}

/** Reads a file of at most `mostBytes`. Throws a usage error when it can't be read. */
export function readYamlFile(file: string, mostBytes: number): YamlFile {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readNamedFile(file, mostBytes))
  } catch (error) {
    const reason = error instanceof TypeError ? 'it is not UTF-8 text' : fileReason(error)
    throw new MigrateError('usage', 'file-unreadable', `${file} cannot be read: ${reason}.`, {
      hint: 'Name a YAML file that is there.',
      cause: error,
    })
  }
  return parseYamlFile(text, file)
}

/** The most aliases a file may use: a mapping has few, a YAML bomb many. */
const MOST_ALIASES = 100
/** The deepest nesting accepted: no mapping needs more, and the parser would overflow the stack. */
const DEEPEST = 200

export function parseYamlFile(text: string, file: string): YamlFile {
  refuseDepth(text, file)
  const { LineCounter, parseDocument } = loadYaml()
  const lines = new LineCounter()
  const lineAt = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`
  }
  let value: unknown
  let document: Parsed
  try {
    // The parser's own check for duplicate names takes quadratic time.
    document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'error',
      uniqueKeys: false,
    })
    const [error] = document.errors
    if (error !== undefined) throw unreadable(lineAt(error.pos[0]), error.message)
    refuseRepeatedNames(document, lineAt)
    value = document.toJS({ maxAliasCount: MOST_ALIASES })
  } catch (error) {
    if (error instanceof MigrateError) throw error
    throw unreadable(`${file}:1:1`, (error as Error).message)
  }
  return {
    file,
    value,
    place(path, at = 'value') {
      const node = at === 'key' ? keyNode(document, path) : nodeAt(document, path)
      return lineAt(node?.range?.[0] ?? 0)
    },
  }
}

type Parsed = ReturnType<typeof import('yaml').parseDocument>

/** The node at the path, or its closest ancestor. */
function nodeAt(document: Parsed, path: FilePath): Node | null {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (node !== null && typeof node === 'object' && 'range' in node) return node as Node
  }
  return document.contents
}

function keyNode(document: Parsed, path: FilePath): Node | null {
  const { isMap, isPair } = loadYaml()
  const parent = document.getIn(path.slice(0, -1), true)
  const wanted = String(path.at(-1))
  if (isMap(parent)) {
    for (const pair of parent.items) {
      if (!isPair(pair)) continue
      const key = pair.key as Node & { value?: unknown }
      if (String(key?.value ?? key) === wanted) return key
    }
  }
  return nodeAt(document, path.slice(0, -1))
}

function refuseRepeatedNames(document: Parsed, lineAt: (offset: number) => string): void {
  const { isScalar, visit } = loadYaml()
  visit(document, {
    Map(_, { items }) {
      const names = new Set<unknown>()
      for (const { key } of items) {
        if (!isScalar(key)) continue
        if (names.has(key.value))
          throw unreadable(lineAt(key.range?.[0] ?? 0), `"${String(key.value)}" stands there twice`)
        names.add(key.value)
      }
    },
  })
}

/**
 * Throws when the file is nested too deeply. Only the lexer, which does not recurse, can tell nesting from brackets, dashes and spaces
 * within text.
 */
function refuseDepth(text: string, file: string): void {
  const { Lexer } = loadYaml()
  let depth = 0
  let line = 1
  let indent = 0
  let marks = 0
  for (const token of new Lexer().lex(text)) {
    if (token === '\n' || token === '\r\n') indent = marks = 0
    else if (token === '[' || token === '{') depth++
    else if (token === ']' || token === '}') depth = Math.max(0, depth - 1)
    // Dashes nest without brackets: `- - - x`.
    else if (depth === 0 && /^[-?:]$/.test(token)) marks++
    else if (marks === 0 && /^ +$/.test(token)) indent = token.length
    if (depth > DEEPEST || indent / 2 + marks > DEEPEST * 2) throw tooDeep(file, line)
    for (let at = token.indexOf('\n'); at >= 0; at = token.indexOf('\n', at + 1)) line++
  }
}

function tooDeep(file: string, line: number): MigrateError {
  return unreadable(`${file}:${line}:1`, 'it is nested too deeply')
}

function unreadable(place: string, reason: string): MigrateError {
  const message = reason.length > 200 ? `${reason.slice(0, 199)}…` : reason
  return new MigrateError('plan', 'file-not-yaml', `${place}: ${message.replace(/\s+/g, ' ')}`, {
    hint: 'Correct the file; docs/mapping-files.md shows how one is written.',
  })
}
