/**
 * Copies tables again while the others are followed: their columns changed in the source, they are new, or another program has written to
 * them in the target. Invariant: one transaction replaces the rows with those of the state from which the next round starts, and updates
 * the plan in the journal.
 */

import { now, type RunContext } from '../../events/run-context.ts'
import { Follower, type FollowWork } from '../../follow/follower.ts'
import { DeltaApplier } from '../../follow/round/apply-delta.ts'
import { loadTable } from '../../follow/round/reload-table.ts'
import { holdFollow } from '../../journal/follow.ts'
import { showPass } from '../../journal/forward.ts'
import { forgetEntries, replacePlan } from '../../journal/journal.ts'
import { MigrateError } from '../../model/errors.ts'
import { formatCounted } from '../../model/format-count.ts'
import type { CreatedObject } from '../../model/journal.ts'
import { nearest } from '../../model/nearest.ts'
import { copyPlanOf, type Plan, type TablePlan, targetTableOf } from '../../model/plan.ts'
import { planHash } from '../../plan/base/plan-hash.ts'
import { writeDdl } from '../../plan/ddl/ddl.ts'
import { entryTables } from '../../rows/sum-entries.ts'
import { comparedTableOf } from '../../rows/sum-rows.ts'
import { findOrphans, orphanTestsOf } from '../../source/staging/orphans.ts'
import { buildStaging, needsStaging } from '../../source/staging/staging.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'
import { type Connection, connect } from '../../target/connection/connection.ts'
import { readObjectIds } from '../../target/guards/created-tables.ts'
import { holdTrustedTable } from '../../target/guards/foreign-names.ts'
import { tableExists } from '../rollback/created-objects.ts'
import { isChosen, type Next, planAgain } from './resync-plan.ts'
import { takeOverRows } from './take-over-rows.ts'

/** `names`: tables as `database/table` or `table`, or `*`. Throws, without changing anything, when one of them cannot be copied again. */
export async function resync(work: FollowWork, names: readonly string[], context: RunContext): Promise<void> {
  const follower = await openPaused(work, names, context)
  const connection = await connect(work.address)
  try {
    if (work.pass !== null) await showPass(connection, work.pass)
    const chosen = chooseTables(
      work.plan,
      names,
      follower.states.problems().map(({ tableId }) => tableId),
    )
    const hasOtherColumns = follower.states
      .problems()
      .some((problem) => problem.hasOtherColumns && chosen.has(problem.tableId))
    const states = follower.states.snapshots()
    const next: Next = hasOtherColumns ? await planAgain(connection, work, states, chosen) : work
    const { plan } = next
    const tables = plan.tables.filter((table) => isChosen(table, chosen))
    const filled = tables.filter((table) => targetTableOf(plan, copyPlanOf(table).target).existing)
    refuseFilled(plan, filled, hasOtherColumns)
    const made = tables.filter((table) => !filled.includes(table))
    const staging = needsStaging(plan) ? follower.shadows.stagingFile('old') : null
    if (staging !== null) buildStaging(plan, states, staging)
    const orphans = findOrphans(plan, states)
    const rows = new Map<string, number>()
    let changed: ReadonlyMap<string, number> = new Map()
    await connection.transaction(
      async () => {
        await holdFollow(connection, { run: work.run, epoch: follower.epoch })
        const created = await emptyTables(connection, work.plan, plan, made)
        const isFilled = (id: string): boolean =>
          filled.some((table) => entryTables(table.id, copyPlanOf(table)).includes(id))
        await forgetEntries(
          connection,
          work.run,
          [...chosen].filter((id) => !isFilled(id)),
        )
        if (hasOtherColumns || created.length > 0) {
          const record = { ...next, planHash: planHash(plan) }
          await replacePlan(connection, work.run, record, created)
        }
        const applier = new DeltaApplier(connection, work.run, plan)
        await applier.prepare()
        for (const table of made) {
          const encoded = comparedTableOf(plan, table, orphanTestsOf(orphans, table))
          rows.set(table.id, await loadTable(applier, table, encoded, states, staging))
        }
        if (filled.length > 0) {
          const record = { run: work.run, plan, snapshots: states }
          const isFilledTable = (table: TablePlan): boolean => filled.includes(table)
          changed = await takeOverRows(connection, applier, record, follower.shadows.scratch, isFilledTable)
        }
      },
      { durably: true },
    )
    follower.states.followAgain(chosen)
    const report = (tableId: string, what: string, count: number): void => {
      const message = `${tableId} ${what}: ${formatCounted(count, 'row')}.`
      const finding = { severity: 'notice', code: 'table-resynced', message, tableId } as const
      context.emit({ type: 'finding', finding })
    }
    for (const [tableId, count] of rows) report(tableId, 'was copied again', count)
    for (const [tableId, count] of changed)
      report(tableId, 'was compared, and put right where it differed', count)
  } finally {
    await connection.end()
    await follower.close()
  }
}

