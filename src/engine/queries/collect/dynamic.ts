/**
 * Fills the holes of statements with plausible text. Invariant: SQLite accepts a filled statement; holes are filled only with names of
 * the database and meaningless values, never with code of the program.
 */
import type { Piece } from './scan-literals.ts'

/** The names with which holes may be filled. */
export type Fills = {
  readonly tables: readonly {
    readonly name: string
    readonly columns: readonly string[]
    /** A column whose order differs between the dialects; null when there is none. */
    readonly orderSensitive: string | null
  }[]
}

export type Filled<Prepared> = { readonly sql: string; readonly prepared: Prepared }

const MOST_TRIES = 240

/** Returns the first filling that SQLite accepts; null when it accepts none. */
export function fillHoles<Prepared extends { readonly refusal: string | null }>(
  pieces: readonly Piece[],
  fills: Fills,
  prepare: (sql: string) => Prepared,
): Filled<Prepared> | null {
  const choices = candidatesFor(pieces)
  const attempt = (chosen: readonly string[]): Filled<Prepared> | null => {
    let hole = 0
    const whole = pieces.map((piece) => (piece.kind === 'text' ? piece.text : chosen[hole++]!)).join('')
    const sql = whole.replace(/;\s*$/, '')
    const prepared = prepare(sql)
    return prepared.refusal === null ? { sql, prepared } : null
  }
  let tries = 0
  for (const table of tablesFor(pieces, fills)) {
    const lists = choices(table)
    for (const chosen of combinations(lists)) {
      if (++tries > MOST_TRIES) return null
      const found = attempt(chosen)
      if (found !== null) return found
    }
  }
  return null
}

type Table = Fills['tables'][number]

/** Returns the tables that the text names, else the first 40 of all, since a hole may be the table's name. */
function tablesFor(pieces: readonly Piece[], { tables }: Fills): readonly (Table | null)[] {
  const text = pieces
    .map((piece) => (piece.kind === 'text' ? piece.text : ' '))
    .join('')
    .toLowerCase()
  const named = tables.filter(({ name }) => {
    const folded = name.toLowerCase()
    return text.includes(folded) && new RegExp(`(?<![\\w.])${escapeRegex(folded)}(?!\\w)`).test(text)
  })
  return named.length > 0 ? named : tables.length > 0 ? tables.slice(0, 40) : [null]
}

