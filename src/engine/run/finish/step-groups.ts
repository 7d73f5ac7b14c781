/**
 * Groups statements after the load that are sent to the server together, since it rereads all constraints of a table at each change.
 * Invariant: a group is one transaction, which also records it.
 */
import { recordingSteps } from '../../journal/journal.ts'
import type { Statement } from '../../plan/ddl/ddl-statement.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection/connection.ts'

export type Step = { readonly statement: Statement; readonly number: number }

/** Steps of one transaction; `statement` is that of the first step. */
export type StepGroup = { readonly statement: Statement; readonly steps: readonly Step[] }

/** A limit because each statement takes a few entries of the server's lock table. */
const STEPS_AT_ONCE = 50

/** Up to this many rows, building an index costs no more than the transaction and the round trip. */
const SMALL_ROWS = 1_000

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

/** Groups the steps of small tables, several whole tables to a group; the steps of a larger table are grouped by `ofLarge`. */
export function groupSmallTables(
  steps: readonly Step[],
  rowsOf: (statement: Statement) => number,
  ofLarge: (steps: readonly Step[]) => readonly (readonly Step[])[],
): readonly StepGroup[] {
  const byTable = Map.groupBy(steps, ({ statement: { table } }) => table && quoteTable(table))
  const groups: (readonly Step[])[] = []
  let small: Step[] = []
  for (const own of byTable.values()) {
    if (own.length > STEPS_AT_ONCE || rowsOf(own[0]!.statement) > SMALL_ROWS) {
      groups.push(...ofLarge(own))
      continue
    }
    if (small.length === 0 || small.length + own.length > STEPS_AT_ONCE) {
      small = []
      groups.push(small)
    }
    small.push(...own)
  }
  return groups.map((group) => ({ statement: group[0]!.statement, steps: group }))
}

/** Groups neighbours that add a constraint without validating it, so that no row can break it; all other statements stay alone. */
export function groupAdding(steps: readonly Step[]): readonly (readonly Step[])[] {
  return inGroups(steps, (step, first) => addsUnvalidated(step) && addsUnvalidated(first))
}

/** Groups the checks of a table, for which its rows are then read once; all other statements stay alone. */
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

/** Returns how a statement begins that alters its own table; null for a statement without a table. */
function alterOf({ table }: Statement): string | null {
  return table === null ? null : `alter table ${quoteTable(table)}\n`
}

/** Returns the statements' SQL, with neighbours that alter the same table merged into one statement. */
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
