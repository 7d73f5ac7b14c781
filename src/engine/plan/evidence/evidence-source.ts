import type { SqliteValue } from '../../model/storage.ts'

/** A column that can be queried: SQL of its table and of its value, and a function that returns all rows of a select. */
export type EvidenceSource = {
  /** Quoted. */
  readonly table: string
  /** Quoted name of the column. */
  readonly sql: string
  rows(sql: string): readonly (readonly SqliteValue[])[]
}

/** Returns the number of rows that meet an SQL condition, over all databases. */
export function countIn({ table, rows }: EvidenceSource, condition: string): number {
  return rows(`select count(*) from ${table} where ${condition}`).reduce(
    (sum, [count]) => sum + Number(count),
    0,
  )
}
