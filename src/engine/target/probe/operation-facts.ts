/** Reads how a server is operated, for the advice after a run. Invariant: it only reads, and what the role may not see is null. */
import type { OperationFacts } from '../../model/operations.ts'
import type { Connection } from '../connection/connection.ts'

export async function readOperationFacts(connection: Connection): Promise<OperationFacts> {
  const { rows } = await connection.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings
      where name in ('max_connections', 'autovacuum', 'default_statistics_target', 'wal_level', 'archive_mode')`,
  )
  const settings = new Map(rows.map(({ name, setting }) => [name, setting]))
  const { replicas, statements, statementsLoaded, statementsAvailable } = await connection.queryOne<{
    replicas: number
    statements: string | null
    statementsLoaded: boolean
    statementsAvailable: boolean
  }>(
    `select (select count(*)::int from pg_stat_replication) as replicas,
            (select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace
              where e.extname = 'pg_stat_statements') as statements,
            current_setting('pg_stat_statements.max', true) is not null as "statementsLoaded",
            exists (select from pg_available_extensions where name = 'pg_stat_statements') as "statementsAvailable"`,
  )
  return {
    maxConnections: Number(settings.get('max_connections') ?? 0),
    autovacuum: settings.get('autovacuum') === 'on',
    statisticsTarget: Number(settings.get('default_statistics_target') ?? 100),
    walLevel: settings.get('wal_level') ?? null,
    archives: (settings.get('archive_mode') ?? 'off') !== 'off',
    replicas,
    statements: { schema: statements, isLoaded: statementsLoaded, isAvailable: statementsAvailable },
  }
}
