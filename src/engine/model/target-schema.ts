import type { Conversion } from './conversion.ts'

/** What is created in PostgreSQL, as data: the DDL is written from it (`plan/ddl.ts`), the wizard edits it, verification checks it. */
export type TargetSchema = {
  /** Extensions to create: those of the mapping that the server has. */
  readonly extensions: readonly string[]
  readonly schemas: readonly string[]
  readonly tables: readonly TargetTable[]
  /** In the order in which they can be created; derived from the rest of the plan, so plan files have none. */
  readonly views?: readonly TargetView[]
}

/** A view of a source database, translated. */
export type TargetView = {
  readonly schema: string
  readonly view: string
  readonly database: string
  /** The view's name in SQLite. */
  readonly source: string
  readonly columns: readonly ViewColumn[]
  /** A select in PostgreSQL's SQL. */
  readonly query: string
  /** Ids (`TablePlan.id`) of the tables that the view reads. */
  readonly tables: readonly string[]
}

export type ViewColumn = {
  readonly name: string
  /** The column's name in SQLite. */
  readonly source: string
  readonly comparison: ViewComparison
}

/** How a view's column is compared with SQLite's. */
export type ViewComparison =
  /** By value, like a column with this conversion. */
  | { readonly kind: 'values'; readonly conversion: Conversion }
  /** By the sum of its numbers, with a tolerance of `unit` each: the last digit of a binary number depends on the order of computation. */
  | { readonly kind: 'sum'; readonly unit: number }
  /** Not compared: SQLite does not define the value. */
  | { readonly kind: 'none' }

export type TableName = { readonly schema: string; readonly table: string }

export const isSameTable = (one: TableName, other: TableName): boolean =>
  one.schema === other.schema && one.table === other.table

export type TargetTable = {
  readonly schema: string
  readonly table: string
  readonly columns: readonly TargetColumn[]
  readonly primaryKey: { readonly name: string; readonly columns: readonly string[] } | null
  readonly uniques: readonly {
    readonly name: string
    readonly columns: readonly string[]
    readonly nullsNotDistinct?: boolean
  }[]
  readonly checks: readonly TargetCheck[]
  readonly foreignKeys: readonly TargetForeignKey[]
  readonly indexes: readonly TargetIndex[]
  /** Keys and indexes whose entries are too long for PostgreSQL, and what becomes of each. */
  readonly longIndexes?: readonly LongIndexFate[]
  readonly partitioning: Partitioning | null
  /** The hypertable in which TimescaleDB stores it; absent for an ordinary table. */
  readonly hypertable?: Hypertable
  /** How Citus distributes it; absent for a local table. */
  readonly distribution?: Distribution
  readonly comment: string | null
  /** For an existing table: triggers that an insert fires. */
  readonly triggers?: readonly TargetTrigger[]
  /** True when the table existed before the run and is only filled (`--data-only`). */
  readonly existing: boolean
}

export type Hypertable = {
  /** The time column by which chunks are cut. */
  readonly column: string
  /** Interval of a chunk: `1 month`. */
  readonly chunk: string
  /** Schema of the extension's functions. */
  readonly extensionSchema: string
  /** When chunks go into the columnstore, once the run is proven; absent: never. */
  readonly columnstore?: Columnstore
  /** Rows older than this interval are deleted, beginning a day after the proven run; absent: never. */
  readonly retention?: string
}

export type Columnstore = {
  /** Age of a chunk, as an interval. */
  readonly after: string
  /** Columns whose values are stored once for a batch of rows. */
  readonly segmentby: readonly string[]
  /** `column` or `column desc`. */
  readonly orderby: readonly string[]
}

export type Distribution =
  /**
   * Rows are distributed by a hash of `column`. `with`: the table whose rows with the same value are on the same node; absent for the first
   * table of a group.
   */
  | { readonly kind: 'column'; readonly column: string; readonly with?: TableName }
  /** Every node has a complete copy. */
  | { readonly kind: 'reference' }
  /** Its schema, with all its tables, is on one node. */
  | { readonly kind: 'schema' }

