import type { SqliteValue } from '../../model/storage.ts'

/** Where a column is whose values say what they are: SQL of its table and of its value, and all rows of a select on it. */
export type EvidenceSource = {
  /** Quoted. */
  readonly table: string
  /** Quoted name of the column. */
  readonly sql: string
  rows(sql: string): readonly (readonly SqliteValue[])[]
}

/** Rows of the table that meet an SQL condition, in all of the databases. */
export function countIn({ table, rows }: EvidenceSource, condition: string): number {
  return rows(`select count(*) from ${table} where ${condition}`).reduce(
    (sum, [count]) => sum + Number(count),
    0,
  )
}
