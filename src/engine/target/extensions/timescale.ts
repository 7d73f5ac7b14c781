/** Reads which TimescaleDB a server has. Invariant: it only reads, since `create extension` without the loaded library ends the session. */
import type { Connection } from '../connection/connection.ts'

type TimescaleFound = {
  /** The version created in the database, else the one that would be created. */
  readonly version: string
  /** `apache` has hypertables only; `timescale` also has columnstore and retention. */
  readonly license: string
  /** Whether `shared_preload_libraries` names it. Ordinary roles cannot read that setting, but the loader's settings exist then. */
  readonly isLoaded: boolean
}

/** Null when the server does not have it. Until the extension is created, the licence comes from the server's files. */
export async function readTimescale(connection: Connection): Promise<TimescaleFound | null> {
  const { rows } = await connection.query<TimescaleFound>(
    `select coalesce(installed_version, default_version) as version,
            coalesce(current_setting('timescaledb.license', true),
                     case when comment like '%Apache%' then 'apache' else 'timescale' end) as license,
            current_setting('timescaledb.max_background_workers', true) is not null as "isLoaded"
       from pg_available_extensions where name = 'timescaledb'`,
  )
  return rows[0] ?? null
}
