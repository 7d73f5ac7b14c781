/** Collects the texts of a source file that may be SQL. Invariant: each text knows the line on which it begins. */
import { extname } from 'node:path'
import type { CollectedText } from './collected.ts'
import { type ProgramText, programTexts } from './join-literals.ts'
import { languageOf } from './languages.ts'
import type { Piece } from './scan-literals.ts'

const databaseCalls =
  /^(?:exec\w*|\w*query\w*|prepare\w*|raw|fetch(?:All|One|_all|_one|val|row)?|find_by_sql|\w*sql|get_first_\w+|createStatement)$/i

/** Returns [] for a file in an unknown language. */
export function collectFile(file: string, code: string): CollectedText[] {
  const extension = extname(file).slice(1).toLowerCase()
  const lines = lineStarts(code)
  if (extension === 'sql' || extension === 'ddl') {
    return [
      {
        pieces: [{ kind: 'text', text: withoutShellCommands(code), at: 0 }],
        file,
        lineAt: (offset) => lineOf(lines, offset),
        isGivenToDatabase: true,
      },
    ]
  }
  const language = languageOf(extension)
  if (language === null) return []
  const texts = programTexts(code, language)
  const built = builtTexts(texts)
  const alone = texts.filter((text) => !built.parts.has(text))
  return [...alone, ...built.texts].map((text) => ({
    pieces: isCondition(text) ? asStatement(text) : text.pieces,
    file,
    lineAt: lineIn(text, lines),
    isGivenToDatabase: text.call !== null && databaseCalls.test(text.call),
    ...(isCondition(text) ? { isFragment: true as const } : {}),
  }))
}

const conditionCalls = /^(?:(?:or|and)?where(?:_?raw|_?not)?|having(?:_?raw)?)$/i

/** Whether the text is a condition for a query builder: `where("status LIKE ?", …)` of ActiveRecord, Eloquent, Knex. */
function isCondition({ call, pieces: [first] }: ProgramText): boolean {
  if (call === null || !conditionCalls.test(call) || first?.kind !== 'text') return false
  return /^\s*\(*[\w."`[\]]+(?:\([^)]*\))?\s*(?:[=<>!]|(?:not\s+)?(?:like|in|is|between|glob)\b)/i.test(
    first.text,
  )
}

/** Returns a select with the condition, whose table is a hole. */
function asStatement({ pieces, start }: ProgramText): readonly Piece[] {
  const text = (written: string): Piece => ({ kind: 'text', text: written, at: start })
  return [text('SELECT * FROM '), { kind: 'hole', written: 'table' }, text(' WHERE '), ...pieces]
}

/** Blanks out lines such as `.mode csv`, which are commands of SQLite's shell; other characters keep their offsets. */
function withoutShellCommands(code: string): string {
  return code.replaceAll(/^\.[a-z]+(?: .*)?$/gm, (line) => ' '.repeat(line.length))
}

/** Returns the statements built in variables, in their longest form. `parts`: the texts that are statements only together. */
function builtTexts(texts: readonly ProgramText[]): {
  readonly texts: readonly ProgramText[]
  readonly parts: ReadonlySet<ProgramText>
} {
  const built: { base: ProgramText; pieces: Piece[]; additions: number }[] = []
  const current = new Map<string, (typeof built)[number]>()
  const parts = new Set<ProgramText>()
  for (const text of texts) {
    if (text.variable === null) continue
    const { name, adds, isBuilder = false } = text.variable
    const base = current.get(name)
    if (!adds || (isBuilder && beginsStatement(text))) {
      const one = { base: text, pieces: [...text.pieces], additions: 0 }
      current.set(name, one)
      built.push(one)
      continue
    }
    if (base === undefined) continue
    if (isBuilder) parts.add(base.base).add(text)
    base.pieces.push({ kind: 'text', text: ' ', at: text.start }, ...text.pieces, {
      kind: 'hole',
      written: '',
    })
    base.additions++
  }
  return {
    parts,
    texts: built
      .filter(({ additions }) => additions > 0)
      .map(({ base, pieces }) => ({ ...base, pieces, variable: null })),
  }
}

/** Whether a text put into a builder is the first of a statement. */
function beginsStatement({ pieces: [first] }: ProgramText): boolean {
  return first?.kind === 'text' && /^\s*(?:select|insert|update|delete|with|replace)\b/i.test(first.text)
}

function lineStarts(code: string): number[] {
  const starts = [0]
  for (let at = code.indexOf('\n'); at !== -1; at = code.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

function lineOf(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]! <= offset) low = middle
    else high = middle - 1
  }
  return low + 1
}

/** Returns a function from offsets in the text to lines; the beginning is on the line of the opening quote. */
function lineIn({ pieces, start }: ProgramText, lines: readonly number[]): (offset: number) => number {
  const head = pieces[0]?.kind === 'text' ? pieces[0].text.length - pieces[0].text.trimStart().length : 0
  return (offset) => {
    if (offset <= head) return lineOf(lines, start)
    let before = 0
    for (const piece of pieces) {
      if (piece.kind === 'hole') continue
      if (offset <= before + piece.text.length) return lineOf(lines, piece.at + (offset - before))
      before += piece.text.length
    }
    return lineOf(lines, start)
  }
}
