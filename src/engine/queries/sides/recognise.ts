/**
 * Recognises SQL in texts, and the database that it belongs to. Invariant: SQLite decides, by preparing the text on a snapshot; a text that
 * it refuses counts as a statement only when its words leave no doubt.
 */
import type { StatementKind } from '../../model/queries.ts'
import type { Token } from '../../syntax/sqlite-tokens.ts'
import type { CollectedText } from '../collect/collected.ts'
import { asFormatted, hasDriverMarks } from '../collect/driver-marks.ts'
import { type Fills, fillHoles } from '../collect/dynamic.ts'
import type { Piece } from '../collect/scan-literals.ts'
import { kindOfStatement, splitStatements, tokensOf } from '../statement/statement-kind.ts'
import { withPlainTexts } from './double-quotes.ts'
import type { SqliteSide } from './sqlite-side.ts'

export type Recognised = {
  readonly sql: string
  readonly kind: StatementKind
  readonly file: string
  readonly line: number
  /** Null when no snapshot has the tables, or the kind of statement needs none. */
  readonly database: string | null
  /** Why SQLite refuses the statement; null when it does not. */
  readonly refusal: string | null
  /** Null for a static text. For one that is built at run time: whether a filling of its holes makes it a statement. */
  readonly dynamic: 'filled' | 'open' | null
  readonly parameters: CollectedText['parameters'] | null
  readonly isLogged: boolean
}

/** Returns the statements of a text; [] for prose. */
export function recognise(text: CollectedText, side: SqliteSide, fills: Fills): Recognised[] {
  const isOfLog = text.isLogged === true || text.parameters !== undefined
  const marked = isOfLog ? text : { ...text, pieces: text.pieces.flatMap(markHoles) }
  const isDynamic = marked.pieces.some(({ kind }) => kind === 'hole')
  if (!isDynamic) return recogniseStatic(text, side)
  const parts = partsOf(marked, new Set(text.pieces))
  if (parts.length < 2) return recogniseDynamic(marked, side, fills)
  return parts.flatMap((part) =>
    part.pieces.some(({ kind }) => kind === 'hole')
      ? recogniseDynamic(part, side, fills)
      : recogniseStatic(part, side),
  )
}

/** Splits a script that is built at run time into statements, each with its own holes. `written`: the pieces before lists became holes. */
function partsOf(text: CollectedText, written: ReadonlySet<Piece>): CollectedText[] {
  const HOLE = ' x '
  const sketch = text.pieces.map((piece) => (piece.kind === 'text' ? piece.text : HOLE)).join('')
  return splitStatements(sketch).map(({ sql, offset }) => {
    const end = offset + sql.length
    const pieces: Piece[] = []
    let at = 0
    let before = 0
    let texts = 0
    for (const piece of text.pieces) {
      const length = piece.kind === 'text' ? piece.text.length : HOLE.length
      const [from, to] = [Math.max(offset - at, 0), Math.min(end - at, length)]
      if (to > from) {
        if (piece.kind === 'hole') pieces.push(piece)
        else pieces.push({ kind: 'text', text: piece.text.slice(from, to), at: piece.at + from })
        if (pieces.length === 1) before = texts + (piece.kind === 'text' ? from : 0)
      }
      at += length
      if (piece.kind === 'text') texts += length
      else if (!written.has(piece)) texts += piece.written.length
    }
    return { ...text, pieces, lineAt: (place) => text.lineAt(before + place) }
  })
}

/**
 * `IN (?)`, `IN (:ids)`, `IN @ids`, `IN (???)`: a list of one parameter, which a driver or a program's own function replaces with as many
 * placeholders as there are values.
 */
const listPlace = /(?<=\bin\s*\(\s*)(?:\?+|[:@$][a-z_]\w*)(?=\s*\))|(?<=\bin\s+)[:@][a-z_]\w*|\?{2,}/gi

function markHoles(piece: Piece): Piece[] {
  if (piece.kind === 'hole') return [piece]
  const pieces: Piece[] = []
  let from = 0
  const put = (end: number): void => {
    if (end > from) pieces.push({ kind: 'text', text: piece.text.slice(from, end), at: piece.at + from })
  }
  for (const { 0: written, index } of piece.text.matchAll(listPlace)) {
    put(index)
    pieces.push({ kind: 'hole', written })
    from = index + written.length
  }
  if (pieces.length === 0) return [piece]
  put(piece.text.length)
  return pieces
}

