/**
 * Reads what the target is, what it contains, and what our role may do there. Invariant: nothing it does in the database remains, except
 * for `createDatabase`.
 */
import type { TargetProbe } from '../../model/target-probe.ts'
import { quoteIdentifier } from '../../syntax/postgres-names.ts'
import { type TargetAddress, withDatabase } from '../address/address.ts'
import { type Connection, connect } from '../connection/connection.ts'
import { readCitus } from '../extensions/citus.ts'
import { readTimescale } from '../extensions/timescale.ts'
import { refuseForeignEventTriggers } from '../guards/foreign-names.ts'
import { readForeignOwners } from '../guards/ownership.ts'
import { readExistingTables } from '../tables/existing.ts'
import { readOtherNames } from '../tables/other-names.ts'
import { readMissingRights, readRights } from './rights.ts'
import { runTrials } from './trials/run-trials.ts'

/** Probes the target for planning. `jobs`: the number of workers requested; null for one per core. */
export async function probe(connection: Connection, jobs: number | null): Promise<TargetProbe> {
  await refuseForeignEventTriggers(connection)
  const trials = await runTrials(connection, jobs)
  const { rows: extensions } = await connection.query<{ name: string; installed: boolean }>(
    `select name, installed_version is not null as installed
       from pg_available_extensions
      order by name collate "C"`,
  )
  const rights = await readRights(connection)
  const timescale = await readTimescale(connection)
  const { schemas, loaded, languages } = await connection.queryOne<{
    schemas: Record<string, string>
    loaded: string[]
    languages: string[]
  }>(
    `select (select coalesce(json_object_agg(e.extname, n.nspname), '{}')
               from pg_extension e join pg_namespace n on n.oid = e.extnamespace) as schemas,
            array_remove(array[
              case when current_setting('pg_stat_statements.max', true) is not null then 'pg_stat_statements' end], null) as loaded,
            array(select cfgname::text from pg_ts_config
                   where cfgnamespace = 'pg_catalog'::regnamespace order by 1) as languages`,
  )
  return {
    major: connection.major,
    version: connection.version,
    availableExtensions: extensions.map((extension) => extension.name),
    installedExtensions: extensions
      .filter((extension) => extension.installed)
      .map((extension) => extension.name),
    extensionSchemas: schemas,
    searchLanguages: languages,
    loadedExtensions: [...loaded, ...(timescale?.isLoaded ? ['timescaledb'] : [])],
    ...(timescale === null ? {} : { timescale }),
    superuser: rights.superuser,
    rights,
    missingRights: await readMissingRights(connection),
    trials,
    citus: await readCitus(connection),
    existing: await readExistingTables(connection),
    otherNames: await readOtherNames(connection),
    foreign: await readForeignOwners(connection),
  }
}

/** Creates the address's database, in UTF8 whatever the server's default encoding. Needs the right to create databases. */
export async function createDatabase(address: TargetAddress): Promise<void> {
  await using connection = await connectForMaintenance(address)
  const { encoding } = await connection.queryOne<{ encoding: string }>(
    `select current_setting('server_encoding') as encoding`,
  )
  const how = encoding === 'UTF8' ? '' : ` template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'`
  await connection.execute(`create database ${quoteIdentifier(address.database)}${how}`)
}

async function connectForMaintenance(address: TargetAddress): Promise<Connection> {
  try {
    return await connect(withDatabase(address, 'postgres'))
  } catch {
    return connect(withDatabase(address, 'template1'))
  }
}