/** Opens a follower with the named tables paused and applies rounds until the sources are at one state. */
async function openPaused(
  work: FollowWork,
  names: readonly string[],
  context: RunContext,
): Promise<Follower> {
  const paused = new Set(
    work.plan.tables.flatMap(({ id }) => (names.some((name) => isNamed(id, name)) ? [id] : [])),
  )
  const follower = new Follower({ ...work, paused, copiesAllAgain: names.includes(ALL) }, context.emit)
  try {
    await follower.open()
    for (;;) {
      const outcome = await follower.takeRound()
      follower.settle()
      if (outcome.kind !== 'later') return follower
      context.emit({ type: 'follow-waiting', reason: outcome.reason, attempt: 1, at: now() })
      if (!(await context.control.mayContinue())) throw stopped()
      await context.control.wait(WAIT_MS)
    }
  } catch (error) {
    await follower.close()
    throw error
  }
}

const WAIT_MS = 1_000

/** All tables; also when the target does not match our files, for example after it was restored from a backup. */
const ALL = '*'

const isNamed = (id: string, name: string): boolean =>
  name === ALL || id === name || id.slice(id.lastIndexOf('/') + 1) === name

/** Returns the ids of the named tables, of the tables folded into them, and of those that they are folded into. */
function chooseTables(
  plan: Plan,
  names: readonly string[],
  problems: readonly string[],
): ReadonlySet<string> {
  const known = [
    ...plan.tables.filter(({ fate }) => fate.kind !== 'exclude').map(({ id }) => id),
    ...problems,
  ]
  const chosen = new Set<string>()
  for (const name of names) {
    const found = known.filter((id) => isNamed(id, name))
    if (found.length === 0) throw unknownTable(name, known)
    for (const id of found) chosen.add(id)
  }
  for (const { id, fate } of plan.tables) {
    if (fate.kind !== 'copy') continue
    const family = [id, ...fate.copy.folds.map(({ tableId }) => tableId)]
    if (family.some((one) => chosen.has(one))) for (const one of family) chosen.add(one)
  }
  return chosen
}

/** Truncates tables whose columns are unchanged and recreates the others. Returns the created tables. */
async function emptyTables(
  connection: Connection,
  before: Plan,
  plan: Plan,
  tables: readonly TablePlan[],
): Promise<readonly CreatedObject[]> {
  const created: CreatedObject[] = []
  for (const table of tables) {
    const { target: name } = copyPlanOf(table)
    const target = targetTableOf(plan, name)
    const exists = await tableExists(connection, name)
    if (exists && before.schema.tables.includes(target)) {
      await holdTrustedTable(connection, name)
      await connection.execute(`truncate table ${quoteTable(name)}`)
      continue
    }
    if (exists) await connection.execute(`drop table ${quoteTable(name)}`)
    const { beforeLoad, afterLoad } = writeDdl(
      { extensions: [], schemas: [target.schema], tables: [target] },
      connection.major,
    )
    for (const { sql, object } of [...beforeLoad, ...afterLoad]) {
      // Foreign keys are added at the cut-over.
      if (!object.kind.startsWith('foreign-key')) await connection.execute(sql)
    }
    const [oid] = await readObjectIds(connection, [name])
    created.push({ kind: 'table', schema: name.schema, name: name.table, ...(oid == null ? {} : { oid }) })
  }
  return created
}

/** Refuses existing tables whose columns changed or that held earlier rows: their rows cannot be replaced, as others may depend on them. */
function refuseFilled(plan: Plan, filled: readonly TablePlan[], hasOtherColumns: boolean): void {
  const [unfit] = filled.filter((table) => hasOtherColumns || copyPlanOf(table).among?.kind === 'earlier')
  if (unfit === undefined) return
  const { schema, table } = targetTableOf(plan, copyPlanOf(unfit).target)
  throw new MigrateError(
    'target',
    'resync-existing',
    `${schema}.${table} was there before the run, ${hasOtherColumns ? 'and the columns in the source are others now: it is yours to change' : 'with rows of its own: which of them the run has brought can no longer be told for sure'}.`,
    { hint: 'Move it again: gpt-migrate rollback, then the run again with --follow.' },
  )
}

function unknownTable(name: string, known: readonly string[]): MigrateError {
  const close = nearest(
    name,
    known.flatMap((id) => [id, id.slice(id.lastIndexOf('/') + 1)]),
  )
  return new MigrateError('usage', 'no-such-table', `The run has no table ${JSON.stringify(name)}.`, {
    hint: close === null ? `Its tables: ${known.join(', ')}.` : `Did you mean ${close}?`,
  })
}

function stopped(): MigrateError {
  return new MigrateError('copy', 'resync-stopped', 'It was stopped before a table was copied again.', {
    hint: 'Run the same command again.',
  })
}