function recogniseDynamic(text: CollectedText, side: SqliteSide, fills: Fills): Recognised[] {
  const written = text.pieces.map((piece) => (piece.kind === 'text' ? piece.text : '{…}')).join('')
  const sketch = text.pieces.map((piece) => (piece.kind === 'text' ? piece.text : ' x ')).join('')
  const [first] = splitStatements(sketch)
  const bare = first?.sql ?? ''
  const tokens = tokensOf(bare)
  const kind = kindOfStatement(tokens)
  if (kind === null || !isMeant(tokens, text.isGivenToDatabase, bare)) return []
  const base = {
    kind,
    file: text.file,
    line: text.lineAt(0),
    parameters: text.parameters ?? null,
    isLogged: false,
  }
  const isAsked = kind === 'read' || kind === 'write'
  const fill = (pieces: readonly Piece[]) => fillHoles(pieces, fills, (sql) => prepareAnywhere(sql, side))
  const isMarked = text.pieces.some((piece) => piece.kind === 'text' && hasDriverMarks(piece.text))
  const found = !isAsked ? null : (fill(text.pieces) ?? (isMarked ? fill(text.pieces.map(formatted)) : null))
  if (found === null) {
    if (text.isFragment === true) return []
    const refusal = isAsked ? prepareAnywhere(bare, side).refusal : null
    // An unknown name from a hole does not make the text prose.
    const isOfHole = refusal !== null && /^no such (?:table|column): x$/.test(refusal)
    if (refusal !== null && !isOfHole && isProse(tokens, refusal, text.isGivenToDatabase)) return []
    return [{ ...base, sql: oneLine(written), database: null, refusal: null, dynamic: 'open' }]
  }
  const { sql, prepared } = found
  return [{ ...base, sql: sql.trim(), ...prepared, dynamic: 'filled' }]
}

function formatted(piece: Piece): Piece {
  return piece.kind === 'text' ? { ...piece, text: asFormatted(piece.text) } : piece
}

function recogniseStatic(text: CollectedText, side: SqliteSide): Recognised[] {
  const whole = text.pieces.map((piece) => (piece.kind === 'text' ? piece.text : '')).join('')
  if (!mayBegin.test(whole)) return []
  const parts = splitStatements(whole)
  const read = (isGiven: boolean) =>
    parts.map(({ sql, offset }) => recogniseOne(sql, text, offset, isGiven, side))
  const alone = read(text.isGivenToDatabase)
  // If one part of a script is certainly a statement, the other parts are statements, too.
  const isScript = parts.length > 1 && alone[0] != null && alone.some((one) => one?.refusal === null)
  return (isScript ? read(true) : alone).filter((one) => one !== null)
}

