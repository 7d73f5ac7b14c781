/**
 * Next steps for operators of the database after a run. Pure. Invariant: every sentence follows from the plan or from what the server says,
 * and every command works as it is printed.
 */
import type { OperationFacts, OperationStep } from '../model/operations.ts'
import type { Plan } from '../model/plan.ts'
import { shellWord } from '../model/shell-word.ts'
import type { TargetTable } from '../model/target-schema.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../syntax/postgres-names.ts'

type Operating = {
  readonly plan: Plan
  readonly facts: OperationFacts
  /** `psql URL`; null while the server is stopped. */
  readonly psql: string | null
  /** URL for pg_dump; null while the server is stopped. */
  readonly url: string | null
  /** Folder of an embedded server. */
  readonly embedded: string | null
  /** `npx gpt-migrate partitions --target …`. */
  readonly partitions: string
  readonly lastMonth: string | null
  readonly database: string
}

export function operationSteps(operating: Operating): readonly OperationStep[] {
  const steps = [
    connections(operating),
    ...statistics(operating),
    autovacuum(operating),
    statements(operating),
    ...indexes(operating),
    ...timeSeries(operating),
    replicas(operating),
    backups(operating),
  ]
  return steps.filter((step) => step !== null)
}

function inPsql({ psql }: Operating, topic: string, sentence: string, sql: string): OperationStep {
  return psql === null
    ? { topic, sentence, command: `${sql};`, inPsql: true }
    : { topic, sentence, command: `${psql} -c ${shellWord(sql)}` }
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

function tablesOf({ plan }: Operating): readonly TargetTable[] {
  return plan.schema.tables
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

/** The first text column of an index or key of the table with the most rows. */
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

type OrderedKey = {
  readonly name: string
  readonly columns: readonly string[]
  /** With the direction of each column. */
  readonly parts: readonly string[]
  readonly isUnique: boolean
}

/** Keys and indexes of plain columns, without a condition. */
function orderedKeys({ primaryKey, uniques, indexes }: TargetTable): readonly OrderedKey[] {
  const plain = indexes.flatMap(({ name, unique, parts, where }): OrderedKey[] => {
    const columns = parts.flatMap((part) => ('column' in part ? [part.column] : []))
    if (where !== null || columns.length !== parts.length) return []
    const directed = parts.map((part, index) => `${columns[index]} ${part.descending} ${part.collation}`)
    return [{ name, columns, parts: directed, isUnique: unique }]
  })
  const keys = [...(primaryKey === null ? [] : [primaryKey]), ...uniques].map(({ name, columns }) => ({
    name,
    columns,
    parts: columns.map((column) => `${column} false null`),
    isUnique: true,
  }))
  return [...keys, ...plain]
}

/** Pairs of which the first is the beginning of the second, and no rule of its own. */
export function redundantIndexes(table: TargetTable): readonly (readonly [string, string])[] {
  const keys = orderedKeys(table)
  return keys.flatMap((one, index) => {
    if (one.isUnique) return []
    const wider = keys.find(
      (other, at) =>
        other !== one &&
        one.parts.every((part, position) => other.parts[position] === part) &&
        (other.parts.length > one.parts.length || other.isUnique || at < index),
    )
    return wider === undefined ? [] : [[one.name, wider.name] as const]
  })
}

/** Foreign keys whose columns lead no key or index: a delete of the parent reads the whole table. */
export function unindexedReferences(
  table: TargetTable,
): readonly { name: string; columns: readonly string[] }[] {
  const keys = orderedKeys(table)
  return table.foreignKeys.filter(
    ({ columns }) =>
      !keys.some((key) => {
        const leading = key.columns.slice(0, columns.length)
        return columns.every((column) => leading.includes(column))
      }),
  )
}

function indexes(operating: Operating): readonly OperationStep[] {
  const tables = tablesOf(operating).filter(({ existing }) => !existing)
  const redundant = tables.flatMap((table) =>
    redundantIndexes(table).map(([name, wider]) => ({ table, name, wider })),
  )
  const open = tables.flatMap((table) =>
    unindexedReferences(table).map(({ name, columns }) => ({ table, name, columns })),
  )
  return [
    inPsql(
      operating,
      'indexes nobody used',
      'The indexes are those of the plan, and nothing has used them yet. After some weeks of the application, those that nothing needs:',
      'select schemaname, relname, indexrelname, pg_size_pretty(pg_relation_size(indexrelid)) as size from pg_stat_user_indexes where idx_scan = 0 order by pg_relation_size(indexrelid) desc',
    ),
    ...redundant.map(({ table, name, wider }) =>
      inPsql(
        operating,
        'redundant index',
        `${name} of ${table.schema}.${table.table} is the beginning of ${wider}, which serves the same searches. To drop it:`,
        `drop index ${quoteTable({ schema: table.schema, table: name })}`,
      ),
    ),
    ...open.map(({ table, name, columns }) =>
      inPsql(
        operating,
        'foreign key without an index',
        `${name} of ${table.schema}.${table.table} has no index on ${columns.join(', ')}: deleting a row that it refers to reads the whole table. Where that happens:`,
        `create index on ${quoteTable(table)} (${columns.map(quoteIdentifier).join(', ')})`,
      ),
    ),
  ]
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
