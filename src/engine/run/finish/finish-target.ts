/**
 * Completes the target: keys, unique constraints and indexes of loaded tables (several at once), and after the load checks and foreign keys
 * (validated several at once), sequences, statistics, views. Invariant: every statement is recorded in the transaction that executes it,
 * so that a resumed run executes each exactly once.
 */

import type { RunContext } from '../../events/run-context.ts'
import { recordStep } from '../../journal/journal.ts'
import type { Finding } from '../../model/finding.ts'
import { formatCounted } from '../../model/format-count.ts'
import type { TableName, TargetTable } from '../../model/target-schema.ts'
import { rowsByTarget } from '../../plan/base/rows-by-target.ts'
import { writeUnvalidated } from '../../plan/ddl/constraint-ddl.ts'
import type { Statement } from '../../plan/ddl/ddl-statement.ts'
import { firstDistributed } from '../../plan/distribution/table-facts.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'
import type { TargetAddress } from '../../target/address/address.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { isRowRefusal, isTransient } from '../../target/connection/pg-errors.ts'
import { type CreatedTable, refuseReplaced } from '../../target/guards/created-tables.ts'
import { refuseForeignTarget } from '../../target/guards/foreign-names.ts'
import { findWaiting } from '../../target/tables/quarantined-parents.ts'
import type { SharedCores } from '../../threads/shared-cores.ts'
import type { LoadedTables } from '../load/loaded-tables.ts'
import type { Prepared } from '../prepare/prepare.ts'
import { recordLeft } from '../rollback/left-rows.ts'
import { buildIndexes } from './build-indexes.ts'
import { createView, ViewComparing } from './create-view.ts'
import { moveSequences } from './move-sequences.ts'
import { ReadableTables } from './readable-tables.ts'
import {
  executeTogether,
  groupAdding,
  groupSmallTables,
  groupValidating,
  type Step,
  type StepGroup,
} from './step-groups.ts'

type FinishRequest = Pick<Prepared, 'run' | 'plan' | 'catalogs' | 'snapshots' | 'orphans'> & {
  /** The statements after the load, in the order of their numbers in the journal. */
  readonly statements: readonly Statement[]
  readonly address: TargetAddress
  /** Sessions that build indexes; with 0, `connection` builds them. */
  readonly indexers: number
  /** Sessions beside those that build only what mostly waits for the server's disk. */
  readonly furtherIndexers: number
  readonly cores: SharedCores
  readonly loaded: LoadedTables
  /** Numbers of the statements that an earlier start of the run has executed. */
  readonly executed: ReadonlySet<number>
  /** The tables that the run created. */
  readonly created: readonly CreatedTable[]
}

type FinishCallbacks = {
  readonly progress: (done: number, detail: string | null) => void
  /** Called when no statement that locks out the table's readers is left. */
  readonly onReadable: (table: TableName) => void
}

/** Up to this version the server waits until an index that it has built is on disk (nbtsort.c, `smgrimmedsync`). */
const FLUSHES_INDEXES = 16

/**
 * Returns true when the target is complete, false when the run was stopped, or the load given up, before. May be called while tables are
 * still being loaded, and does not use `connection` until they are.
 */
