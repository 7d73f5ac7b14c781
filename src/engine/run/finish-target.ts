/**
 * After the load: keys, unique constraints and indexes (several at once), then checks and foreign keys, then sequences past the
 * data, then fresh statistics, then views. Invariant: every statement is recorded with its effect in one transaction, so that a
 * resumed run executes each exactly once.
 */

import type { RunContext } from '../events/run-context.ts'
import { readSteps, recordingStep, recordStep } from '../journal/journal.ts'
import type { Catalog } from '../model/catalog.ts'
import type { Finding } from '../model/finding.ts'
import type { Plan } from '../model/plan.ts'
import type { Snapshot } from '../model/snapshot.ts'
import type { TableName } from '../model/target-schema.ts'
import { writeUnvalidated } from '../plan/constraint-ddl.ts'
import { writeDdl } from '../plan/ddl.ts'
import type { Statement } from '../plan/ddl-statement.ts'
import { firstDistributed } from '../plan/distribution/table-facts.ts'
import { counted } from '../plan/findings.ts'
import type { OrphanSets } from '../source/staging/orphans.ts'
import { quoteTable } from '../syntax/postgres-names.ts'
import type { TargetAddress } from '../target/address.ts'
import type { Connection } from '../target/connection.ts'
import { isRowRefusal } from '../target/pg-errors.ts'
import { findWaiting } from '../target/quarantined-parents.ts'
import { moveSequencesOf } from '../target/sequence-start.ts'
import type { SharedCores } from '../threads/shared-cores.ts'
import { buildIndexes } from './build-indexes.ts'
import { createView, ViewComparing } from './create-view.ts'
import { recordLeft } from './left-rows.ts'
import { ReadableTables } from './readable-tables.ts'

type FinishRequest = {
  readonly run: string
  readonly plan: Plan
  readonly catalogs: readonly Catalog[]
  readonly snapshots: readonly Snapshot[]
  readonly orphans: OrphanSets
  readonly serverMajor: number
  readonly address: TargetAddress
  /** Sessions that build indexes; 0: `connection` does. */
  readonly indexers: number
  readonly cores: SharedCores
}

/** Statements after the load; the phase counts them. */
export function countFinishing(plan: Plan, serverMajor: number): number {
  return writeDdl(plan.schema, serverMajor).afterLoad.length
}

type Hearers = {
  readonly progress: (done: number, detail: string | null) => void
  /** Nothing more will lock the table's readers out. */
  readonly onReadable: (table: TableName) => void
}

/** True when the target is complete; false when the run was stopped before. */
export async function finishTarget(
  connection: Connection,
  request: FinishRequest,
  context: RunContext,
  { progress, onReadable }: Hearers,
): Promise<boolean> {
  const statements = writeDdl(request.plan.schema, request.serverMajor).afterLoad
  const finished = await readSteps(connection, request.run)
  const open = statements
    .map((statement, number) => ({ statement, number }))
    .filter(({ number }) => !finished.has(number))
  const readable = new ReadableTables(
    request.plan.schema.tables,
    open.map(({ statement }) => statement),
    onReadable,
  )
  const isDistributed = firstDistributed(request.plan) !== null
  let done = finished.size
  const perform = async (
    session: Connection,
    { statement, number }: (typeof open)[number],
  ): Promise<void> => {
    progress(done, statement.object.name)
    try {
      if (isDistributed) {
        await session.transaction(async () => {
          // By itself: Citus hands the whole string that a client sent to its nodes, which take one statement each.
          await session.execute(statement.sql)
          await recordStep(session, request.run, number)
        })
      } else {
        // Statements that are sent together are one transaction.
        await session.execute(`${statement.sql}; ${recordingStep(request.run, number)}`)
      }
    } catch (error) {
      if (!isRowRefusal(error)) throw error
      const waiting = await leaveUnvalidated(session, request, statement, number)
      context.emit({ type: 'finding', finding: waiting ?? refusedConstraint(statement, error) })
    }
    readable.finish(statement)
    progress(++done, statement.object.name)
  }
  const indexing = open.filter(({ statement }) => isIndexing(statement))
  const rest = open.filter(({ statement }) => !isIndexing(statement) && statement.object.kind !== 'view')
  const analyzed = new Set<string>()
  // Outside of a transaction each table is committed by itself (manual, ANALYZE).
  const analyze = async (session: Connection, tables: readonly TableName[]): Promise<void> => {
    const left = tables.map(quoteTable).filter((table) => !analyzed.has(table))
    if (left.length > 0) await session.query(`analyze ${left.join(', ')}`)
    for (const table of left) analyzed.add(table)
  }
  await buildIndexes(
    connection,
    request,
    {
      steps: indexing,
      perform,
      // While others are still built: its rows change no more.
      onTable: (session, table) => analyze(session, [table]),
      report: (detail) => progress(done, detail),
    },
    context,
  )
  for (const step of rest) {
    if (!(await context.control.goOn())) return false
    await perform(connection, step)
  }
  if (!(await context.control.goOn())) return false
  await moveSequences(connection, request)
  await analyze(connection, request.plan.schema.tables)
  await recordLeft(connection, request.run, request.plan.schema.tables)
  const comparing = new ViewComparing()
  try {
    for (const step of open.filter(({ statement }) => statement.object.kind === 'view')) {
      if (!(await context.control.goOn())) return false
      progress(done, step.statement.object.name)
      const finding = await createView(connection, { ...request, ...step, comparing })
      if (finding !== null) context.emit({ type: 'finding', finding })
      progress(++done, step.statement.object.name)
    }
  } finally {
    await comparing.trials.end()
  }
  return true
}