const mayBegin =
  /^[\s(;]*(?:--[^\n]*\n\s*|\/\*[\s\S]*?\*\/\s*)*(?:select|values|insert|replace|update|delete|with|create|alter|drop|begin|commit|end|rollback|savepoint|release|pragma|attach|detach|vacuum|analyze|reindex|explain)\b/i

function recogniseOne(
  written: string,
  text: CollectedText,
  offset: number,
  isGiven: boolean,
  side: SqliteSide,
): Recognised | null {
  const isMarked = hasDriverMarks(written) && prepareAnywhere(written, side).refusal !== null
  const sql = isMarked ? asFormatted(written) : written
  const tokens = tokensOf(sql)
  const kind = kindOfStatement(tokens)
  if (kind === null) return null
  const base = {
    sql,
    kind,
    file: text.file,
    line: text.lineAt(offset),
    dynamic: null,
    parameters: text.parameters ?? null,
    isLogged: text.isLogged === true,
  }
  if (kind !== 'read' && kind !== 'write') {
    if (!isMeant(tokens, isGiven, sql)) return null
    return { ...base, database: null, refusal: null }
  }
  const prepared = prepareAnywhere(sql, side)
  if (prepared.refusal === null) {
    // No sentence names an existing table with its columns.
    const isOfTable = tokens.some(
      ({ kind: of, text: word }) => of === 'word' && /^(?:from|into|update)$/i.test(word),
    )
    return isMeant(tokens, isGiven || isOfTable, sql) ? { ...base, ...prepared } : null
  }
  return isMeant(tokens, isGiven, sql) && !isProse(tokens, prepared.refusal, isGiven)
    ? { ...base, ...prepared }
    : null
}

/** Prepares the statement on the first database that accepts it. Returns the most telling refusal when none does. */
function prepareAnywhere(sql: string, side: SqliteSide): Pick<Recognised, 'database' | 'refusal'> {
  let refusal: string | null = null
  if (/\bload_extension\b|\breadfile\b|\bwritefile\b|\bfts3_tokenizer\b/i.test(sql))
    return { database: null, refusal: 'it calls a function that reaches outside of the database' }
  for (const database of side.databases) {
    const here = withPlainTexts(
      sql,
      (text) => side.refusalOf(database, text),
      (attached) => side.isAttached(attached, database),
    )
    if (here.refusal === null) return { database, refusal: null }
    // The refusal for a missing table is the least telling one.
    if (refusal === null || /^no such table/.test(refusal)) refusal = here.refusal
  }
  return { database: null, refusal: refusal ?? 'there is no database to ask' }
}

const structures: readonly RegExp[] = [
  /^select\b.*\bfrom\b/is,
  /^select\s+(?:[-+~\d'"(*?:@$]|x'|\w+\s*\(|(?:null|not|case|true|false)\b)/is,
  /^insert\s+(?:or\s+\w+\s+)?into\b/is,
  /^replace\s+into\b/is,
  /^update\s+(?:or\s+\w+\s+)?\S+(?:\s\.\s\S+)?(?:\s+(?:as\s+)?\w+)?\s+set\b/is,
  /^delete\s+from\b/is,
  /^with\s+(?:recursive\s+)?\S+\s*(?:\([^)]*\)\s*)?as\s*(?:(?:not\s+)?materialized\s*)?\(/is,
  /^values\s*\(/is,
  /^create\s+(?:temp\w*\s+|unique\s+|virtual\s+)?(?:table|index|view|trigger)\b/is,
  /^alter\s+table\b/is,
  /^drop\s+(?:table|index|view|trigger)\b/is,
  /^pragma\s+\w+(?:\s*\.\s*\w+)?\s*(?:=.*|\(.*\))?$/is,
  /^begin(?:\s+(?:transaction|deferred|immediate|exclusive)(?:\s+transaction)?)?$/is,
  /^(?:commit|end|rollback)(?:\s+transaction)?(?:\s+to\s+(?:savepoint\s+)?\S+)?$/is,
  /^savepoint\s+\S+$/is,
  /^release\s+(?:savepoint\s+)?\S+$/is,
  /^attach\s+(?:database\s+)?\S.*\bas\b/is,
  /^detach\s+(?:database\s+)?\S+$/is,
  /^vacuum(?:\s+into\b.*|\s+\w+)?$/is,
  /^(?:analyze|reindex)(?:\s+[\w."]+)?$/is,
  /^explain\s+(?:query\s+plan\s+)?(?:select|insert|update|delete|with)\b/is,
]

/** Whether the words are arranged as in a statement, and not as in a sentence. */
function isMeant(tokens: readonly Token[], isGiven: boolean, sql: string): boolean {
  const text = tokens.map((token) => sql.slice(token.start, token.end)).join(' ')
  if (!structures.some((structure) => structure.test(text))) return false
  if (isGiven) return true
  const words = tokens.filter(({ kind }) => kind === 'word')
  const first = words[0]!.text
  const isShouted = first === first.toUpperCase()
  if (tokens.length === 1) return isShouted && first.length > 3
  if (isShouted) return true
  return tokens.some(({ kind, text: part }) => kind !== 'word' && !/^[,.:;'-]$/.test(part))
}

/** Whether a refused text is a sentence that happens to look like a statement: words are adjacent where SQL allows none. */
function isProse(tokens: readonly Token[], refusal: string, isGiven: boolean): boolean {
  // SPARQL and GraphQL begin alike.
  if (tokens.some(({ text }) => text === '{')) return true
  if (isGiven) return false
  const isSyntax = /syntax error|incomplete input|unrecognized token/.test(refusal)
  const [first] = tokens
  const isShouted = first!.text === first!.text.toUpperCase()
  if (!isShouted) {
    const marks = tokens.filter(({ kind, text }) => kind !== 'word' && !/^[,.:;'-]$/.test(text)).length
    return isSyntax || marks === 0
  }
  if (!isSyntax) return false
  const isGiving = tokens.some(({ kind, text }) => kind === 'word' && text === 'VALUES')
  if (tokens.every(({ kind }) => kind === 'word')) return !isGiving
  const lower = tokens.filter(({ kind, text }) => kind === 'word' && text !== text.toUpperCase()).length
  return lower > tokens.length * 0.6
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