function escapeRegex(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** Characters before a hole that are looked at: enough for a few words and a name. */
const LOOK_BEHIND = 400

/** Returns a function that lists the likeliest fillings of each hole for a table, judging by the words around it. */
function candidatesFor(pieces: readonly Piece[]): (table: Table | null) => readonly string[][] {
  return (table) => {
    const lists: string[][] = []
    let before = ''
    let quote: string | null = null
    pieces.forEach((piece, index) => {
      if (piece.kind === 'text') {
        before = (before + piece.text).slice(-LOOK_BEHIND)
        quote = openQuote(piece.text, quote)
        return
      }
      const next = pieces[index + 1]
      const after = next?.kind === 'text' ? next.text : ''
      lists.push(candidates(before, after, quote, table))
      before += ' x '
    })
    return lists
  }
}

const plain = (name: string): string => (/^[a-z_]\w*$/i.test(name) ? name : `"${name.replaceAll('"', '""')}"`)

/** `quote`: the one that is open before the hole. */
function candidates(before: string, after: string, quote: string | null, table: Table | null): string[] {
  const columns = table?.columns ?? []
  const name = table === null ? [] : [table.name]
  if (quote === "'") return ['x', '1', '%']
  const word = /([A-Za-z]+|[^\sA-Za-z])\s*$/.exec(before)?.[1]?.toUpperCase() ?? ''
  const isGlued = /\w$/.test(before) || /^\w/.test(after)
  if (quote !== null) {
    return /(?:from|into|update|join|table)\s*.$/i.test(before) ? name : [...columns.slice(0, 4), ...name]
  }
  if (isGlued && !/\s$/.test(before)) return [...suffixes(before, table), '', '1']
  const list = columns.map(plain).join(', ')
  const marks = columns.map(() => '?').join(', ')
  switch (word) {
    case 'FROM':
    case 'INTO':
    case 'UPDATE':
    case 'JOIN':
    case 'TABLE':
      return name.map(plain)
    case 'SELECT':
    case 'DISTINCT':
      return ['*', '1', ...columns.slice(0, 2).map(plain)]
    case 'WHERE':
    case 'AND':
    case 'OR':
    case 'ON':
    case 'NOT':
    case 'HAVING':
      return /^\s*(?:[=<>!]|like|in\b|is\b|between|glob)/i.test(after)
        ? columns.slice(0, 6).map(plain)
        : ['1 = 1', '1']
    case 'BY':
      return /order\s+by\s*$/i.test(before)
        ? [
            ...(table?.orderSensitive == null ? [] : [plain(table.orderSensitive)]),
            '1',
            ...columns.slice(0, 3).map(plain),
          ]
        : columns.slice(0, 4).map(plain)
    case 'LIMIT':
    case 'OFFSET':
      return ['1']
    case 'SET':
      return columns.length > 0 ? [`${plain(columns.at(-1)!)} = ?`, ...columns.slice(0, 3).map(plain)] : []
    case 'VALUES':
      return [`(${marks})`]
    case '(':
      if (/values\s*\(\s*$/i.test(before)) return [marks, '?']
      if (/into\s+\S+\s*\(\s*$/i.test(before)) return [list]
      if (/in\s*\(\s*$/i.test(before)) return ['?, ?', '1', 'select 1']
      return ['1', list, '*', '?']
    case '.':
      return [...columns.slice(0, 6).map(plain), ...name.map(plain), '*']
    case ',':
      return ['1', ...columns.slice(0, 3).map(plain), '?', '']
    case '=':
    case '<':
    case '>':
    case 'LIKE':
    case 'GLOB':
    case 'BETWEEN':
    case 'IN':
      return word === 'IN' ? ['(?, ?)', '(1)', '()'] : ['?', '1', "'x'"]
    default:
      return ['', ' where 1 = 1', ' and 1 = 1', 'asc', '1', '?', ', 1', ...name.map(plain)]
  }
}

/** Returns the rest of the table's name when the text before the hole is its beginning. */
function suffixes(before: string, table: Table | null): string[] {
  const begun = /(\w+)$/.exec(before)?.[1] ?? ''
  if (table === null || !table.name.toLowerCase().startsWith(begun.toLowerCase())) return []
  return [table.name.slice(begun.length)]
}

/** Returns the quote that is open at the end of the text, or null. `before`: the one that is open at its beginning. */
function openQuote(text: string, before: string | null): string | null {
  let open = before
  for (const character of text) {
    if (open !== null) open = character === open ? null : open
    else if (character === "'" || character === '"' || character === '`') open = character
  }
  return open
}

/** Yields the first filling of every hole, then variations of one hole from the last on, then combinations of the first four of each. */
function* combinations(lists: readonly (readonly string[])[]): Generator<readonly string[]> {
  if (lists.some((list) => list.length === 0)) return
  const first = lists.map((list) => list[0]!)
  yield first
  for (let at = lists.length - 1; at >= 0; at--) {
    for (const other of lists[at]!.slice(1)) yield first.with(at, other)
  }
  if (lists.length < 2) return
  const wide = lists.map((list) => list.slice(0, 4))
  const total = wide.reduce((product, list) => product * list.length, 1)
  for (let number = 0; number < Math.min(total, 400); number++) {
    let rest = number
    yield wide.map((list) => {
      const chosen = list[rest % list.length]!
      rest = Math.floor(rest / list.length)
      return chosen
    })
  }
}
