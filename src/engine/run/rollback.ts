/**
 * Takes a run back. Invariant: one transaction removes what the run created together with the run's own journal rows, and never
 * anything that the run didn't create.
 */
import { dropJournal, hasJournal, listRuns, readBlocks, readRun, removeRun } from '../journal/journal.ts'
import { MigrateError } from '../model/errors.ts'
import type { BlockRecord, CreatedObject, RunRecord } from '../model/journal.ts'
import type { TableName } from '../model/target-schema.ts'
import { quoteIdentifier, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection.ts'
import { createdTables, refuseForeignObjects, refuseReplaced } from '../target/ownership.ts'
import { TargetError } from '../target/pg-errors.ts'
import { lockTarget, unlockTarget } from '../target/run-lock.ts'

/** A table that is no longer as the run left it, and how, in a sentence. */
export type TargetChange = { readonly table: TableName; readonly detail: string }

/** Looks for changes since the run, inside the rollback's transaction, with all its tables locked. */
export type FindChanges = (
  connection: Connection,
  record: RunRecord,
  blocks: readonly BlockRecord[],
) => Promise<readonly TargetChange[]>

export type RolledBack = {
  readonly removed: readonly CreatedObject[]
  /** What the run created and others now use: left where it is, with the reason. */
  readonly kept: readonly { readonly object: CreatedObject; readonly reason: string }[]
}

/**
 * Rolls the run back. Refuses with `target-changed` when rows changed since, unless `force`; with `others-depend` when objects
 * of others depend on the run's tables; with `no-such-run`; with `another-run`.
 */
export async function rollBackRun(
  connection: Connection,
  run: string,
  options: { readonly force?: boolean; readonly findChanges?: FindChanges } = {},
): Promise<RolledBack> {
  await lockTarget(connection)
  try {
    return await connection.transaction(() => rollBack(connection, run, options))
  } finally {
    if (connection.lost === null) await unlockTarget(connection).catch(() => undefined)
  }
}

async function rollBack(
  connection: Connection,
  run: string,
  options: { readonly force?: boolean; readonly findChanges?: FindChanges },
): Promise<RolledBack> {
  const record = (await hasJournal(connection)) ? await readRun(connection, run) : null
  if (record === null) {
    throw new MigrateError('target', 'no-such-run', `The journal has no run "${run}".`, {
      hint: 'gpt-migrate status lists the runs.',
    })
  }
  const filled = record.plan.schema.tables.filter((table) => table.existing)
  if (filled.length > 0 && options.force !== true) {
    throw new MigrateError(
      'target',
      'rollback-existing-tables',
      `The run added rows to tables that were there before it: ${filled.map(quoteTable).join(', ')}.`,
      { hint: 'Rollback only removes what the run created; those rows would stay.' },
    )
  }
  const created = await existingObjects(connection, record.created)
  const tables = created.filter((object) => object.kind === 'table').map(toTable)
  if (tables.length > 0) {
    await refuseForeignObjects(connection, tables)
    await connection.execute(`lock table ${tables.map(quoteTable).join(', ')} in access exclusive mode`)
    await refuseForeignObjects(connection, tables)
    await refuseReplaced(connection, createdTables(created))
  }
  if (options.force !== true) {
    const findChanges = options.findChanges ?? findRowChanges
    const changes = await findChanges(connection, record, await readBlocks(connection, run))
    if (changes.length > 0) throw changed(changes)
  }
  const removed: CreatedObject[] = []
  // Views read tables, and go before them.
  for (const kind of ['view', 'table'] as const) {
    const objects = created.filter((object) => object.kind === kind)
    if (objects.length === 0) continue
    const names = objects.map((object) => quoteTable(toTable(object)))
    await dropOrRefuse(connection, `drop ${kind} ${names.join(', ')} restrict`)
    removed.push(...objects)
  }
  const kept: { object: CreatedObject; reason: string }[] = []
  for (const object of created.filter((one) => one.kind === 'type')) {
    await dropOrRefuse(connection, `drop type ${quoteTable(toTable(object))} restrict`)
    removed.push(object)
  }
  // Extensions may lie in a schema of the run, so they go first.
  for (const kind of ['extension', 'schema'] as const) {
    for (const object of created.filter((one) => one.kind === kind)) {
      const reason = await dropOrKeep(connection, `drop ${kind} ${quoteIdentifier(object.name)} restrict`)
      if (reason === null) removed.push(object)
      else kept.push({ object, reason })
    }
  }
  await removeRun(connection, run)
  if ((await listRuns(connection)).length === 0) await dropJournal(connection)
  return { removed, kept }
}

/**
 * Compares the count of every table's rows with the journal's, and who wrote them: a transaction that writes rows of the run signs
 * in the journal, so a row of any other (`xmin`, manual section 5.6) was added or changed since.
 */
export const findRowChanges: FindChanges = async (connection, record, blocks) => {
  const expected = new Map<string, number>()
  for (const table of record.plan.tables) {
    if (table.fate.kind !== 'copy') continue
    const name = quoteTable(table.fate.copy.target)
    const rows = blocks
      .filter(({ block }) => block.tableId === table.id)
      .reduce((sum, { outcome }) => sum + (outcome?.targetRows ?? 0), 0)
    expected.set(name, (expected.get(name) ?? 0) + rows)
  }
  const changes: TargetChange[] = []
  for (const { schema, table, existing } of record.plan.schema.tables) {
    if (existing || !(await tableExists(connection, { schema, table }))) continue
    const name = quoteTable({ schema, table })
    const wanted = expected.get(name) ?? 0
    const { found, foreign } = await connection.queryOne<{ found: number; foreign: number }>(
      `select count(*)::float8 as found,
              (count(*) filter (where r.xmin::text not in (select w.xmin::text from gpt_migrate.writer w where w.run = $1)))::float8 as "foreign"
         from ${name} r`,
      [record.run],
    )
    const detail =
      found !== wanted
        ? `${name} has ${found} rows, and the run left ${wanted}`
        : foreign > 0
          ? `${foreign} rows of ${name} were written since`
          : null
    if (detail !== null) changes.push({ table: { schema, table }, detail })
  }
  return changes
}

function changed(changes: readonly TargetChange[]): MigrateError {
  const shown = changes.slice(0, 5).map((change) => change.detail)
  const more = changes.length > shown.length ? `; and ${changes.length - shown.length} more tables` : ''
  return new MigrateError(
    'target',
    'target-changed',
    `The target was changed since the run: ${shown.join('; ')}${more}.`,
    {
      hint: 'Rolling back would remove those changes too: export them first, or confirm with --force and the name of the database.',
    },
  )
}

/** Those of the objects that are still there. */
async function existingObjects(
  connection: Connection,
  objects: readonly CreatedObject[],
): Promise<readonly CreatedObject[]> {
  const { rows } = await connection.query<{ position: number }>(
    `select o.position::integer as position
       from unnest($1::text[], $2::text[], $3::text[]) with ordinality as o (kind, schema, name, position)
      where case o.kind
              when 'schema' then exists (select from pg_namespace n where n.nspname = o.name)
              when 'extension' then exists (select from pg_extension e where e.extname = o.name)
              when 'type' then exists (select from pg_type t join pg_namespace n on n.oid = t.typnamespace
                                        where n.nspname = o.schema and t.typname = o.name)
              else exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                            where n.nspname = o.schema and c.relname = o.name
                              and case o.kind when 'view' then c.relkind = 'v' else c.relkind in ('r', 'p') end)
            end
      order by o.position`,
    [
      objects.map((object) => object.kind),
      objects.map((object) => object.schema),
      objects.map((object) => object.name),
    ],
  )
  return rows.map((row) => objects[row.position - 1]!)
}

async function tableExists(connection: Connection, name: TableName): Promise<boolean> {
  const found = await existingObjects(connection, [{ kind: 'table', schema: name.schema, name: name.table }])
  return found.length === 1
}

function toTable(object: CreatedObject): TableName {
  return { schema: object.schema ?? '', table: object.name }
}

const DEPENDENT_OBJECTS_STILL_EXIST = '2BP01'

async function dropOrRefuse(connection: Connection, sql: string): Promise<void> {
  try {
    await connection.execute(sql)
  } catch (error) {
    if (!(error instanceof TargetError) || error.sqlstate !== DEPENDENT_OBJECTS_STILL_EXIST) throw error
    throw new MigrateError(
      'target',
      'others-depend',
      `Objects that the run did not create depend on what it created: ${oneLine(error.detail)}.`,
      {
        hint: 'Drop or change them first; rollback never removes what the run did not create.',
        cause: error,
      },
    )
  }
}

/** Null when it was dropped, else why it wasn't. */
async function dropOrKeep(connection: Connection, sql: string): Promise<string | null> {
  await connection.execute('savepoint before_drop')
  try {
    await connection.execute(sql)
    await connection.execute('release savepoint before_drop')
    return null
  } catch (error) {
    if (!(error instanceof TargetError) || error.sqlstate !== DEPENDENT_OBJECTS_STILL_EXIST) throw error
    await connection.execute('rollback to savepoint before_drop')
    return oneLine(error.detail)
  }
}

function oneLine(detail: string | null): string {
  return (detail ?? 'others use it').trim().split('\n').join('; ')
}
