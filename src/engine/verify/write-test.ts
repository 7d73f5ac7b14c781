/**
 * Whether an application can write: inserts a row with defaults into every table and rolls back. Invariant: no row stays, and a sequence that
 * no other session used meanwhile is where it was.
 */
import type { Plan } from '../model/plan.ts'
import type { VerifyCheck } from '../model/report.ts'
import type { TargetTable } from '../model/target-schema.ts'
import { quoteIdentifier, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { isTransient, TargetError } from '../target/connection/pg-errors.ts'
import { takeApplicationPath } from '../target/guards/application-path.ts'
import { holdTrustedTable } from '../target/guards/foreign-names.ts'
import { numberingSequence } from '../target/tables/numbering.ts'
import { inRolledBack } from './attempt-check.ts'
import { type TrialRow, trialRows } from './trial-rows.ts'
import { writeTogether } from './write-together.ts'

export async function testWrites(connection: Connection, plan: Plan): Promise<readonly VerifyCheck[]> {
  const checks: VerifyCheck[] = []
  const { tables } = plan.schema
  const written = await writeTogether(connection, tables)
  for (const table of tables) {
    const name = `write ${table.schema}.${table.table}`
    if (written.has(table)) {
      checks.push({ name, ok: true, detail: COULD_BE_WRITTEN })
      continue
    }
    try {
      checks.push({ name, ...(await testTable(connection, table)) })
    } catch (error) {
      if (connection.lost !== null || isTransient(error)) throw error
      checks.push({ name, ok: false, detail: `This could not be checked: ${messageOf(error)}` })
    }
  }
  return checks
}

const COULD_BE_WRITTEN = 'A row with defaults could be inserted; it was taken back.'

type Verdict = { readonly ok: boolean; readonly detail: string }

/** How long the test waits for other writers; meanwhile new writers wait for the test. */
const PATIENCE = '2s'

async function testTable(connection: Connection, table: TargetTable): Promise<Verdict> {
  return inRolledBack(connection, async () => {
    if (table.existing) await takeApplicationPath(connection, table)
    else await holdTrustedTable(connection, table)
    const isAlone = await lockOut(connection, table)
    const sequences = await readSequences(connection, table)
    const verdict = await tryRows(connection, table, sequences, isAlone)
    if (isAlone) for (const sequence of sequences) await resetSequence(connection, sequence)
    return verdict
  })
}

/**
 * Locks other writers out, so that sequences can be set back. Returns false when another session is writing. Either way the trials start
 * from the savepoint `trial`.
 */
async function lockOut(connection: Connection, table: TargetTable): Promise<boolean> {
  try {
    await connection.execute(
      `set local lock_timeout = '${PATIENCE}'; savepoint alone;
       lock table ${quoteTable(table)} in share row exclusive mode; savepoint trial`,
    )
    return true
  } catch (error) {
    if (!(error instanceof TargetError) || connection.lost !== null || isTransient(error)) throw error
    await connection.execute('rollback to savepoint alone; savepoint trial')
    return false
  }
}

async function tryRows(
  connection: Connection,
  table: TargetTable,
  sequences: readonly SequenceState[],
  isAlone: boolean,
): Promise<Verdict> {
  let reason = ''
  for (const row of trialRows(table)) {
    for (const sequence of sequences) sequence.taken++
    try {
      const taken = await insert(connection, table, row, sequences)
      return taken ?? { ok: true, detail: COULD_BE_WRITTEN }
    } catch (error) {
      if (!(error instanceof TargetError) || connection.lost !== null || isTransient(error)) throw error
      await connection.execute('rollback to savepoint trial')
      if (error.sqlstate === SEQUENCE_SPENT) return spentVerdict(error)
      if (!isRowsFault(error, table) && (await canBeMade(connection, row)))
        return { ok: false, detail: `A row could not be inserted: ${error.message}` }
      const taken =
        isAlone && error.sqlstate === UNIQUE_VIOLATION ? await findTaken(connection, table, sequences) : null
      if (taken !== null) return taken
      reason = error.message
    }
  }
  return tryNumbers(connection, table, sequences, reason)
}

/** Returns null when the row was inserted and its numbers were free. */
async function insert(
  connection: Connection,
  table: TargetTable,
  row: TrialRow,
  sequences: readonly SequenceState[],
): Promise<Verdict | null> {
  const returned = sequences.map(({ column }, index) => `${quoteIdentifier(column)}::text as n${index}`)
  const names = row.columns.map(quoteIdentifier).join(', ')
  const { rows } = await connection.query<Record<string, string>>(
    `insert into ${quoteTable(table)} ${
      row.columns.length === 0 ? 'default values' : `(${names}) select ${row.values.join(', ')} ${row.from}`
    } returning ${returned.join(', ') || 'null'}`,
  )
  if (rows.length !== 1)
    throw new TargetError('no-row', 'there was no row to take values from', { sqlstate: '22000' })
  for (const [index, sequence] of sequences.entries()) {
    const number = rows[0]![`n${index}`]!
    if ((await countNumber(connection, table, sequence.column, number)) > 1)
      return takenNumber(sequence.column, number)
  }
  return null
}

/** Where no row could be made up: only checks that the next numbers are free. */
async function tryNumbers(
  connection: Connection,
  table: TargetTable,
  sequences: readonly SequenceState[],
  reason: string,
): Promise<Verdict> {
  for (const sequence of sequences) {
    const { number } = await connection.queryOne<{ number: string }>('select nextval($1)::text as number', [
      sequence.name,
    ])
    sequence.taken++
    if ((await countNumber(connection, table, sequence.column, number)) > 0)
      return takenNumber(sequence.column, number)
  }
  const checked = sequences.length === 0 ? 'Nothing was inserted' : 'Checked by the next number only'
  return { ok: true, detail: `${checked}, since no plausible row could be made up (${reason}).` }
}

async function countNumber(
  connection: Connection,
  table: TargetTable,
  column: string,
  number: string,
): Promise<number> {
  const { rows } = await connection.queryOne<{ rows: string }>(
    `select count(*)::text as rows from ${quoteTable(table)} where ${quoteIdentifier(column)} = $1`,
    [number],
  )
  return Number(rows)
}

function takenNumber(column: string, number: string): Verdict {
  return { ok: false, detail: `The number that ${column} gets by default, ${number}, is taken.` }
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html sequence_generator_limit_exceeded */
const SEQUENCE_SPENT = '2200H'
const UNIQUE_VIOLATION = '23505'
const CHECK_VIOLATION = '23514'
/** SQLSTATE of `raise exception` in PL/pgSQL. */
const RAISED = 'P0001'

/** Whether free numbers are left is checked by `checkSequence`. */
function spentVerdict({ message }: TargetError): Verdict {
  return { ok: true, detail: `Rows must name their number: ${message}` }
}

/** A rule of the table replaces the insert by something without `returning`. */
const NOT_RETURNED = '0A000'

/** Whether the made-up values do not suit the table, so that another row may. */
function isRowsFault({ sqlstate, constraint }: TargetError, { existing }: TargetTable): boolean {
  if (sqlstate === NOT_RETURNED) return existing
  // Without a constraint's name, the row has no partition: an application's own partitions may not cover it.
  if (sqlstate === CHECK_VIOLATION && constraint === null) return existing
  // An application's trigger may refuse the row's values; a table of ours has no such trigger.
  if (sqlstate === RAISED) return existing
  return sqlstate !== null && /^(22|23)/.test(sqlstate)
}

/** Whether the values can be computed at all: invalid input of a type can have any SQLSTATE, such as 42P01 for regclass. */
async function canBeMade(connection: Connection, { values, from }: TrialRow): Promise<boolean> {
  try {
    await connection.query(`select ${values.join(', ')} ${from}`)
    return true
  } catch (error) {
    if (!(error instanceof TargetError) || connection.lost !== null || isTransient(error)) throw error
    await connection.execute('rollback to savepoint trial')
    return false
  }
}

/** After a violated key: returns a verdict when a number just taken from a sequence was already in use. */
async function findTaken(
  connection: Connection,
  table: TargetTable,
  sequences: readonly SequenceState[],
): Promise<Verdict | null> {
  for (const { column, name } of sequences) {
    const { number } = await connection.queryOne<{ number: string }>(
      `select last_value::text as number from ${name}`,
    )
    if ((await countNumber(connection, table, column, number)) > 0) return takenNumber(column, number)
  }
  return null
}

type SequenceState = {
  readonly column: string
  /** The sequence's name as SQL. */
  readonly name: string
  readonly lastValue: string
  readonly isCalled: boolean
  readonly increment: string
  /** Maximum number of values that the test took. */
  taken: number
}

async function readSequences(connection: Connection, table: TargetTable): Promise<SequenceState[]> {
  const states: SequenceState[] = []
  for (const { name: column } of table.columns.filter(({ sequence }) => sequence !== null)) {
    const { name } = await connection.queryOne<{ name: string | null }>(
      `select ${numberingSequence} as name`,
      [quoteTable(table), column],
    )
    if (name === null) throw new Error(`no sequence numbers ${column}`)
    const state = await connection.queryOne<Pick<SequenceState, 'lastValue' | 'isCalled' | 'increment'>>(
      `select s.last_value::text as "lastValue", s.is_called as "isCalled", q.seqincrement::text as increment
         from ${name} s, pg_sequence q
        where q.seqrelid = to_regclass($1)`,
      [name],
    )
    states.push({ column, name, ...state, taken: 0 })
  }
  return states
}

/** Sets the sequence back, which a rollback does not (PostgreSQL manual section 9.17), unless other sessions took numbers, too. */
async function resetSequence(connection: Connection, sequence: SequenceState): Promise<void> {
  const { name, lastValue, isCalled, increment, taken } = sequence
  await connection.query(
    `select setval($1, $2::bigint, $3)
       from ${name}
      where (last_value - $2::bigint) / $4::bigint between 0 and $5::bigint`,
    [name, lastValue, isCalled, increment, taken],
  )
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
