/**
 * How much room objects take in the server's lock table, which creating and dropping them fills until the transaction ends (manual section
 * 20.12, `max_locks_per_transaction`). Invariant: pure; an estimate is never below what PostgreSQL 13 to 18 take for an ordinary table.
 */
import type { TargetTable } from '../../model/target-schema.ts'

/** A view, its two types and its rule. */
export const VIEW_LOCKS = 4

/** A table, its two types, and the table of its large values with its index. */
const TABLE_LOCKS = 5

/** A foreign key, its four triggers and the table that it references. */
const REFERENCE_LOCKS = 6

/** Returns the locks that dropping the table takes; creating it takes fewer. */
export function locksOf({
  columns,
  primaryKey,
  uniques,
  checks,
  foreignKeys,
  indexes,
  partitioning,
}: TargetTable): number {
  const ofColumns = columns.reduce(
    (locks, { nullable, default: value, sequence, generated }) =>
      // Since version 18, `not null` is a constraint. A sequence is one object, or two with its default.
      locks +
      (nullable ? 0 : 1) +
      (value === null && generated === null ? 0 : 1) +
      (sequence === null ? 0 : 2),
    0,
  )
  const keys = uniques.length + (primaryKey === null ? 0 : 1)
  const own =
    TABLE_LOCKS + ofColumns + 2 * keys + checks.length + indexes.length + REFERENCE_LOCKS * foreignKeys.length
  return partitioning === null ? own : own * (2 + partitioning.months.length)
}
