/**
 * The rows that existing tables held before a run with --append. Invariant: an earlier row that was changed, removed or added since alters
 * the count or one of two 64-bit sums.
 */
import { type EarlierRows, readEarlier } from '../journal/row-owners.ts'
import type { Plan } from '../model/plan.ts'
import type { VerifyCheck } from '../model/report.ts'
import type { TargetTable } from '../model/target-schema.ts'
import { quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { readHeld } from '../target/guards/foreign-names.ts'
import { whereAll, writtenBy } from '../target/tables/own-rows.ts'
import { attemptCheck } from './attempt-check.ts'

/** Returns count and sum of the table's rows; with `run`, without the rows of that run. */
export async function sumEarlier(
  connection: Connection,
  table: TargetTable,
  run: string | null,
): Promise<EarlierRows> {
  const others = run === null ? [] : [`not ${writtenBy(run)}`]
  const { rows, sum } = await connection.queryOne<Omit<EarlierRows, 'target'>>(
    `select count(*)::text as rows,
            concat_ws(' ', coalesce(sum(hashtextextended(t.text, 0)), 0), coalesce(sum(hashtextextended(t.text, 1)), 0)) as sum
       from (select (r.*)::text as text from ${quoteTable(table)} r${whereAll(others)}) t`,
  )
  return { target: quoteTable(table), rows, sum }
}

/** Returns a check for each table that held rows before the run. */
export async function checkEarlier(
  connection: Connection,
  { run, plan }: { readonly run: string; readonly plan: Plan },
): Promise<VerifyCheck[]> {
  if (plan.options.append !== true) return []
  const before = new Map((await readEarlier(connection, run)).map((one) => [one.target, one]))
  const checks: VerifyCheck[] = []
  for (const table of plan.schema.tables) {
    const name = `earlier rows ${table.schema}.${table.table}`
    const was = before.get(quoteTable(table))
    checks.push(
      await attemptCheck(
        connection,
        name,
        `The ${was?.rows} rows that were there before are as they were.`,
        async () => {
          if (was === undefined) return ['The journal does not say what was there before.']
          const is = await readHeld(connection, [table], () => sumEarlier(connection, table, run))
          if (is.rows !== was.rows)
            return [`There were ${was.rows} rows before the run, and ${is.rows} that are not its own now.`]
          return is.sum === was.sum ? [] : ['Rows that were there before have changed.']
        },
      ),
    )
  }
  return checks
}
