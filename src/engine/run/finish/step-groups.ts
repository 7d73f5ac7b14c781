/**
 * Statements after the load that go to the server together: for each change of a table the server reads again all the rules that the
 * table has. Invariant: a group is one transaction, recorded with its effect.
 */
import { recordingSteps } from '../../journal/journal.ts'
import type { Statement } from '../../plan/ddl-statement.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection/connection.ts'

/** A statement after the load, and its number in the journal. */
export type Step = { readonly statement: Statement; readonly number: number }

/** Each takes a few of the server's locks. */
const STEPS_AT_ONCE = 50

export async function executeTogether(
  session: Connection,
  run: string,
  steps: readonly Step[],
): Promise<void> {
  const recording = recordingSteps(
    run,
    steps.map(({ number }) => number),
  )
  await session.execute([...inFewAlters(steps.map(({ statement }) => statement)), recording].join('; '))
}

/** Neighbours that add a rule which no row can refuse before it is validated, in groups; all others alone. */
export function groupAdding(steps: readonly Step[]): readonly (readonly Step[])[] {
  return inGroups(steps, (step, first) => addsUnvalidated(step) && addsUnvalidated(first))
}

/** The checks of a table, for which its rows are read once, in groups; all others alone. */
export function groupValidating(steps: readonly Step[]): readonly (readonly Step[])[] {
  return inGroups(steps, ({ statement }, { statement: first }) => {
    const isCheck = [statement, first].every(({ object }) => object.kind === 'check-validation')
    return isCheck && alterOf(statement) === alterOf(first)
  })
}

function inGroups(
  steps: readonly Step[],
  belongs: (step: Step, first: Step) => boolean,
): readonly (readonly Step[])[] {
  const groups: Step[][] = []
  for (const step of steps) {
    const last = groups.at(-1)
    if (last !== undefined && last.length < STEPS_AT_ONCE && belongs(step, last[0]!)) last.push(step)
    else groups.push([step])
  }
  return groups
}

function addsUnvalidated({ statement: { object, sql } }: Step): boolean {
  return (object.kind === 'foreign-key' || object.kind === 'check') && sql.endsWith('not valid')
}

/** How a statement begins that alters its own table. */
function alterOf({ table }: Statement): string | null {
  return table === null ? null : `alter table ${quoteTable(table)}\n`
}

/** The statements' SQL, with neighbours that alter the same table as one statement. */
function inFewAlters(statements: readonly Statement[]): readonly string[] {
  const written: string[] = []
  let altering: string | null = null
  for (const statement of statements) {
    const { sql } = statement
    const alter = alterOf(statement)
    if (alter !== null && alter === altering && sql.startsWith(alter)) {
      written.push(`${written.pop()},\n${sql.slice(alter.length)}`)
    } else {
      written.push(sql)
      altering = alter !== null && sql.startsWith(alter) ? alter : null
    }
  }
  return written
}
