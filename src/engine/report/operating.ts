/** The input of the steps for operators. Pure. */
import type { OperationFacts, OperationStep } from '../model/operations.ts'
import type { Plan } from '../model/plan.ts'
import { shellWord } from '../model/shell-word.ts'
import type { TargetTable } from '../model/target-schema.ts'

export type Operating = {
  readonly plan: Plan
  readonly facts: OperationFacts
  /** `psql URL`; null while the server is stopped. */
  readonly psql: string | null
  /** URL for pg_dump; null while the server is stopped. */
  readonly url: string | null
  /** Folder of an embedded server; null for any other. */
  readonly embedded: string | null
  /** `npx gpt-migrate partitions --target …`. */
  readonly partitions: string
  readonly lastMonth: string | null
  readonly database: string
}

export function inPsql({ psql }: Operating, topic: string, sentence: string, sql: string): OperationStep {
  return psql === null
    ? { topic, sentence, command: `${sql};`, inPsql: true }
    : { topic, sentence, command: `${psql} -c ${shellWord(sql)}` }
}

export function tablesOf({ plan }: Operating): readonly TargetTable[] {
  return plan.schema.tables
}
