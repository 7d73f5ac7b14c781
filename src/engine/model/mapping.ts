import type { Conversion, EpochUnit } from './conversion.ts'
import type { StoredCell } from './storage.ts'

/**
 * What is known beforehand of some databases: which table goes where, and what is created for it. Plain data, in the words that
 * a user's mapping file has too. Names of databases, tables and columns match without regard to case or camelCase.
 */
export type Mapping = {
  readonly name: string
  readonly description: string
  /** Created where the server has them. */
  readonly extensions: readonly string[]
  /** Takes the tables of a known database that the mapping doesn't know. */
  readonly otherTables: string
  /** By file name, such as `trading.db`: the role that a file plays. */
  readonly databases: Readonly<Record<string, DatabaseMapping>>
  /** What is created, by schema and table, also where no source has rows for it. */
  readonly schemas: Readonly<Record<string, Readonly<Record<string, DesignedTable>>>>
}

export type DatabaseMapping = { readonly tables: Readonly<Record<string, TableMapping>> }

export type TableMapping = TargetMapping | FoldMapping | ExcludeMapping

export type TargetMapping = {
  /** Other names under which the table may be found. */
  readonly aliases?: readonly string[]
  /** `schema.table`: one of `Mapping.schemas`, else it is made as the automatic mapping would make it. */
  readonly target: string
  /** By target column. Columns that aren't named here match by their own name alone. */
  readonly columns?: Readonly<Record<string, ColumnMapping>>
  /** Source column to target column: stronger than any alias; a target that isn't designed names an added column. */
  readonly rename?: Readonly<Record<string, string>>
  /** Source columns that are not moved, each with the reason. */
  readonly leaveOut?: Readonly<Record<string, string>>
  /** SQL condition on the source row: other rows are excluded. */
  readonly filter?: string
  /** Source columns besides the key by which other tables may name a row, such as a model's name. */
  readonly namedBy?: readonly string[]
  readonly pivot?: PivotMapping
  readonly timeseries?: TimeseriesMapping
  /** Fate of columns without a home; the run's own option when it is missing. */
  readonly unmapped?: 'add' | 'archive' | 'drop'
  /** Further indexes, by name. */
  readonly indexes?: Readonly<Record<string, DesignedIndex>>
  /** How Citus keeps a table that isn't designed. */
  readonly distribute?: DistributeWords
}

/** How Citus keeps a table: spread by a column, a copy on every node, or with its whole schema on one node. */
export type DistributeWords = { readonly column: string } | 'reference' | 'schema'

/** Child rows become a JSON array in `column` of the parent's target row. */
export type FoldMapping = {
  readonly aliases?: readonly string[]
  readonly fold: {
    /** Source table of the same database. */
    readonly into: string
    readonly column: string
    /** Columns of the child that may name the parent, where it declares no foreign key; the parent's may have the same names. */
    readonly by: readonly string[]
  }
}

export type ExcludeMapping = { readonly aliases?: readonly string[]; readonly exclude: string }

export type ColumnMapping = {
  /** Other names of the source column, the likeliest first: used only where the column's own name isn't there. */
  readonly aliases?: readonly string[]
  /** Columns that feed this one besides their own home, when it has none and must not be null. */
  readonly orElse?: readonly string[]
  /** The UUID of the row itself: made from the source's own text id, else from its integer key. */
  readonly identity?: true
  /** Names a row of another source table by that table's identity. */
  readonly references?: { readonly database: string; readonly table: string }
  /** Spellings of a closed list; `keep` lets other values through as they are, `refuse` quarantines their rows. */
  readonly enumeration?: {
    readonly values: Readonly<Record<string, string>>
    readonly others: 'keep' | 'refuse'
  }
  /** The type in PostgreSQL, instead of the designed or the chosen one; makes the column where there is none. */
  readonly type?: string
  /** What the numbers of the source column count, where it becomes a time. */
  readonly epoch?: EpochUnit
  /** How the source column's values are read, where the census would choose otherwise. */
  readonly conversion?: Conversion
  readonly constant?: StoredCell
  /** SQL on the source row, run on the snapshot only. */
  readonly expression?: string
}

/**
 * One JSON object a target row, from any of three shapes: a column of JSON text (the target column's name or aliases), a row for
 * each name (`name` and `value` columns), or a column for each name (every number column that has no other home).
 */
export type PivotMapping = {
  readonly column: string
  readonly name: readonly string[]
  readonly value: readonly string[]
  /** Target columns that make a row one. */
  readonly groupBy: readonly string[]
}

/** A table in the words of PostgreSQL. */
export type DesignedTable = {
  /**
   * By name, in order: the type (`serial` and `bigserial` included), then any of `not null`, `default …`,
   * `references schema.table(column)`.
   */
  readonly columns: Readonly<Record<string, string>>
  readonly primaryKey: readonly string[]
  /**
   * Keys to try in order where the data doesn't allow `primaryKey`; the last resort is no key.
   */
  readonly otherKeys?: readonly (readonly string[])[]
  readonly uniques?: readonly (readonly string[])[]
  readonly checks?: Readonly<Record<string, string>>
  readonly indexes?: Readonly<Record<string, DesignedIndex>>
  /** Column of monthly range partitions. */
  readonly partitionByMonth?: string
  readonly distribute?: DistributeWords
  readonly timeseries?: TimeseriesMapping
  /** What differs here from the document that the mapping follows, and why. */
  readonly amendments?: Readonly<Record<string, string>>
  readonly comment?: string
}

/** A time as it is written in mapping files and options: `7 days`. */
export const intervalForm = /^[1-9][0-9]{0,5} (minute|hour|day|week|month|year)s?$/

/** A hypertable, where the server has TimescaleDB. Times are intervals: a number and `minutes`, `hours`, `days` … `years`. */
export type TimeseriesMapping = {
  /** Target column of the time that it is cut by. */
  readonly column: string
  /** How long a chunk is; a month when missing. */
  readonly chunk?: string
  /** Primary key instead of the table's own: it has to hold the time. */
  readonly key?: readonly string[]
  readonly columnstore?: {
    /** How old a chunk must be to go into the columnstore. */
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
