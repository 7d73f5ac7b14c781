/**
 * The rows of a target table as text, by a cursor in the caller's transaction. Invariant: each value is fetched in a spelling that
 * tells any two values of its type apart, except JSON, which is compared by meaning, and trailing zeros of numerics.
 */
import type { TableName, TargetColumn } from '../../model/target-schema.ts'
import { targetJsonb } from '../../rows/meaning/compare-json.ts'
import { targetDouble, targetNumeric } from '../../rows/meaning/compare-numbers.ts'
import { selectBytes, selectText } from '../../rows/meaning/compare-texts.ts'
import { quoteIdentifier, quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection.ts'
import { whereAll } from '../../target/own-rows.ts'

/** What a target row says, column by column, in the spelling of `Meaning`. */
export type SaidRow = readonly (string | null)[]

/** Bytes of text fetched at a time, about. */
const FETCH_BYTES = 4_000_000
const MOST_ROWS = 5_000

type ReadColumn = Pick<TargetColumn, 'name' | 'type'>
type ColumnReading = { readonly sql: string; readonly say: (text: string) => string }

function readingOf({ name, type }: ReadColumn): ColumnReading {
  const column = quoteIdentifier(name)
  const asText = `${column}::text`
  if (/^jsonb$/i.test(type)) return { sql: asText, say: targetJsonb }
  if (/^(?:numeric|decimal)\b/i.test(type) && !type.includes('[')) return { sql: asText, say: targetNumeric }
  if (/^(?:double precision|float8)$/i.test(type)) return { sql: asText, say: targetDouble }
  if (/^bytea$/i.test(type)) return { sql: selectBytes(column), say: same }
  if (/^(?:text|varchar|character varying)(?: ?\(\d+\))?$/i.test(type)) {
    return { sql: selectText(column), say: same }
  }
  return { sql: asText, say: same }
}

const same = (text: string): string => text

/** The rows for which all the conditions hold. */
export async function* readTargetRows(
  connection: Connection,
  table: TableName,
  columns: readonly ReadColumn[],
  conditions: readonly string[] = [],
): AsyncGenerator<SaidRow[], void, undefined> {
  const readings = columns.map(readingOf)
  const selected = readings.map(({ sql }, index) => `${sql} as c${index}`).join(', ')
  await connection.query(
    `declare gpt_migrate_rows no scroll cursor for select ${selected || 'null'} from ${quoteTable(table)}${whereAll(conditions)}`,
  )
  const fetch = (rows: number) =>
    connection.query<Record<string, string | null>>(`fetch forward ${rows} from gpt_migrate_rows`)
  let size = 100
  let next = fetch(size)
  // What is thrown while nobody waits for it is thrown where it is waited for.
  next.catch(() => undefined)
  for (;;) {
    const { rows } = await next
    if (rows.length === 0) break
    let bytes = 0
    const said = rows.map((row) =>
      readings.map(({ say }, index) => {
        const text = row[`c${index}`] ?? null
        if (text === null) return null
        bytes += text.length
        return say(text)
      }),
    )
    size = Math.max(1, Math.min(MOST_ROWS, Math.floor((FETCH_BYTES / (bytes + 1)) * rows.length)))
    next = fetch(size)
    next.catch(() => undefined)
    yield said
  }
  await connection.query('close gpt_migrate_rows')
}
