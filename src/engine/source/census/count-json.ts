/** Counts the texts that are JSON, by SQLite's parser where the census left some undecided. Invariant: a text with U+0000 is not JSON. */
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { SqliteDatabase } from '../base/sqlite.ts'
import type { ColumnPart } from './column-part.ts'
import { SpellingCount } from './spelling-count.ts'

/** SQLite allows 2,000 result columns; fewer keep the statement in the processor's caches. */
const COLUMNS_A_PASS = 600

/**
 * Returns the parts with `json` filled in. `from`: SQL of the table and perhaps a condition. `hasLong`: some values are so large that only one
 * column is counted at a time, since SQLite holds a row's value once for each result column.
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
  return parts.map((part) => ({ ...part, json: counted.get(part.name) ?? recognised(part) }))
}

/** Returns the number of texts that were recognised as documents; those of the few texts are not in the part's own count. */
function recognised({ spellings, fewTexts }: ColumnPart): number {
  const few = new SpellingCount()
  for (const { bytes, count } of fewTexts ?? []) few.seeJson(bytes, 0, bytes.length, count)
  return spellings.jsonDocuments + few.counted().jsonDocuments
}

/** Returns the condition for an object or an array without U+0000, at which the parser stops (https://www.sqlite.org/nulinstr.html). */
function isJsonText({ name, nulTexts, fewTexts }: ColumnPart): string {
  const text = quoteSqlite(name)
  const blank = ' \t\n\r'
  const begins = `(${text} glob '[[{]*' or ${text} glob '[${blank}]*' and ltrim(${text}, '${blank}') glob '[[{]*')`
  const holdsNul = nulTexts > 0 || (fewTexts ?? []).some(({ bytes }) => bytes.includes(0))
  return `typeof(${text}) = 'text' and ${begins} and json_valid(${text})${holdsNul ? ` and instr(${text}, char(0)) = 0` : ''}`
}
