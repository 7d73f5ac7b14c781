/** What a probe of the target says of the server, its extensions, and what the role may do there. Plain data. */
import type { TableName, TargetTable } from './target-schema.ts'
import type { Trial } from './trial.ts'

/** What planning needs to know of the server; null values when planning without one. */
export type TargetProbe = {
  /** Major version, such as 15. */
  readonly major: number
  readonly version: string
  readonly availableExtensions: readonly string[]
  readonly installedExtensions: readonly string[]
  /** Schemas of the extensions that are installed, by name. */
  readonly extensionSchemas?: Readonly<Record<string, string>>
  /** Extensions whose library the server has loaded, of those that need it (`shared_preload_libraries`). */
  readonly loadedExtensions?: readonly string[]
  /** Null where the database has no Citus; absent in probes that did not ask. */
  readonly citus?: CitusProbe | null
  /** Text search configurations of the server's own. */
  readonly searchLanguages?: readonly string[]
  /** TimescaleDB, where the server has loaded it. */
  readonly timescale?: { readonly version: string; readonly license: string }
  /** May the role create extensions that are not trusted. */
  readonly superuser: boolean
  readonly existing: readonly TargetTable[]
  /** What the role may do. */
  readonly rights?: TargetRights
  /** What it may not do with existing tables. */
  readonly missingRights?: readonly MissingRight[]
  /** The table of trials at connect. */
  readonly trials?: readonly Trial[]
  /** Schemas and tables that belong to a role that is neither ours nor a superuser. */
  readonly foreign?: readonly {
    readonly schema: string
    readonly table: string | null
    readonly owner: string
  }[]
}

export type TargetRights = {
  readonly role: string
  readonly database: string
  readonly superuser: boolean
  /** May create schemas in the database. */
  readonly createSchema: boolean
  /** May create databases on the server. */
  readonly createDatabase: boolean
  /** Schemas of people that are there. */
  readonly schemas: readonly string[]
  /** Those in which the role may create tables. */
  readonly writableSchemas: readonly string[]
}

/** A right that filling the table needs. */
export type MissingRight = TableName & {
  /** Such as `INSERT on the table app.todo`. */
  readonly what: string
  /** The statement that grants it, without its `to`. */
  readonly grant: string
}

/** What Citus says of itself. */
export type CitusProbe = {
  /** Such as `13.2-1`. */
  readonly version: string
  /** Nodes that take shards, the coordinator among them where it does. */
  readonly nodes: number
  /** The server that was asked is the coordinator, and not a worker. */
  readonly isCoordinator: boolean
  /** Tables that are distributed already, as `schema.table`. */
  readonly tables: readonly string[]
}
