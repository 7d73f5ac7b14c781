/**
 * Removes the rows that a run wrote into existing tables. Invariant: in the caller's transaction; no row of others is removed or changed,
 * not even by a foreign key's action.
 */
import { MigrateError } from '../../model/errors.ts'
import type { RunRecord } from '../../model/journal.ts'
import type { TableName } from '../../model/target-schema.ts'
import { quoteIdentifier, quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { TargetError } from '../../target/connection/pg-errors.ts'
import { writtenBy } from '../../target/tables/own-rows.ts'
import { childrenFirst } from './children-first.ts'
import { existingTables } from './created-objects.ts'

/** Returns the filled tables that still exist, locked against writers. */
export async function lockFilledTables(
  connection: Connection,
  { plan }: RunRecord,
): Promise<readonly TableName[]> {
  const filled = await existingTables(
    connection,
    plan.schema.tables.filter(({ existing }) => existing),
  )
  if (filled.length > 0)
    await connection.execute(`lock table ${filled.map(quoteTable).join(', ')} in share row exclusive mode`)
  return filled
}

/** Returns the number of rows removed. Throws `others-depend` when rows of others refer to them. */
export async function removeRows(
  connection: Connection,
  run: string,
  filled: readonly TableName[],
): Promise<number> {
  if (filled.length === 0) return 0
  const references = await readReferences(connection, filled)
  for (const reference of references) await refuseOthersReference(connection, run, reference)
  await connection.execute('set constraints all deferred')
  let removed = 0
  for (const tables of childrenFirst(filled, references)) {
    // The tables of a cycle in one statement: keys are checked at its end (manual section 7.8.4).
    const deleted = tables.map(
      (table, at) => `d${at} as (delete from ${quoteTable(table)} where ${writtenBy(run)} returning 1)`,
    )
    const counts = tables.map((_, at) => `(select count(*) from d${at})`)
    const { rows } = await withReferencesTranslated(() =>
      connection.queryOne<{ rows: number }>(
        `with ${deleted.join(', ')} select (${counts.join(' + ')})::float8 as rows`,
      ),
    )
    removed += rows
  }
  await withReferencesTranslated(() => connection.execute('set constraints all immediate'))
  return removed
}

type Reference = {
  readonly name: string
  readonly child: TableName
  readonly parent: TableName
  readonly childColumns: readonly string[]
  readonly parentColumns: readonly string[]
  /** `pg_constraint.confdeltype`: a no action, r restrict, c cascade, n set null, d set default. */
  readonly onDelete: 'a' | 'r' | 'c' | 'n' | 'd'
}

/** Returns all foreign keys that refer to the tables. */
export async function readReferences(
  connection: Connection,
  tables: readonly TableName[],
): Promise<readonly Reference[]> {
  const { rows } = await connection.query<Reference>(
    `select c.conname as name,
            json_build_object('schema', cn.nspname, 'table', ct.relname) as child,
            json_build_object('schema', pn.nspname, 'table', pt.relname) as parent,
            array(select a.attname::text from unnest(c.conkey) with ordinality k (number, position)
                    join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.number
                   order by k.position) as "childColumns",
            array(select a.attname::text from unnest(c.confkey) with ordinality k (number, position)
                    join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.number
                   order by k.position) as "parentColumns",
            c.confdeltype as "onDelete"
       from pg_constraint c
       join pg_class ct on ct.oid = c.conrelid
       join pg_namespace cn on cn.oid = ct.relnamespace
       join pg_class pt on pt.oid = c.confrelid
       join pg_namespace pn on pn.oid = pt.relnamespace
       join unnest($1::text[], $2::text[]) as wanted (schema_name, table_name)
         on wanted.schema_name = pn.nspname and wanted.table_name = pt.relname
      where c.contype = 'f' and c.conparentid = 0
      order by cn.nspname, ct.relname, c.conname`,
    [tables.map(({ schema }) => schema), tables.map(({ table }) => table)],
  )
  return rows
}

/** Refuses where `on delete cascade`, `set null` or `set default` would remove or change rows that the run did not write. */
async function refuseOthersReference(
  connection: Connection,
  run: string,
  reference: Reference,
): Promise<void> {
  if (reference.onDelete === 'a' || reference.onDelete === 'r') return
  const { child, parent, childColumns, parentColumns } = reference
  const joined = childColumns.map(
    (column, index) =>
      `child_row.${quoteIdentifier(column)} = parent_row.${quoteIdentifier(parentColumns[index]!)}`,
  )
  const { rows } = await connection.queryOne<{ rows: number }>(
    `select count(*)::float8 as rows
       from ${quoteTable(child)} child_row
      where not ${writtenBy(run, 'child_row')}
        and exists (select from ${quoteTable(parent)} parent_row
                     where ${writtenBy(run, 'parent_row')} and ${joined.join(' and ')})`,
  )
  if (rows === 0) return
  throw othersDepend(
    `${rows} rows of ${quoteTable(child)} that the run did not write refer to rows that it wrote (${reference.name}).`,
  )
}

const FOREIGN_KEY_VIOLATION = '23503'
const RESTRICT_VIOLATION = '23001'

async function withReferencesTranslated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const isReferred =
      error instanceof TargetError &&
      (error.sqlstate === FOREIGN_KEY_VIOLATION || error.sqlstate === RESTRICT_VIOLATION)
    if (!isReferred) throw error
    throw othersDepend(`Rows that the run did not write refer to rows that it wrote: ${error.message}`, error)
  }
}

function othersDepend(message: string, cause?: unknown): MigrateError {
  return new MigrateError('target', 'others-depend', message, {
    hint: 'Remove or change those rows first; rollback never removes what the run did not write.',
    ...(cause === undefined ? {} : { cause }),
  })
}
