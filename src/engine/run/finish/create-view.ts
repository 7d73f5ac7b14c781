/**
 * Creates a view and proves it. Invariant: a view that exists has the rows that SQLite returns for it, or a finding says why they could
 * not be compared; a view with other rows, or one that the server refuses, does not exist, and a finding says so.
 */

import { quarantinedTables } from '../../journal/entries.ts'
import { recordCreated, recordStep } from '../../journal/journal.ts'
import type { Finding } from '../../model/finding.ts'
import type { TargetView } from '../../model/target-schema.ts'
import type { Statement } from '../../plan/ddl/ddl-statement.ts'
import { OpenSnapshot } from '../../source/base/open-snapshot.ts'
import { openReadOnly } from '../../source/base/sqlite.ts'
import { isSqliteError } from '../../source/base/sqlite-errors.ts'
import { QueryTrials } from '../../source/base/trial-query.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { TargetError } from '../../target/connection/pg-errors.ts'
import { compareView } from '../../verify/compare-view.ts'
import type { Prepared } from '../prepare/prepare.ts'

type ViewStep = Pick<Prepared, 'run' | 'plan' | 'snapshots' | 'orphans'> & {
  readonly statement: Statement
  readonly number: number
  readonly comparing: ViewComparing
}

/** What the comparisons of a run's views share: the process for trials, the open snapshot, and the time that is left for all views. */
export class ViewComparing {
  readonly trials = new QueryTrials(PATIENCE_SECONDS * 1000)
  readonly snapshot: OpenSnapshot = new OpenSnapshot((file) => openReadOnly(file, { immutable: true }))
  #spentMs = 0

  get isOver(): boolean {
    return this.#spentMs > PATIENCE_IN_ALL_MINUTES * 60_000
  }

  async timed<T>(work: () => Promise<T>): Promise<T> {
    const began = performance.now()
    try {
      return await work()
    } finally {
      this.#spentMs += performance.now() - began
    }
  }

  async end(): Promise<void> {
    this.snapshot.close()
    await this.trials.end()
  }
}

/** The longest time that one view may take to be compared. */
const PATIENCE_SECONDS = 60
const PATIENCE = `${PATIENCE_SECONDS}s`
/** After this much time for all views, the rest are created without being compared. */
const PATIENCE_IN_ALL_MINUTES = 10
const QUERY_CANCELED = '57014'

/** Returns a finding when the view was not created, or not compared; null otherwise. */
export async function createView(session: Connection, step: ViewStep): Promise<Finding | null> {
  const { plan, statement } = step
  const view = plan.schema.views!.find(
    ({ schema, view: name }) => schema === statement.object.schema && name === statement.object.name,
  )!
  let outcome: Outcome
  try {
    outcome = await step.comparing.timed(() => session.transaction(() => createAndProve(session, step, view)))
  } catch (error) {
    if (error instanceof Unproved) outcome = { exists: false, detail: error.message }
    else if (error instanceof TargetError && isOwnFault(error)) {
      outcome = { exists: false, detail: error.message.replace(/\.$/, '') }
    } else throw error
    await recordStep(session, step.run, step.number)
  }
  return findingOf(view, outcome)
}

type Outcome = { readonly exists: boolean; readonly detail: string | null }

class Unproved extends Error {}

async function createAndProve(session: Connection, step: ViewStep, view: TargetView): Promise<Outcome> {
  await session.query(step.statement.sql)
  await recordCreated(session, step.run, [{ kind: 'view', schema: view.schema, name: view.view }])
  await recordStep(session, step.run, step.number)
  const against = await reasonAgainstComparing(session, step, view)
  if (against !== null) return { exists: true, detail: against }
  if (step.comparing.isOver) {
    const detail = `the views before it took more than ${PATIENCE_IN_ALL_MINUTES} minutes`
    return { exists: true, detail }
  }
  const snapshot = step.snapshots.find(({ database }) => database === view.database)!
  const trial = await step.comparing.trials.try({
    file: snapshot.file,
    sql: `select * from ${quoteSqlite(view.source)}`,
  })
  if (trial.kind === 'failed') throw new Unproved(`SQLite cannot run it: ${trial.message}`)
  if (trial.kind === 'unbounded')
    return {
      exists: true,
      detail: `in SQLite it takes longer than ${PATIENCE_SECONDS} s, or more memory than it may`,
    }
  const db = step.comparing.snapshot.at(snapshot.file)
  await session.execute(`savepoint before_comparing; set local statement_timeout = '${PATIENCE}'`)
  try {
    let difference = await compareView(session, view, db)
    // A view of the clock may differ because time passed between the two readings.
    for (let again = 1; difference !== null && readsClock(view) && again < CLOCK_READINGS; again++) {
      difference = await compareView(session, view, db)
    }
    if (difference !== null) throw new Unproved(difference)
    await session.execute('set local statement_timeout = 0')
    return { exists: true, detail: null }
  } catch (error) {
    if (isSqliteError(error)) throw new Unproved(`SQLite cannot run it: ${error.message}`)
    if (!(error instanceof TargetError) || error.sqlstate !== QUERY_CANCELED) throw error
    await session.execute('rollback to savepoint before_comparing')
    return { exists: true, detail: `it takes longer than ${PATIENCE}` }
  }
}

const CLOCK_READINGS = 4

function readsClock({ query }: TargetView): boolean {
  return query.includes('statement_timestamp()')
}

/** Returns why the view cannot be compared, or null: its tables have rows in quarantine, or orphaned references set to null. */
async function reasonAgainstComparing(
  session: Connection,
  { run, plan, orphans }: ViewStep,
  { tables }: TargetView,
): Promise<string | null> {
  const quarantined = await quarantinedTables(session, run)
  const incomplete = tables.find((id) => quarantined.has(id))
  if (incomplete !== undefined) return `rows of ${incomplete} are in quarantine`
  const cut = tables.find((id) => {
    const fate = plan.tables.find((table) => table.id === id)?.fate
    return (
      fate?.kind === 'copy' &&
      fate.copy.references.some(
        ({ onOrphan }, reference) =>
          onOrphan === 'null-reference' &&
          orphans.some((set) => set.tableId === id && set.reference === reference && set.ids.length > 0),
      )
    )
  })
  return cut === undefined ? null : `references of ${cut} to rows that are not there are null now`
}

/** Whether the view itself is at fault, not the connection or the server's state. */
function isOwnFault({ sqlstate }: TargetError): boolean {
  return sqlstate !== null && /^(?:0A|21|22|42|54)/.test(sqlstate)
}

function findingOf(view: TargetView, { exists, detail }: Outcome): Finding | null {
  if (detail === null) return null
  const name = `${view.schema}.${view.view}`
  const where = { database: view.database, table: view.source }
  return exists
    ? {
        severity: 'notice',
        code: 'view-not-compared',
        message: `The view ${name} is there, but its rows were not compared with SQLite's: ${detail}.`,
        ...where,
      }
    : {
        severity: 'warning',
        code: 'view-not-created',
        message: `The view ${JSON.stringify(view.source)} is not created: ${detail}.`,
        hint: 'Rewrite it for PostgreSQL by hand.',
        ...where,
        samples: [{ key: 'SQL', value: view.query }],
      }
}
