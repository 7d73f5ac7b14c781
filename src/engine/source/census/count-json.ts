/** How many texts are JSON: where not all that begin so are documents, as SQLite's own parser says. Invariant: a text with U+0000 is none. */
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { SqliteDatabase } from '../base/sqlite.ts'
import type { ColumnPart } from './column-part.ts'

/** SQLite returns 2,000 result columns; fewer keep the statement in its caches. */
const COLUMNS_A_PASS = 600

/**
 * The parts of the rows of `from`, which is SQL of a table and perhaps a condition. `hasLong`: some values are so large that SQLite, which
 * holds them once for each column asked for, is asked for one at a time.
 */
export function withJson(
  db: SqliteDatabase,
  from: string,
  parts: readonly ColumnPart[],
  hasLong: boolean,
): readonly ColumnPart[] {
  const asked = parts.filter(({ maybeJson }) => maybeJson)
  const counted = new Map<string, number>()
  const step = hasLong ? 1 : COLUMNS_A_PASS
  for (let at = 0; at < asked.length; at += step) {
    const some = asked.slice(at, at + step)
    const counts = some.map((part) => `count(*) filter (where ${isJsonText(part)})`)
    const row = db
      .prepare(`select ${counts.join(',\n')}\nfrom ${from}`)
      .raw()
      .get() as number[]
    for (const [index, { name }] of some.entries()) counted.set(name, row[index]!)
  }
  return parts.map((part) => ({ ...part, json: counted.get(part.name) ?? part.spellings.documents }))
}

/** An object or an array; the parser stops at U+0000 (https://www.sqlite.org/nulinstr.html), which is searched for only where there is one. */
function isJsonText({ name, nulTexts, fewTexts }: ColumnPart): string {
  const text = quoteSqlite(name)
  const blank = ' \t\n\r'
  const begins = `(${text} glob '[[{]*' or ${text} glob '[${blank}]*' and ltrim(${text}, '${blank}') glob '[[{]*')`
  const holdsNul = nulTexts > 0 || (fewTexts ?? []).some(({ bytes }) => bytes.includes(0))
  return `typeof(${text}) = 'text' and ${begins} and json_valid(${text})${holdsNul ? ` and instr(${text}, char(0)) = 0` : ''}`
}
