/** What a server has of TimescaleDB. Invariant: it only reads: `create extension` without the library loaded ends the session. */
import type { Connection } from '../connection/connection.ts'

type TimescaleFound = {
  /** Version that is created in the database, else the one that would be. */
  readonly version: string
  /** `apache` has hypertables only; `timescale` columnstore and retention too. */
  readonly license: string
  /** Whether `shared_preload_libraries`, which is hidden from ordinary roles, names it: its loader has settings then. */
  readonly isLoaded: boolean
}

/** Null where the server does not have it. Until it is created in the database, its licence is what the server's files say. */
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
