import type { Connection } from '../connection/connection.ts'

/** Whether other clients are connected to the database (manual section 28.2.3); the server's own workers do not count. */
export async function hasOtherClients(connection: Connection): Promise<boolean> {
  const { clients } = await connection.queryOne<{ clients: boolean }>(
    `select exists (
       select from pg_catalog.pg_stat_activity
        where datname = pg_catalog.current_database()
          and pid <> pg_catalog.pg_backend_pid()
          and (backend_type = 'client backend' or backend_type is null)) as clients`,
  )
  return clients
}
