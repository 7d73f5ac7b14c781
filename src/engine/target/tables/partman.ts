/**
 * Hands a table's monthly partitions over to pg_partman, versions 4 and 5 (https://github.com/pgpartman/pg_partman). Invariant: it happens
 * in one transaction, so that pg_partman manages the table or the table is unchanged; no row is lost to a new default partition.
 */
import { MigrateError } from '../../model/errors.ts'
import type { TableName } from '../../model/target-schema.ts'
import { quoteIdentifier, quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../connection/connection.ts'
import { refuseForeignNames } from '../guards/foreign-names.ts'
import {
  type MonthPartitions,
  partmanName,
  readMonthPartitions,
  withLockRetries,
} from './month-partitions.ts'

/** Renames partitions that pg_partman would not recognise where it manages the table already. Throws `partman-missing`. */
export async function handToPartman(
  connection: Connection,
  { table, column }: Pick<MonthPartitions, 'table' | 'column'>,
  ahead: number,
  onRetry: (attempt: number) => void,
): Promise<void> {
  const { schema, major } = await partmanOf(connection)
  const named = configuredName(table)
  const { rows } = await connection.query(`select from ${schema}.part_config where parent_table = $1`, [
    named,
  ])
  await withLockRetries(
    connection,
    async () => {
      const partitions = (await readMonthPartitions(connection, table))!
      await renameAsPartmanDoes(connection, partitions, major)
      if (rows.length > 0) return
      if (major < 5) await createWithOwnDefault(connection, partitions, { schema, named, ahead })
      else {
        await connection.query(
          `select ${schema}.create_parent(p_parent_table := $1, p_control := $2, p_interval := '1 month', p_premake := $3,
             p_default_table := false, p_jobmon := false)`,
          [named, column, ahead],
        )
      }
      // Otherwise pg_partman makes no more partitions once no new rows arrive.
      await connection.query(
        `update ${schema}.part_config set infinite_time_partitions = true where parent_table = $1`,
        [named],
      )
    },
    onRetry,
  )
}

async function partmanOf(
  connection: Connection,
): Promise<{ readonly schema: string; readonly major: number }> {
  const { rows } = await connection.query<{ schema: string; version: string }>(
    `select n.nspname as schema, e.extversion as version
       from pg_extension e join pg_namespace n on n.oid = e.extnamespace
      where e.extname = 'pg_partman'`,
  )
  const [found] = rows
  if (found === undefined) {
    throw new MigrateError('target', 'partman-missing', 'The extension pg_partman is not in this database.', {
      hint: 'Create it (create schema partman; create extension pg_partman schema partman), or leave --partman out.',
    })
  }
  await refuseForeignNames(connection, [found.schema])
  return { schema: quoteIdentifier(found.schema), major: Number.parseInt(found.version, 10) }
}

/** pg_partman recognises partitions by their names. */
async function renameAsPartmanDoes(
  connection: Connection,
  { table, partitions }: MonthPartitions,
  major: number,
): Promise<void> {
  for (const { name, month } of partitions) {
    const wanted = partmanName(table.table, month, major)
    if (name === wanted) continue
    const old = quoteTable({ schema: table.schema, table: name })
    await connection.execute(`alter table ${old} rename to ${quoteIdentifier(wanted)}`)
  }
}

/** Version 4 makes a default partition itself and fails when there is one: ours is detached, and its rows are moved into the new one. */
async function createWithOwnDefault(
  connection: Connection,
  { table, column, defaultName }: MonthPartitions,
  { schema, named, ahead }: { readonly schema: string; readonly named: string; readonly ahead: number },
): Promise<void> {
  const parent = quoteTable(table)
  const old = defaultName === null ? null : { schema: table.schema, table: `${defaultName}_before` }
  if (old !== null) {
    const present = quoteTable({ schema: table.schema, table: defaultName! })
    await connection.execute(`alter table ${parent} detach partition ${present}`)
    await connection.execute(`alter table ${present} rename to ${quoteIdentifier(old.table)}`)
  }
  await connection.query(
    `select ${schema}.create_parent(p_parent_table := $1, p_control := $2, p_type := 'native', p_interval := 'monthly',
       p_premake := $3, p_jobmon := false)`,
    [named, column, ahead],
  )
  if (old === null) return
  await connection.execute(`insert into ${parent} overriding system value select * from ${quoteTable(old)}`)
  await connection.execute(`drop table ${quoteTable(old)}`)
}

/**
 * Removes a table from pg_partman before it is dropped, with its configuration and template table. No-op when pg_partman does not manage
 * it.
 */
export async function takeFromPartman(connection: Connection, table: TableName): Promise<void> {
  const { rows } = await connection.query<{ schema: string }>(
    `select n.nspname as schema
       from pg_extension e join pg_namespace n on n.oid = e.extnamespace
      -- Conditions of a where clause are evaluated in any order: the table is not in the schema of every extension.
      where case e.extname when 'pg_partman'
                 then has_table_privilege(format('%I.part_config', n.nspname)::regclass, 'delete') else false end`,
  )
  const [found] = rows
  if (found === undefined) return
  const taken = await connection.query<{ template: string | null }>(
    `delete from ${quoteIdentifier(found.schema)}.part_config where parent_table = $1
     returning to_regclass(template_table)::text as template`,
    [configuredName(table)],
  )
  const template = taken.rows[0]?.template ?? null
  if (template !== null) await connection.execute(`drop table ${template}`)
}

/** The table's name in pg_partman's configuration. */
function configuredName({ schema, table }: TableName): string {
  return `${schema}.${table}`
}
