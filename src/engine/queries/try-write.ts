/** Statements that write. Invariant: without leave nothing is carried out: the server only plans the statement. */
import { runForeign } from '../target/foreign-statement.ts'
import type { StatementClass } from './classes.ts'
import { hazardsOf } from './detect.ts'
import type { JudgeGround, Judgement } from './judge.ts'
import { type KnownDatabase, tablesIn } from './known-tables.ts'
import { reasonOfRefusal } from './refusals.ts'
import { postgresText } from './statement-text.ts'

export async function explainWrite(
  one: StatementClass,
  database: KnownDatabase,
  { connection, session, hasByteOrder }: JudgeGround,
): Promise<Judgement> {
  const { sql, numbers } = postgresText(one.sql)
  const tables = tablesIn(one.sql, database)
  const base = { parametersTried: 0, time: null, example: null, rewrite: null }
  const [outcome] = await runForeign(
    connection,
    [{ sql: `explain ${sql}`, parameters: numbers.map(() => null) }],
    { ...session, isReadOnly: true },
  )
  if (outcome?.kind === 'error') {
    const { code, detail } = reasonOfRefusal(outcome, hazardsOf(one.sql, { tables, hasByteOrder }))
    return { ...base, verdict: 'fails', reasons: [code], detail }
  }
  return {
    ...base,
    verdict: 'not-judged',
    reasons: ['writes'],
    detail:
      'It writes: it is carried out with --writes only, in a transaction that is rolled back. PostgreSQL can plan it.',
  }
}
