import type { Conversion, EpochUnit } from './conversion.ts'
import type { StoredCell } from './storage.ts'

/**
 * What is known beforehand about some databases: the target of each table, and what is created for it. Plain data, with the field names
 * of a user's mapping file. Names of databases, tables and columns match regardless of case and camelCase.
 */
export type Mapping = {
  readonly name: string
  readonly description: string
  /** Extensions that are created if the server has them. */
  readonly extensions: readonly string[]
  /** Target schema for tables of a known database that the mapping does not know. */
  readonly otherTables: string
  /** By the name of a database file, such as `trading.db`. */
  readonly databases: Readonly<Record<string, DatabaseMapping>>
  /** Tables to create, by schema and table, even when no source has rows for them. */
  readonly schemas: Readonly<Record<string, Readonly<Record<string, DesignedTable>>>>
}

export type DatabaseMapping = { readonly tables: Readonly<Record<string, TableMapping>> }

export type TableMapping = TargetMapping | FoldMapping | ExcludeMapping

export type TargetMapping = {
  /** Other names of the source table. */
  readonly aliases?: readonly string[]
  /** `schema.table`: one of `Mapping.schemas`, or else created as by the automatic mapping. */
  readonly target: string
  /** By target column. Columns that are not named here match by their own name alone. */
  readonly columns?: Readonly<Record<string, ColumnMapping>>
  /** Source column to target column, with precedence over aliases; a target that is not designed is the name of an added column. */
  readonly rename?: Readonly<Record<string, string>>
  /** Source columns that are not moved, with the reasons. */
  readonly leaveOut?: Readonly<Record<string, string>>
  /** SQL condition on the source row; rows for which it does not hold are excluded. */
  readonly filter?: string
  /** Source columns besides the key by which other tables may refer to a row, such as a model's name. */
  readonly namedBy?: readonly string[]
  readonly pivot?: PivotMapping
  readonly timeseries?: TimeseriesMapping
  /** What happens to columns without a target; absent: the run's option. */
  readonly unmapped?: 'add' | 'archive' | 'drop'
  /** Additional indexes, by name. */
  readonly indexes?: Readonly<Record<string, DesignedIndex>>
  /** How Citus distributes a table that is not designed. */
  readonly distribute?: DistributeWords
}

/** How Citus distributes a table: by a column, as a copy on every node, or with its whole schema on one node. */
export type DistributeWords = { readonly column: string } | 'reference' | 'schema'

/** Child rows become a JSON array in `column` of the parent's target row. */
export type FoldMapping = {
  readonly aliases?: readonly string[]
  readonly fold: {
    /** Source table of the same database, into whose rows they are folded. */
    readonly into: string
    readonly column: string
    /** Columns of the child that may refer to the parent, when it declares no foreign key; the parent's may have the same names. */
    readonly by: readonly string[]
  }
}

export type ExcludeMapping = { readonly aliases?: readonly string[]; readonly exclude: string }

export type ColumnMapping = {
  /** Other names of the source column, most likely first; used only when the column's own name does not exist. */
  readonly aliases?: readonly string[]
  /** Columns that fill this one in addition to their own target, when it has no source column and must not be null. */
  readonly orElse?: readonly string[]
  /** The UUID of the row itself: derived from the source's text id, or else from its integer key. */
  readonly identity?: true
  /** A reference to a row of another source table, by that table's identity. */
  readonly references?: { readonly database: string; readonly table: string }
  /** Spellings of a closed list of values; `keep` accepts other values unchanged, `refuse` quarantines their rows. */
  readonly enumeration?: {
    readonly values: Readonly<Record<string, string>>
    readonly others: 'keep' | 'refuse'
  }
  /** The type in PostgreSQL, instead of the designed or chosen one; creates the column when it does not exist. */
  readonly type?: string
  /** The unit of the source column's numbers, when it becomes a time. */
  readonly epoch?: EpochUnit
  /** The conversion of the source column, instead of the one chosen by the census. */
  readonly conversion?: Conversion
  readonly constant?: StoredCell
  /** SQL on the source row, executed on the snapshot only. */
  readonly expression?: string
}

/**
 * One JSON object per target row, from one of three shapes: a column of JSON text (the target column's name or aliases), a row per name
 * (`name` and `value` columns), or a column per name (every number column without another target).
 */
export type PivotMapping = {
  readonly column: string
  readonly name: readonly string[]
  readonly value: readonly string[]
  /** Target columns whose values identify a group, which becomes one row. */
  readonly groupBy: readonly string[]
}

/** A table as PostgreSQL defines it. */
export type DesignedTable = {
  /**
   * By name, in order: the type (including `serial` and `bigserial`), then any of `not null`, `default …`, `references schema.table(column)`.
   */
  readonly columns: Readonly<Record<string, string>>
  readonly primaryKey: readonly string[]
  /** Keys to try in order when the data does not allow `primaryKey`; if none fits, the table has no key. */
  readonly otherKeys?: readonly (readonly string[])[]
  readonly uniques?: readonly (readonly string[])[]
  readonly checks?: Readonly<Record<string, string>>
  readonly indexes?: Readonly<Record<string, DesignedIndex>>
  /** The column of monthly range partitions. */
  readonly partitionByMonth?: string
  readonly distribute?: DistributeWords
  readonly timeseries?: TimeseriesMapping
  /** Where the table differs from the document that the mapping follows, with the reasons. */
  readonly amendments?: Readonly<Record<string, string>>
  readonly comment?: string
}

/** The form of an interval in mapping files and options: `7 days`. */
export const intervalForm = /^[1-9][0-9]{0,5} (minute|hour|day|week|month|year)s?$/

/** A hypertable, if the server has TimescaleDB. Intervals are a number and `minutes`, `hours`, `days` … `years`. */
export type TimeseriesMapping = {
  /** Target column of the time by which chunks are cut. */
  readonly column: string
  /** Interval of a chunk; absent: one month. */
  readonly chunk?: string
  /** Primary key instead of the table's own, which must include the time. */
  readonly key?: readonly string[]
  readonly columnstore?: {
    /** Age at which chunks go into the columnstore. */
    readonly after: string
    readonly segmentby?: readonly string[]
    /** `column` or `column desc`. */
    readonly orderby?: readonly string[]
  }
  /** Rows older than this are deleted. */
  readonly retention?: string
}

export type DesignedIndex = {
  /** `column` or `column desc`. */
  readonly on: readonly string[]
  readonly unique?: boolean
  readonly where?: string
}
