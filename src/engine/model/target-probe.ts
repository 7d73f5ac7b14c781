/** What a probe of the target found: the server, its extensions, and the role's rights. Plain data. */
import type { TableName, TargetTable } from './target-schema.ts'
import type { Trial } from './trial.ts'

/** What planning needs to know of the server. */
export type TargetProbe = {
  /** Major version, such as 15. */
  readonly major: number
  readonly version: string
  readonly availableExtensions: readonly string[]
  readonly installedExtensions: readonly string[]
  /** Schemas of the installed extensions, by extension. */
  readonly extensionSchemas?: Readonly<Record<string, string>>
  /** Extensions whose library the server has loaded, among those that need it (`shared_preload_libraries`). */
  readonly loadedExtensions?: readonly string[]
  /** Null when the database has no Citus; absent when the probe did not ask. */
  readonly citus?: CitusProbe | null
  /** Text search configurations of the server. */
  readonly searchLanguages?: readonly string[]
  /** TimescaleDB, if the server has loaded it. */
  readonly timescale?: { readonly version: string; readonly license: string }
  /** Whether the role is a superuser, and may create extensions that are not trusted. */
  readonly superuser: boolean
  readonly existing: readonly TargetTable[]
  /** Names that are taken by something else than a table; absent when the probe did not ask. */
  readonly otherNames?: readonly OtherName[]
  /** The role's rights. */
  readonly rights?: TargetRights
  /** Rights on existing tables that the role lacks. */
  readonly missingRights?: readonly MissingRight[]
  /** What was tried on connecting. */
  readonly trials?: readonly Trial[]
  /** Schemas and tables that belong to a role which is neither ours nor a superuser. */
  readonly foreign?: readonly {
    readonly schema: string
    readonly table: string | null
    readonly owner: string
  }[]
}

/** A relation that is no table, or a type. */
export type OtherName = {
  readonly schema: string
  readonly name: string
  readonly kind: 'view' | 'materialized view' | 'foreign table' | 'sequence' | 'index' | 'type'
  /** The table of an index or of a column's sequence; null otherwise. */
  readonly of: string | null
}

export type TargetRights = {
  readonly role: string
  readonly database: string
  readonly superuser: boolean
  /** Whether the role may create schemas in the database. */
  readonly createSchema: boolean
  /** Whether the role may create databases on the server. */
  readonly createDatabase: boolean
  /** Existing schemas, without system schemas. */
  readonly schemas: readonly string[]
  /** Schemas in which the role may create tables. */
  readonly writableSchemas: readonly string[]
}

/** A missing right that filling the table needs. */
export type MissingRight = TableName & {
  /** For example `INSERT on the table app.todo`. */
  readonly what: string
  /** The statement that grants it, without its `to` clause. */
  readonly grant: string
}

/** What a probe found of Citus. */
export type CitusProbe = {
  /** For example `13.2-1`. */
  readonly version: string
  /** Number of nodes that hold shards, including the coordinator if it does. */
  readonly nodes: number
  /** Whether the connected server is the coordinator, not a worker. */
  readonly isCoordinator: boolean
  /** Tables that are already distributed, as `schema.table`. */
  readonly tables: readonly string[]
}