export async function finishTarget(
  connection: Connection,
  request: FinishRequest,
  context: RunContext,
  { progress, onReadable }: FinishCallbacks,
): Promise<boolean> {
  const { loaded, executed } = request
  const open = request.statements
    .map((statement, number) => ({ statement, number }))
    .filter(({ number }) => !executed.has(number))
  const readable = new ReadableTables(
    request.plan.schema.tables,
    open.map(({ statement }) => statement),
    onReadable,
  )
  const isDistributed = firstDistributed(request.plan) !== null
  let done = executed.size
  const perform = async (session: Connection, { statement, number }: Step): Promise<void> => {
    progress(done, statement.object.name)
    try {
      if (isDistributed) {
        await session.transaction(async () => {
          // On its own: Citus sends a client's whole string to its nodes, which take one statement each.
          await session.execute(statement.sql)
          await recordStep(session, request.run, number)
        })
      } else {
        await executeTogether(session, request.run, [{ statement, number }])
      }
    } catch (error) {
      if (!isRowRefusal(error)) throw error
      const waiting = await leaveUnvalidated(session, request, statement, number)
      context.emit({ type: 'finding', finding: waiting ?? refusedConstraint(statement, error) })
    }
    readable.finish(statement)
    progress(++done, statement.object.name)
  }
  const performTogether = async (session: Connection, { steps }: Pick<StepGroup, 'steps'>): Promise<void> => {
    if (!isDistributed && steps.length > 1) {
      try {
        await executeTogether(session, request.run, steps)
        for (const { statement } of steps) readable.finish(statement)
        done += steps.length
        progress(done, steps.at(-1)!.statement.object.name)
        return
      } catch (error) {
        // A session that reads several of the tables can deadlock with this transaction.
        if (!isRowRefusal(error) && !isTransient(error)) throw error
      }
    }
    for (const step of steps) await perform(session, step)
  }
  const rows = rowsByTarget(request.plan)
  const rowsOf = ({ table }: Statement): number =>
    table === null ? 0 : (rows.get(`${table.schema}.${table.table}`) ?? 0)
  const indexing = groupSmallTables(
    open.filter(({ statement }) => isIndexing(statement)),
    rowsOf,
    (own) => own.map((step) => [step]),
  )
  const validating = groupSmallTables(
    open.filter(({ statement }) => isValidation(statement)),
    rowsOf,
    groupValidating,
  )
  const adding = open.filter(
    ({ statement }) => ![isIndexing, isValidation, isView].some((isKind) => isKind(statement)),
  )
  const expressionTables = new Set(request.plan.schema.tables.filter(hasExpressions).map(quoteTable))
  const analyzed = new Set<string>()
  // Outside of a transaction, so that each table is committed on its own (manual, ANALYZE).
  const analyze = async (session: Connection, tables: readonly TableName[]): Promise<void> => {
    const left = [...new Set(tables.map(quoteTable))].filter((table) => !analyzed.has(table))
    if (left.length > 0) await session.query(`analyze ${left.join(', ')}`)
    for (const table of left) analyzed.add(table)
  }
  await buildIndexes(
    connection,
    request,
    {
      steps: indexing,
      perform: performTogether,
      // No index of the table can be built during ANALYZE, so it comes first: at the end nothing else might be left to do meanwhile.
      // An expression has statistics only with its index (manual, CREATE INDEX): such a table is analyzed last.
      onTable: async (session, { steps }, which) => {
        const tables = steps.flatMap(({ statement }) => statement.table ?? [])
        // Later, all tables have been examined.
        if (which === 'first' && !loaded.isComplete) await refuseStrange(session, request, tables)
        const after = (table: TableName) => (expressionTables.has(quoteTable(table)) ? 'last' : 'first')
        await analyze(
          session,
          tables.filter((table) => after(table) === which),
        )
      },
      isWaiting: ({ steps }) => connection.major <= FLUSHES_INDEXES && steps.length > 1,
      mayBegin: ({ steps }) =>
        steps.every(({ statement: { table } }) => table === null || loaded.mayIndex(table)),
      loaded,
      report: (detail) => progress(done, detail),
    },
    context,
  )
  if (!(await loaded.end)) return false
  for (const steps of groupAdding(adding)) {
    if (!(await context.control.mayContinue())) return false
    await performTogether(connection, { steps })
  }
  await buildIndexes(
    connection,
    { ...request, indexers: isWorthSessions(validating, rowsOf) ? request.indexers : 0, furtherIndexers: 0 },
    {
      steps: validating,
      perform: performTogether,
      onTable: async () => {},
      isWaiting: () => false,
      mayBegin: () => true,
      loaded,
      report: () => {},
    },
    context,
  )
  if (!(await context.control.mayContinue())) return false
  await moveSequences(connection, request)
  await analyze(connection, request.plan.schema.tables)
  await recordLeft(connection, request.run, request.plan.schema.tables)
  const comparing = new ViewComparing()
  try {
    for (const step of open.filter(({ statement }) => isView(statement))) {
      if (!(await context.control.mayContinue())) return false
      progress(done, step.statement.object.name)
      const finding = await createView(connection, { ...request, ...step, comparing })
      if (finding !== null) context.emit({ type: 'finding', finding })
      progress(++done, step.statement.object.name)
    }
  } finally {
    await comparing.end()
  }
  return true
}

/** Throws unless the tables are those that the run created, and run no code of another role. */
export async function refuseStrange(
  session: Connection,
  { plan, created }: Pick<FinishRequest, 'plan' | 'created'>,
  tables: readonly TableName[] = plan.schema.tables,
): Promise<void> {
  const names = new Set(tables.map(quoteTable))
  const isAmong = (table: TableName): boolean => names.has(quoteTable(table))
  await refuseForeignTarget(session, plan.schema.tables.filter(isAmong))
  await refuseReplaced(session, created.filter(isAmong))
}

/** For a foreign key that only references to rows in quarantine break: adds it for new rows. Returns null when other rows break it. */
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
  const parents = formatCounted(waiting.parents, 'row')
  return {
    severity: 'warning',
    code: 'reference-to-quarantine',
    message: `${formatCounted(waiting.rows, 'row')} of ${child} ${waiting.rows === 1 ? 'refers' : 'refer'} in ${columns.join(', ')} to ${parents} of ${references.schema}.${references.table} in quarantine. The references are kept, and the foreign key ${object.name} holds for new rows only.`,
    hint: `gpt-migrate rejects retry, which loads them, validates it; where they come otherwise: ${sql.replaceAll(/\s+/g, ' ')}`,
    count: waiting.rows,
  }
}

/** The finding for a constraint that existing rows break. The rows stay, and verification reports the constraint as missing. */
function refusedConstraint({ object, table }: Statement, error: Error): Finding {
  const where = table === null ? '' : ` of ${table.schema}.${table.table}`
  return {
    severity: 'warning',
    code: 'constraint-refused',
    message: `The ${object.kind} ${object.name}${where} could not be made, because of the rows that are there: ${error.message}`,
    hint: 'Correct the rows and run the statement of the plan (gpt-migrate plan --sql) by hand.',
  }
}

function hasExpressions({ indexes }: TargetTable): boolean {
  return indexes.some(({ parts }) => parts.some((part) => 'expression' in part))
}

export function isIndexing({ object }: Statement): boolean {
  return ['primary-key', 'unique', 'index'].includes(object.kind)
}

function isValidation({ object }: Statement): boolean {
  return ['check-validation', 'foreign-key-validation'].includes(object.kind)
}

function isView({ object }: Statement): boolean {
  return object.kind === 'view'
}

/** Whether several sessions are worth opening: validating one group costs about as much as reading ten thousand rows. */
function isWorthSessions(
  validating: readonly StepGroup[],
  rowsOf: (statement: Statement) => number,
): boolean {
  const cost = validating.reduce((sum, { statement }) => sum + 10_000 + rowsOf(statement), 0)
  return cost > 200_000
}
