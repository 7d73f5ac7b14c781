/**
 * Begins a run in the target: the journal, everything that the plan creates before the load, and the list of blocks. Invariant: a target holds
 * either all of this or none of it, except that on Citus empty schemas and extensions may remain. One transaction creates it; of more tables
 * than the server has locks for, each transaction creates some and records them, and the same command continues an interrupted run there.
 */

import { planBlocks } from '../../journal/blocks.ts'
import { beginRun, recordCreated, setStatus } from '../../journal/journal.ts'
import { recordEarlier } from '../../journal/row-owners.ts'
import { createJournal } from '../../journal/schema.ts'
import type { Block } from '../../model/block.ts'
import type { CreatedObject, RunRecord } from '../../model/journal.ts'
import type { Statement } from '../../plan/ddl/ddl-statement.ts'
import { locksOf } from '../../plan/ddl/locks.ts'
import { firstDistributed } from '../../plan/distribution/table-facts.ts'
import { quoteIdentifier, quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { groupByLocks, readLockRoom } from '../../target/connection/lock-room.ts'
import { changeShardsInTurn } from '../../target/extensions/citus.ts'
import { createdTables, readObjectIds } from '../../target/guards/created-tables.ts'
import { refuseForeignTarget, refuseOtherTimescale } from '../../target/guards/foreign-names.ts'
import { isSuperuser } from '../../target/guards/ownership.ts'
import { refuseOccupied } from '../connect/occupied-target.ts'
import { prepareExisting } from '../prepare/prepare-existing.ts'
import { rollBackRun } from '../rollback/rollback.ts'

export async function createTarget(
  connection: Connection,
  record: RunRecord,
  blocks: readonly Block[],
  beforeLoad: readonly Statement[],
  progress: (done: number, detail: string | null) => void,
  truncate: string | null,
): Promise<void> {
  const { tables } = record.plan.schema
  await refuseOccupied(connection, record.plan)
  await refuseForeignTarget(connection, tables)
  for (const { hypertable } of tables)
    if (hypertable !== undefined) await refuseOtherTimescale(connection, hypertable.extensionSchema)
  const isDistributed = firstDistributed(record.plan) !== null
  const early = isDistributed ? await createEarly(connection, beforeLoad) : []
  const [first = [], ...others] = isDistributed
    ? [beforeLoad]
    : await inTransactions(connection, record.plan, beforeLoad)
  try {
    await connection.transaction(async () => {
      if (isDistributed) await changeShardsInTurn(connection)
      const earlier = await prepareExisting(connection, record.plan, truncate)
      const made = await executeAll(connection, first, isDistributed, progress)
      const created = await withObjectIds(connection, [...early, ...made])
      await createJournal(connection)
      await beginRun(connection, { ...record, created, status: others.length > 0 ? 'creating' : 'copying' })
      await recordEarlier(connection, record.run, earlier)
      await planBlocks(connection, record.run, blocks)
    })
  } catch (error) {
    for (const { kind, name } of early) {
      // Without `cascade`: an object that another program has begun to use stays.
      await connection.query(`drop ${kind} ${quoteIdentifier(name)}`).catch(() => undefined)
    }
    throw error
  }
  if (others.length > 0) await createOthers(connection, record.run, others, first.length, progress)
}

/** Continues a run that was interrupted while its tables were created. */
export async function continueCreating(
  connection: Connection,
  { run, plan, created }: RunRecord,
  beforeLoad: readonly Statement[],
  progress: (done: number, detail: string | null) => void,
): Promise<void> {
  const there = new Set(createdTables(created).map(quoteTable))
  const missing = beforeLoad.filter(({ table }) => table !== null && !there.has(quoteTable(table)))
  const transactions = await inTransactions(connection, plan, missing)
  await createOthers(connection, run, transactions, beforeLoad.length - missing.length, progress)
}

/** Creates the rest of the tables. When that fails and the server still answers, removes all that the run created. */
async function createOthers(
  connection: Connection,
  run: string,
  transactions: readonly (readonly Statement[])[],
  before: number,
  progress: (done: number, detail: string | null) => void,
): Promise<void> {
  let done = before
  try {
    for (const statements of transactions) {
      await connection.transaction(async () => {
        const made = await executeAll(connection, statements, false, (now, detail) =>
          progress(done + now, detail),
        )
        await recordCreated(connection, run, await withObjectIds(connection, made))
      })
      done += statements.length
    }
    await setStatus(connection, run, 'copying')
  } catch (error) {
    // What could not be removed, or has rows of others by now, is continued or rolled back by the next command.
    if (connection.lost === null) await rollBackRun(connection, run).catch(() => undefined)
    throw error
  }
}

/** Divides the statements into transactions for which the server has the locks, whole tables to each. */
async function inTransactions(
  connection: Connection,
  { schema }: RunRecord['plan'],
  statements: readonly Statement[],
): Promise<readonly (readonly Statement[])[]> {
  const tables = new Map(schema.tables.map((table) => [quoteTable(table), table]))
  const byTable = Map.groupBy(statements, ({ table }) => (table === null ? null : quoteTable(table)))
  const groups = groupByLocks(
    [...byTable],
    ([name]) => (name === null ? 0 : locksOf(tables.get(name)!)),
    await readLockRoom(connection),
  )
  return groups.map((group) => group.flatMap(([, own]) => own))
}

/** Executes the statements in the caller's transaction. Returns the objects that they created. */
async function executeAll(
  connection: Connection,
  statements: readonly Statement[],
  isDistributed: boolean,
  progress: (done: number, detail: string | null) => void,
): Promise<readonly CreatedObject[]> {
  const created: CreatedObject[] = []
  let done = 0
  for (const group of inGroups(statements, isDistributed)) {
    created.push(...(await execute(connection, group)))
    done += group.length
    progress(done, group.at(-1)!.object.name)
  }
  return created
}

/**
 * Creates new schemas and extensions in a transaction of their own when the role is no superuser: Citus then sends sequences to its nodes in
 * sessions of its own, which do not see the objects of an open transaction.
 */
async function createEarly(
  connection: Connection,
  statements: readonly Statement[],
): Promise<readonly CreatedObject[]> {
  if (await isSuperuser(connection)) return []
  return connection.transaction(async () => {
    const created: CreatedObject[] = []
    for (const statement of statements) {
      if (mayBeThere(statement)) created.push(...(await execute(connection, [statement])))
    }
    return created
  })
}

/** Adds the object ids of the created tables, which are locked until the transaction ends. */
async function withObjectIds(
  connection: Connection,
  created: readonly CreatedObject[],
): Promise<readonly CreatedObject[]> {
  const tables = createdTables(created)
  const oids = await readObjectIds(connection, tables)
  const oidOf = new Map(tables.map((table, index) => [quoteTable(table), oids[index] ?? null]))
  return created.map((object) => {
    const oid = object.kind === 'table' ? oidOf.get(quoteTable(createdTables([object])[0]!)) : null
    return oid == null ? object : { ...object, oid }
  })
}

const STATEMENTS_AT_ONCE = 100

/**
 * Groups neighbours that are sent to the server together. A schema or extension stays alone, since it may exist already; on Citus every
 * statement does, because the nodes take one statement at a time of a client's string.
 */
function inGroups(
  statements: readonly Statement[],
  isDistributed: boolean,
): readonly (readonly Statement[])[] {
  const groups: Statement[][] = []
  for (const statement of statements) {
    const last = groups.at(-1)
    const isAlone = isDistributed || last === undefined || [statement, last[0]!].some(mayBeThere)
    if (isAlone || last.length === STATEMENTS_AT_ONCE) groups.push([statement])
    else last.push(statement)
  }
  return groups
}

function mayBeThere({ object }: Statement): boolean {
  return object.kind === 'schema' || object.kind === 'extension'
}

/** Executes the statements of a group. Returns the objects that they created, without those that existed before. */
async function execute(
  connection: Connection,
  statements: readonly Statement[],
): Promise<readonly CreatedObject[]> {
  const [first] = statements
  // Checked first: `create … if not exists` demands rights even when the object exists, and Citus sends it to its nodes.
  if (first !== undefined && mayBeThere(first) && (await exists(connection, first.object))) return []
  await connection.execute(statements.map(({ sql }) => sql).join(';\n'))
  return statements.flatMap(({ object: { kind, schema, name } }) =>
    kind === 'schema' || kind === 'extension' || kind === 'table' ? [{ kind, schema, name }] : [],
  )
}

async function exists(connection: Connection, object: Statement['object']): Promise<boolean> {
  const sql =
    object.kind === 'schema'
      ? 'select 1 from pg_namespace where nspname = $1'
      : 'select 1 from pg_extension where extname = $1'
  const { rows } = await connection.query(sql, [object.name])
  return rows.length > 0
}
