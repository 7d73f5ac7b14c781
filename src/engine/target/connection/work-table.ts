/**
 * A table of our own for the time of one transaction. Invariant: it is a temporary one where the role may make such, else one beside the
 * journal that no other session names; its creator drops it or rolls back.
 */
import { quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from './connection.ts'

export type WorkTable = {
  /** Quoted. */
  readonly name: string
  /** What follows `create`, up to the name: `temporary table`, or `table`. */
  readonly create: string
}

/** `base`: a name that no other work table of the transaction has. */
export async function workTable(connection: Connection, base: string): Promise<WorkTable> {
  const [table] = await workTables(connection, [base])
  return table!
}

/** In the order of their names. */
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
