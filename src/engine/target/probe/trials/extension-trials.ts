/** Trials of extensions: whether each can be created, and whether its library is loaded. */

import type { Connection } from '../../connection/connection.ts'
import { readCitus, refusalOfCitus } from '../../extensions/citus.ts'
import { isAtLeast, OLDEST_TIMESCALE } from '../../extensions/extension-version.ts'
import { readTimescale } from '../../extensions/timescale.ts'
import { fallback, full, type Outcome, type TrialSpec } from './trial-spec.ts'

export const extensionTrials: readonly TrialSpec[] = [
  { name: 'timescaledb', tried: 'TimescaleDB', attempt: tryTimescale },
  { name: 'pg_stat_statements', tried: 'pg_stat_statements', attempt: tryStatStatements },
  { name: 'pg_partman', tried: 'pg_partman', attempt: tryPartman },
  { name: 'citus', tried: 'Citus', attempt: tryCitus },
]

type Extension = {
  /** The version created, else the one that would be created. */
  readonly version: string
  readonly isCreated: boolean
}

async function readExtension(connection: Connection, name: string): Promise<Extension | null> {
  const { rows } = await connection.query<Extension>(
    `select coalesce(installed_version, default_version) as version, installed_version is not null as "isCreated"
       from pg_available_extensions where name = $1`,
    [name],
  )
  return rows[0] ?? null
}

/**
 * Reads a setting of the library's own, which exists only when the library is loaded; ordinary roles cannot read
 * `shared_preload_libraries`.
 */
async function readSetting(connection: Connection, name: string): Promise<string | null> {
  const { value } = await connection.queryOne<{ value: string | null }>(
    'select current_setting($1, true) as value',
    [name],
  )
  return value
}

const loading = (name: string): string =>
  `Add ${name} to shared_preload_libraries in postgresql.conf, and restart the server.`

async function tryTimescale(connection: Connection): Promise<Outcome | null> {
  const found = await readTimescale(connection)
  if (found === null) return null
  const { version, license, isLoaded } = found
  const native = 'time series become native partitions.'
  if (!isLoaded)
    return fallback(`TimescaleDB ${version} is there and not loaded: ${native}`, loading('timescaledb'))
  if (!isAtLeast(version, OLDEST_TIMESCALE))
    return fallback(
      `TimescaleDB ${version} is older than ${OLDEST_TIMESCALE.join('.')}: ${native}`,
      'alter extension timescaledb update;',
    )
  if (license === 'apache')
    return fallback(
      `TimescaleDB ${version} runs under its Apache licence: hypertables without columnstore and retention.`,
      `timescaledb.license = 'timescale' in postgresql.conf, where its build has that.`,
    )
  return full(
    `TimescaleDB ${version} is loaded: hypertables, with columnstore and retention where they are asked for.`,
  )
}

async function tryStatStatements(connection: Connection): Promise<Outcome | null> {
  const extension = await readExtension(connection, 'pg_stat_statements')
  if (extension === null) return null
  if ((await readSetting(connection, 'pg_stat_statements.max')) === null)
    return fallback(
      'pg_stat_statements is there and not loaded: it would count nothing.',
      loading('pg_stat_statements'),
    )
  return full(
    extension.isCreated
      ? 'pg_stat_statements is created and loaded.'
      : 'pg_stat_statements is loaded, and can be created.',
  )
}

async function tryPartman(connection: Connection): Promise<Outcome | null> {
  const extension = await readExtension(connection, 'pg_partman')
  if (extension === null) return null
  return full(
    extension.isCreated
      ? `pg_partman ${extension.version} is created: partitions --partman hands partitions over to it.`
      : `pg_partman ${extension.version} can be created (create extension pg_partman;): partitions --partman hands partitions over to it.`,
  )
}

async function tryCitus(connection: Connection): Promise<Outcome | null> {
  const citus = await readCitus(connection)
  const alone = 'tables stay on this server.'
  if (citus === null) {
    if ((await readSetting(connection, 'citus.shard_count')) === null) return null
    return fallback(
      `Citus is loaded, and not created in this database: ${alone}`,
      'create extension citus; in a database of this name on every node, then citus_add_node.',
    )
  }
  const refusal = refusalOfCitus(citus)
  const named = `Citus ${citus.version}`
  if (refusal !== null) return fallback(`${named} cannot be used: ${refusal}. So ${alone}`, null)
  return full(
    `${named} with ${citus.nodes === 1 ? 'one node' : `${citus.nodes} nodes`} that take${citus.nodes === 1 ? 's' : ''} shards: --distribute auto spreads tables over them.`,
  )
}