export type TargetCheck = {
  readonly name: string
  readonly expression: string
  /** Number of source rows that break it; with any, the check is created without validation. Absent: none. */
  readonly brokenBy?: number
}

export type TargetColumn = {
  readonly name: string
  /** As PostgreSQL spells it: `numeric(20,8)`, `timestamp with time zone`, `character varying(20)`. */
  readonly type: string
  /** For an existing column whose `type` alone does not determine how its values are written. */
  readonly written?: WrittenType
  readonly nullable: boolean
  /** SQL expression for rows inserted after the migration, which itself writes every column. */
  readonly default: string | null
  /** `serial`, `bigserial`: a sequence owned by the column; `identity`: generated by default as identity. */
  readonly sequence: 'serial' | 'bigserial' | 'identity' | null
  /** Name of an identity's sequence when PostgreSQL's default name is already used by another object. */
  readonly sequenceName?: string
  readonly generated: string | null
  /** `planned`: in the mapping's DDL · `added`: for a source column without a target. */
  readonly origin: 'planned' | 'added'
  readonly comment: string | null
}

/** Returns a nullable column without a default, changed by `change`. */
export function plainColumn(name: string, type: string, change: Partial<TargetColumn> = {}): TargetColumn {
  return {
    name,
    type,
    nullable: true,
    default: null,
    sequence: null,
    generated: null,
    origin: 'planned',
    comment: null,
    ...change,
  }
}

/** The structure of a type of the application's schema, or of an array, from the server's catalog. */
export type WrittenType = {
  /** A built-in type: for a domain its base type, for citext `text`, for an enum `text`, for an array `text[]`. */
  readonly type: string
  /** For an enum: its labels in order. */
  readonly labels?: readonly string[]
  /** For an array: object id and structure of the element's type. */
  readonly element?: WrittenType & { readonly oid: number }
  /** Only the server can parse and print the type. */
  readonly byServer?: true
  /** For money: fractional digits, by the server's lc_monetary. */
  readonly digits?: number
}

export type TargetForeignKey = {
  readonly name: string
  readonly columns: readonly string[]
  readonly references: TableName & { readonly columns: readonly string[] }
  readonly onDelete: string | null
  readonly onUpdate: string | null
  readonly deferrable: boolean
  /** False when rows violate it: it is then created `not valid`. */
  readonly validated: boolean
  /** For a key in a cycle of existing tables: its nullable columns are null while rows are loaded, and filled when all tables are. */
  readonly filledLater?: boolean
}

export type TargetTrigger = {
  readonly name: string
  /** A `before` trigger may change the row. */
  readonly timing: 'before' | 'after'
}

export type LongIndexFate = {
  readonly name: string
  readonly kind: 'primary-key' | 'unique' | 'index'
  /** Uncompressed size of its longest entry in bytes. */
  readonly bytes: number
  /** Number of rows whose entry is too long. */
  readonly rows: number
  /** `hashed`: replaced by a unique index over hashes · `left-out`: not created. */
  readonly fate: 'hashed' | 'left-out'
}

export type TargetIndex = {
  readonly name: string
  /** Absent for a B-tree. */
  readonly method?: 'gin'
  readonly unique: boolean
  readonly parts: readonly TargetIndexPart[]
  /** SQL of the predicate. */
  readonly where: string | null
}

/** A column by its target name, or an SQL expression with the columns that it uses. */
export function plainPart(column: string, descending = false): TargetIndexPart {
  return { column, descending, collation: null }
}

export type TargetIndexPart = (
  | { readonly column: string }
  | { readonly expression: string; readonly columns: readonly string[] }
) & { readonly descending: boolean; readonly collation: string | null }

export type Partitioning = {
  readonly kind: 'months'
  readonly column: string
  /** Half-open months in UTC, `from` and `to` as `YYYY-MM-01 00:00:00+00`, oldest first; there is always a default partition as well. */
  readonly months: readonly { readonly name: string; readonly from: string; readonly to: string }[]
  readonly defaultName: string
}

/** Returns the names of a partitioned table's partitions, the default partition last. */
export function partitionNames({ months, defaultName }: Partitioning): readonly string[] {
  return [...months.map(({ name }) => name), defaultName]
}
