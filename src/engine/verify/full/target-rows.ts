/**
 * Reads the rows of a target table as text, by a cursor in the caller's transaction. Invariant: each value is fetched in a spelling that
 * distinguishes any two values of its type, except JSON, which is compared by meaning, and trailing zeros of numerics.
 */
import type { TableName, TargetColumn } from '../../model/target-schema.ts'
import {
  selectAddress,
  selectArray,
  selectInterval,
  targetReal,
} from '../../rows/meaning/compare-application-types.ts'
import { targetJsonb } from '../../rows/meaning/compare-json.ts'
import { targetDouble, targetNumeric } from '../../rows/meaning/compare-numbers.ts'
import { selectBytes, selectText } from '../../rows/meaning/compare-texts.ts'
import { quoteIdentifier, quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { whereAll } from '../../target/tables/own-rows.ts'

/** A target row, column by column, in the spelling of `Meaning`. */
export type PrintedRow = readonly (string | null)[]

/** Approximate bytes of text fetched at a time. */
const FETCH_BYTES = 4_000_000
const MOST_ROWS = 5_000

type ReadColumn = Pick<TargetColumn, 'name' | 'type' | 'written'> & {
  /** Whether a long JSON document is fetched as its digest. */
  readonly digestsLong?: boolean
}
type ColumnReading = { readonly sql: string; readonly print: (text: string) => string }

function readingOf({ digestsLong, ...column }: ReadColumn): ColumnReading {
  const reading = readingOfColumn(column)
  return digestsLong === true ? { ...reading, sql: selectText(reading.sql) } : reading
}

function readingOfColumn({ name, type, written }: ReadColumn): ColumnReading {
  const column = quoteIdentifier(name)
  if (written?.byServer === true) return { sql: `${column}::text`, print: same }
  if (written?.element !== undefined) {
    const { print } = readingOfType(column, written.element.type)
    return { sql: selectArray(column), print: (text) => printMembers(text, print) }
  }
  if (written?.labels !== undefined) return { sql: `${column}::text`, print: same }
  return readingOfType(column, written?.type ?? type)
}

function readingOfType(column: string, type: string): ColumnReading {
  const asText = `${column}::text`
  if (/^jsonb$/i.test(type)) return { sql: asText, print: targetJsonb }
  if (/^(?:numeric|decimal)\b/i.test(type)) return { sql: asText, print: targetNumeric }
  if (/^money$/i.test(type)) return { sql: `${column}::numeric::text`, print: targetNumeric }
  if (/^(?:double precision|float8)$/i.test(type)) return { sql: asText, print: targetDouble }
  if (/^real$/i.test(type)) return { sql: asText, print: targetReal }
  if (/^interval\b/i.test(type)) return { sql: selectInterval(column), print: same }
  if (/^(?:inet|cidr)$/i.test(type)) return { sql: selectAddress(column), print: same }
  if (/^bytea$/i.test(type)) return { sql: selectBytes(column), print: same }
  if (/^(?:text|varchar|character varying)(?: ?\(\d+\))?$/i.test(type)) {
    return { sql: selectText(column), print: same }
  }
  return { sql: asText, print: same }
}

function printMembers(text: string, print: (member: string) => string): string {
  const members = JSON.parse(text) as readonly (string | null)[]
  return JSON.stringify(members.map((member) => (member === null ? null : print(member))))
}

const same = (text: string): string => text

/** Yields the rows for which all conditions hold. */
export async function* readTargetRows(
  connection: Connection,
  table: TableName,
  columns: readonly ReadColumn[],
  conditions: readonly string[] = [],
): AsyncGenerator<PrintedRow[], void, undefined> {
  const readings = columns.map(readingOf)
  const selected = readings.map(({ sql }, index) => `${sql} as c${index}`).join(', ')
  await connection.query(
    `declare gpt_migrate_rows no scroll cursor for select ${selected || 'null'} from ${quoteTable(table)}${whereAll(conditions)}`,
  )
  const fetch = (rows: number) =>
    connection.query<Record<string, string | null>>(`fetch forward ${rows} from gpt_migrate_rows`)
  let size = 100
  let next = fetch(size)
  // Marks the promise as handled: its rejection is thrown where it is awaited.
  next.catch(() => undefined)
  for (;;) {
    const { rows } = await next
    if (rows.length === 0) break
    let bytes = 0
    const printed = rows.map((row) =>
      readings.map(({ print }, index) => {
        const text = row[`c${index}`] ?? null
        if (text === null) return null
        bytes += text.length
        return print(text)
      }),
    )
    size = Math.max(1, Math.min(MOST_ROWS, Math.floor((FETCH_BYTES / (bytes + 1)) * rows.length)))
    next = fetch(size)
    next.catch(() => undefined)
    yield printed
  }
  await connection.query('close gpt_migrate_rows')
}
