/**
 * Work tables for one transaction. Invariant: a work table is temporary if the role may create temporary tables, else it is beside the
 * journal under a name that no other session uses; its creator drops it or rolls back.
 */
import { quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from './connection.ts'

export type WorkTable = {
  /** The quoted name. */
  readonly name: string
  /** The words between `create` and the name: `temporary table`, or `table`. */
  readonly create: string
}

/** `base`: a name that no other work table of the transaction has. */
export async function workTable(connection: Connection, base: string): Promise<WorkTable> {
  const [table] = await workTables(connection, [base])
  return table!
}

/** Returns the tables in the order of `bases`. */
export async function workTables(connection: Connection, bases: readonly string[]): Promise<WorkTable[]> {
  const { temporary } = await connection.queryOne<{ temporary: boolean }>(
    `select has_database_privilege(current_database(), 'temp') as temporary`,
  )
  return bases.map((base) =>
    temporary
      ? { name: quoteTable({ schema: 'pg_temp', table: base }), create: 'temporary table' }
      : {
          name: quoteTable({ schema: 'gpt_migrate', table: `work_${connection.processId}_${base}` }),
          create: 'table',
        },
  )
}
