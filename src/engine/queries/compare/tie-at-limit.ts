/**
 * Whether a statement's LIMIT cuts between rows with equal sort keys, judged by SQLite's rows. Invariant: the statement only reads, one
 * row further than its LIMIT.
 */
import type { SourceValue } from '../../rows/meaning/source-value.ts'
import type { SqliteDatabase } from '../../source/base/sqlite.ts'
import { depthsOf, upperAt } from '../../syntax/sqlite-tokens.ts'
import { runOn, type SqliteColumn } from '../sides/sqlite-side.ts'
import { tokensOf } from '../statement/statement-kind.ts'
import { clausesOf, numberedText, sqliteText } from '../statement/statement-text.ts'
import type { ParameterList } from '../trial/parameters.ts'
import type { KeyedRows } from './compare-outcomes.ts'

/** Returns the sort keys of the statement's rows; null when they are unknown. */
export type SortKeysOf = (
  sql: string,
  values: readonly SourceValue[],
  columns: readonly SqliteColumn[],
) => KeyedRows | null

/** Whether another row could take the place of the first or last row that LIMIT and OFFSET leave. */
export function cutsTie(
  sql: string,
  list: ParameterList,
  db: SqliteDatabase,
  sortKeysOf: SortKeysOf,
): boolean {
  const numbered = numberedText(sql)
  const further = withOneMore(numbered)
  if (further === null) return false
  const rowsOf = (text: string) => {
    const { sql: placed, numbers } = sqliteText(text)
    const values = numbers.map((number) => list.get(number) ?? null)
    const outcome = runOn(db, placed, values)
    return outcome.kind === 'error' ? null : { ...outcome, values, sql: placed }
  }
  const cut = rowsOf(numbered)
  const all = rowsOf(further)
  if (cut === null || all === null || all.isCut || cut.rows.length === 0) return false
  const texts = all.rows.map(textOf)
  const isOrdered = clausesOf(sql).orderBy !== null
  const keys = isOrdered ? sortKeysOf(further, all.values, all.columns) : texts.map(() => [])
  if (keys === null) return false
  const first = all.rows.length - cut.rows.length - (isLast(cut.rows, all.rows) ? 0 : 1)
  const isTie = (one: number, other: number): boolean =>
    one >= 0 &&
    other < texts.length &&
    texts[one] !== texts[other] &&
    JSON.stringify(keys[one]) === JSON.stringify(keys[other])
  return isTie(first - 1, first) || isTie(first + cut.rows.length - 1, first + cut.rows.length)
}

/** Whether no row follows those that LIMIT leaves. */
function isLast(cut: readonly (readonly SourceValue[])[], all: readonly (readonly SourceValue[])[]): boolean {
  return cut.length === 0 || textOf(cut.at(-1)!) === textOf(all.at(-1)!)
}

function textOf(row: readonly SourceValue[]): string {
  return JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
}

/** Returns the statement from the first row, without its OFFSET, to one row after its last; null without a LIMIT. */
function withOneMore(sql: string): string | null {
  const { limit } = clausesOf(sql)
  if (limit === null) return null
  const tail = sql.slice(limit).replace(/;\s*$/, '')
  const tokens = tokensOf(tail)
  const depths = depthsOf(tokens)
  const split = tokens.find((_, at) => depths[at] === 0 && /^(?:OFFSET|,)$/.test(upperAt(tokens, at)))
  const head = sql.slice(0, limit)
  const begin = tokens[0]!.end
  if (split === undefined) return `${head}limit (${tail.slice(begin)}) + 1`
  return `${head}limit (${tail.slice(begin, split.start)}) + (${tail.slice(split.end)}) + 1`
}
