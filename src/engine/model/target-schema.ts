import type { Conversion } from './conversion.ts'

/** What is created in PostgreSQL, as data: the DDL is written from it (`plan/ddl.ts`), the wizard edits it, verification checks it. */
export type TargetSchema = {
  /** To be created: those of the mapping that the server has. */
  readonly extensions: readonly string[]
  readonly schemas: readonly string[]
  readonly tables: readonly TargetTable[]
  /** In the order in which they can be created; made from the rest of the plan, so a plan's file has none. */
  readonly views?: readonly TargetView[]
}

/** A view of a source database, translated. */
export type TargetView = {
  readonly schema: string
  readonly view: string
  readonly database: string
  /** Its name in SQLite. */
  readonly source: string
  readonly columns: readonly ViewColumn[]
  /** A select in PostgreSQL's SQL. */
  readonly query: string
  /** The tables that it reads, by `TablePlan.id`. */
  readonly tables: readonly string[]
}

export type ViewColumn = {
  readonly name: string
  /** Its name in SQLite. */
  readonly source: string
  readonly comparison: ViewComparison
}

/** How a view's column is compared with SQLite's. */
export type ViewComparison =
  /** Value by value, as those of a column with this conversion. */
  | { readonly kind: 'values'; readonly conversion: Conversion }
  /** By the sum of its numbers, each of which may be off by `unit`: the last digit of a binary number depends on the way to it. */
  | { readonly kind: 'sum'; readonly unit: number }
  /** Not at all: SQLite promises no one value. */
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
  /** Keys and indexes whose entries are too long for PostgreSQL, and what became of each. */
  readonly longIndexes?: readonly LongIndexFate[]
  readonly partitioning: Partitioning | null
  /** TimescaleDB keeps it in chunks of time instead; absent for an ordinary table. */
  readonly hypertable?: Hypertable
  /** How Citus keeps it on the nodes; absent for a table of the server alone. */
  readonly distribution?: Distribution
  readonly comment: string | null
  /** Of a table that was there before: those that run for each row, or each statement, of an insert. */
  readonly triggers?: readonly TargetTrigger[]
  /** True when the table was there before the run and is only filled (`--data-only`). */
  readonly existing: boolean
}

export type Hypertable = {
  /** The time by which it is cut. */
  readonly column: string
  /** How long a chunk is, as an interval: `1 month`. */
  readonly chunk: string
  /** Schema of the extension's functions. */
  readonly extensionSchema: string
  /** Chunks go into the columnstore once the run is proven; absent: they don't. */
  readonly columnstore?: Columnstore
  /** Rows older than this interval are deleted, from a day after the proven run on; absent: never. */
  readonly retention?: string
}

export type Columnstore = {
  /** How old a chunk must be, as an interval. */
  readonly after: string
  /** Columns whose values are stored once for a batch of rows. */
  readonly segmentby: readonly string[]
  /** `column` or `column desc`. */
  readonly orderby: readonly string[]
}

export type Distribution =
  /**
   * Rows are spread over the nodes by a hash of `column`. `with`: the table beside whose rows of the same value they lie; absent for the
   * first table of a group.
   */
  | { readonly kind: 'column'; readonly column: string; readonly with?: TableName }
  /** A whole copy is on every node. */
  | { readonly kind: 'reference' }
  /** Its schema is kept on one node, with all of its tables. */
  | { readonly kind: 'schema' }

export type TargetCheck = {
  readonly name: string
  readonly expression: string
  /** Source rows that break it; where there are some, it is created not valid and stays so. Absent: none. */
  readonly brokenBy?: number
}

export type TargetColumn = {
  readonly name: string
  /** As PostgreSQL spells it: `numeric(20,8)`, `timestamp with time zone`, `character varying(20)`. */
  readonly type: string
  /** Of a column that was there before, where `type` alone does not say how its values are written. */
  readonly written?: WrittenType
  readonly nullable: boolean
  /** SQL expression, for rows inserted after the migration; the migration itself writes every column. */
  readonly default: string | null
  /** `serial`, `bigserial`: a sequence owned by the column; `identity`: generated by default as identity. */
  readonly sequence: 'serial' | 'bigserial' | 'identity' | null
  /** Name of an identity's sequence where the one that PostgreSQL would choose is another table's or index'. */
  readonly sequenceName?: string
  readonly generated: string | null
  /** `planned`: in the mapping's DDL · `added`: a home for a source column that had none. */
  readonly origin: 'planned' | 'added'
  readonly comment: string | null
}

/** A column that may be null and has no default, but for what `change` says. */
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

/** What a value of a type of the application's own, or of an array, is made of, as the server's catalog says. */
export type WrittenType = {
  /** Spelled as a type of PostgreSQL's own: of a domain its base type, of citext `text`, of an enum `text`, of an array `text[]`. */
  readonly type: string
  /** Of an enum, in its order. */
  readonly labels?: readonly string[]
  /** Of an array: object id of the element's type, and what it is made of. */
  readonly element?: WrittenType & { readonly oid: number }
  /** Only the server reads and prints the type. */
  readonly byServer?: true
  /** Of money: digits after the point, by the server's lc_monetary. */
  readonly digits?: number
}

export type TargetForeignKey = {
  readonly name: string
  readonly columns: readonly string[]
  readonly references: TableName & { readonly columns: readonly string[] }
  readonly onDelete: string | null
  readonly onUpdate: string | null
  readonly deferrable: boolean
  /** False: rows that violate it exist, so it is created `not valid`. */
  readonly validated: boolean
  /** Its nullable columns are null while rows arrive, and filled once all tables are: of a cycle among tables that were there before. */
  readonly filledLater?: boolean
}

export type TargetTrigger = {
  readonly name: string
  /** `before` may change the row. */
  readonly timing: 'before' | 'after'
}

export type LongIndexFate = {
  readonly name: string
  readonly kind: 'primary-key' | 'unique' | 'index'
  /** Bytes of its longest entry, uncompressed. */
  readonly bytes: number
  /** Rows whose entry is too long. */
  readonly rows: number
  /** `hashed`: a unique index over hashes replaces it · `left-out`: not created. */
  readonly fate: 'hashed' | 'left-out'
}

export type TargetIndex = {
  readonly name: string
  /** Absent: a B-tree. */
  readonly method?: 'gin'
  readonly unique: boolean
  readonly parts: readonly TargetIndexPart[]
  /** SQL of the predicate. */
  readonly where: string | null
}

/** A column by its target name, or an SQL expression that names the columns it uses. */
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
  /** Half-open months in UTC, `from` and `to` as `YYYY-MM-01 00:00:00+00`, oldest first; a default partition always follows. */
  readonly months: readonly { readonly name: string; readonly from: string; readonly to: string }[]
  readonly defaultName: string
}

/** The names of a partitioned table's partitions, the default one last. */
export function partitionNames({ months, defaultName }: Partitioning): readonly string[] {
  return [...months.map(({ name }) => name), defaultName]
}
