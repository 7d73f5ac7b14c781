/**
 * Next steps for the database's operators after a run. Pure. Invariant: every sentence follows from the plan or from what the server
 * reports, and every command works as printed.
 */
import type { OperationStep } from '../model/operations.ts'
import { shellWord } from '../model/shell-word.ts'
import type { TargetTable } from '../model/target-schema.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../syntax/postgres-names.ts'
import { indexSteps, orderedKeys } from './index-steps.ts'
import { inPsql, type Operating, tablesOf } from './operating.ts'

export function operationSteps(operating: Operating): readonly OperationStep[] {
  const steps = [
    connections(operating),
    ...statistics(operating),
    autovacuum(operating),
    statements(operating),
    ...indexSteps(operating),
    ...timeSeries(operating),
    replicas(operating),
    backups(operating),
  ]
  return steps.filter((step) => step !== null)
}

function connections(operating: Operating): OperationStep {
  const { maxConnections } = operating.facts
  return inPsql(
    operating,
    'connections',
    `The server takes ${maxConnections} connections at once, each a process of its own. For more clients put a pooler in front, such as PgBouncer with pool_mode = transaction; gpt-migrate itself needs the server's own address.`,
    'select count(*) as used, current_setting($$max_connections$$) as most from pg_stat_activity',
  )
}

function statistics(operating: Operating): readonly OperationStep[] {
  const tables = tablesOf(operating)
  const { statisticsTarget } = operating.facts
  const parents = tables.filter(({ partitioning }) => partitioning !== null).map(quoteTable)
  const sampled = mostSearched(operating)
  return [
    inPsql(
      operating,
      'analyze',
      `The run has analyzed its ${tables.length} tables.${parents.length === 0 ? '' : ' Autovacuum analyzes partitions, but never a partitioned table as a whole: do that from cron, such as weekly.'}`,
      parents.length === 0 ? 'analyze' : `analyze ${parents.join(', ')}`,
    ),
    ...(sampled === null
      ? []
      : [
          inPsql(
            operating,
            'statistics targets',
            `default_statistics_target is ${statisticsTarget}. Where explain estimates a column's rows badly, raise that column's own; for ${sampled.column} of the largest table, for example:`,
            `alter table ${quoteTable(sampled.table)} alter column ${quoteIdentifier(sampled.column)} set statistics ${Math.min(10_000, statisticsTarget * 5)}`,
          ),
        ]),
  ]
}

/** Returns the first text column of an index or key of the largest table that has one; null when none has. */
function mostSearched({ plan }: Operating): { readonly table: TargetTable; readonly column: string } | null {
  const rows = new Map<string, number>()
  for (const { id, fate } of plan.tables) {
    if (fate.kind !== 'copy') continue
    const name = quoteTable(fate.copy.target)
    rows.set(name, (rows.get(name) ?? 0) + (plan.sourceRows[id] ?? 0))
  }
  const largest = plan.schema.tables.toSorted(
    (a, b) => (rows.get(quoteTable(b)) ?? 0) - (rows.get(quoteTable(a)) ?? 0),
  )
  for (const table of largest) {
    const names = new Set(orderedKeys(table).flatMap(({ columns }) => columns))
    const column = table.columns.find(({ name, type }) => names.has(name) && /^(text|character)/.test(type))
    if (column !== undefined) return { table, column: column.name }
  }
  return null
}

function autovacuum(operating: Operating): OperationStep {
  return inPsql(
    operating,
    'autovacuum',
    operating.facts.autovacuum
      ? 'Autovacuum is on. The first vacuum after the load makes index-only scans fast; once, in a quiet hour, spares the application the wait.'
      : 'Autovacuum is OFF: dead rows pile up and statistics grow old. Turn it on in postgresql.conf (autovacuum = on); until then vacuum yourself.',
    'vacuum (analyze)',
  )
}

function statements(operating: Operating): OperationStep {
  const { schema, isLoaded, isAvailable } = operating.facts.statements
  if (schema !== null && isLoaded) {
    return inPsql(
      operating,
      'pg_stat_statements',
      'pg_stat_statements is created and loaded: it counts statements. Those that take the most time:',
      `select calls, round(total_exec_time) as ms, rows, query from ${quoteIdentifier(schema)}.pg_stat_statements order by total_exec_time desc limit 20`,
    )
  }
  const why = !isAvailable
    ? 'The server does not have pg_stat_statements: it is in the package of contrib modules.'
    : !isLoaded
      ? `pg_stat_statements ${schema === null ? 'is not created' : 'is created'}, and the server does not load it: it counts nothing. Add it to shared_preload_libraries in postgresql.conf, and restart the server.`
      : 'pg_stat_statements is loaded, and not created in this database: a superuser creates it (create extension pg_stat_statements).'
  return inPsql(
    operating,
    'pg_stat_statements',
    why,
    `select name, default_version, installed_version from pg_available_extensions where name = ${quoteLiteral('pg_stat_statements')}`,
  )
}

function timeSeries(operating: Operating): readonly OperationStep[] {
  const { lastMonth, partitions } = operating
  const hypertables = tablesOf(operating).filter(({ hypertable }) => hypertable !== undefined)
  return [
    ...(lastMonth === null
      ? []
      : [
          {
            topic: 'partitions',
            sentence: `Monthly partitions reach until ${lastMonth}; rows of later months go into the default partition until theirs is made. In cron, @monthly before this command makes them in time:`,
            command: partitions,
          },
        ]),
    ...(hypertables.length === 0
      ? []
      : [
          inPsql(
            operating,
            'hypertables',
            `TimescaleDB makes the chunks of ${hypertables.map(({ schema, table }) => `${schema}.${table}`).join(', ')} by itself. Its jobs, and how they went:`,
            'select job_id, hypertable_name, last_run_status, next_start from timescaledb_information.job_stats order by job_id',
          ),
        ]),
  ]
}

function replicas(operating: Operating): OperationStep {
  const { replicas: count, walLevel } = operating.facts
  const now =
    count === 0
      ? 'No replica streams from this server.'
      : `${count} ${count === 1 ? 'replica streams' : 'replicas stream'} from this server, with the journal of the run.`
  const level =
    walLevel === 'minimal' ? ' Its wal_level is minimal: replicas need replica, and a restart.' : ''
  return inPsql(
    operating,
    'replicas',
    `${now}${level} A replica for reports is made with pg_basebackup -R; verify and rollback belong on the primary. How far replicas are behind:`,
    'select application_name, state, replay_lag from pg_stat_replication',
  )
}

function backups({ facts, url, embedded, database }: Operating): OperationStep | null {
  const archived = facts.archives
    ? 'The server archives its write-ahead log.'
    : 'The server does not archive its write-ahead log: a backup is only as new as its last dump.'
  if (url === null || embedded !== null) {
    return {
      topic: 'backups',
      sentence: `${archived} An embedded server takes no backups; while it is stopped its folder can be copied. To start it:`,
      command: `npx gpt-migrate serve ${shellWord(embedded ?? '')}`,
    }
  }
  return {
    topic: 'backups',
    sentence: `${archived} The snapshots hold the state before the move, not what is written since. A first dump, to be restored once for trial:`,
    command: `pg_dump --format=custom --file=${shellWord(`${database}.dump`)} ${shellWord(url)}`,
  }
}