/** Makes a reference that waits for rows in quarantine as it can be made, for new rows; null when the rows break it otherwise. */
async function leaveUnvalidated(
  session: Connection,
  { run, plan }: FinishRequest,
  { sql, object, table: owner }: Statement,
  number: number,
): Promise<Finding | null> {
  const table = plan.schema.tables.find(
    ({ schema, table: name }) => schema === owner?.schema && name === owner.table,
  )
  const foreignKey = table?.foreignKeys.find(({ name }) => name === object.name)
  if (table === undefined || foreignKey === undefined) return null
  const waiting = await findWaiting(session, { run, plan }, table, foreignKey)
  if (waiting === null) return null
  await session.transaction(async () => {
    if (object.kind === 'foreign-key') {
      for (const unvalidated of writeUnvalidated(table, foreignKey)) await session.query(unvalidated.sql)
    }
    await recordStep(session, run, number)
  })
  const { references, columns } = foreignKey
  const child = `${table.schema}.${table.table}`
  const parents = counted(waiting.parents, 'row')
  return {
    severity: 'warning',
    code: 'reference-to-quarantine',
    message: `${counted(waiting.rows, 'row')} of ${child} ${waiting.rows === 1 ? 'refers' : 'refer'} in ${columns.join(', ')} to ${parents} of ${references.schema}.${references.table} in quarantine. The references are kept, and the foreign key ${object.name} holds for new rows only.`,
    hint: `When they are loaded (gpt-migrate rejects list shows them): ${sql.replaceAll(/\s+/g, ' ')}`,
    count: waiting.rows,
  }
}

/** The existing rows break a rule that the plan expected them to keep: they stay, and verification will miss the rule. */
function refusedConstraint({ object, table }: Statement, error: Error): Finding {
  const where = table === null ? '' : ` of ${table.schema}.${table.table}`
  return {
    severity: 'warning',
    code: 'constraint-refused',
    message: `The ${object.kind} ${object.name}${where} could not be made, because of the rows that are there: ${error.message}`,
    hint: 'Correct the rows and run the statement of the plan (gpt-migrate plan --sql) by hand.',
  }
}

function isIndexing(statement: Statement): boolean {
  return ['primary-key', 'unique', 'index'].includes(statement.object.kind)
}

/**
 * Sets every sequence past the largest value of its column, and past what SQLite's own `sqlite_sequence` had given out
 * (https://www.sqlite.org/autoinc.html), so that the next insert gets a free number.
 */
export async function moveSequences(
  connection: Connection,
  { plan, catalogs }: Pick<FinishRequest, 'plan' | 'catalogs'>,
): Promise<void> {
  await moveSequencesOf(connection, plan.schema.tables, (table, column) =>
    givenOut(plan, catalogs, table, column),
  )
}

/** The largest number that `sqlite_sequence` says of source columns that fill the target column. */
function givenOut(
  plan: Plan,
  catalogs: readonly Catalog[],
  target: { readonly schema: string; readonly table: string },
  column: string,
): string | null {
  const numbers = plan.tables.flatMap(({ database, table, fate }) => {
    if (fate.kind !== 'copy') return []
    const { copy } = fate
    if (copy.target.schema !== target.schema || copy.target.table !== target.table) return []
    const origin = copy.columns.find((planned) => planned.target === column)?.from
    const takesRowid =
      origin?.kind === 'rowid' ||
      (origin?.kind === 'column' && copy.key.kind === 'rowid' && copy.key.column === origin.column)
    if (!takesRowid) return []
    const source = catalogs.find((catalog) => catalog.database === database)
    const sequence = source?.tables.find((known) => known.name === table)?.sequence
    // Anybody can write there; what is no number says nothing, as for SQLite.
    return sequence != null && /^-?\d{1,19}$/.test(sequence) ? sequence : []
  })
  return numbers.toSorted((a, b) => (BigInt(a) < BigInt(b) ? 1 : -1))[0] ?? null
}
