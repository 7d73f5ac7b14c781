import type { ColumnTally } from './block.ts'
import type { RejectCode } from './conversion.ts'
import type { LongIndexFate, TableName } from './target-schema.ts'

/**
 * What a run will do with every row and cell, counted from the snapshots before anything is written: part of the plan, shown before the
 * confirmation, and compared with the outcome in the report. Plain data; equal plans and snapshots result in an equal forecast.
 */
export type Forecast = {
  /** One entry for each copied or folded table, in the plan's order. */
  readonly tables: readonly ForecastTable[]
  readonly quarantine: {
    readonly rows: number
    readonly byCode: Readonly<Record<string, number>>
  }
  /** Checks and foreign keys that existing rows break: created without validation, for new rows. */
  readonly unvalidated: readonly UnvalidatedConstraint[]
  /** Sequences that cannot continue after the largest key, because it is the last number of its type. */
  readonly sequencesAtEnd: readonly SequenceAtEnd[]
  /** Indexes and keys whose entries are too long for PostgreSQL. */
  readonly longIndexes: readonly LongIndex[]
  /** Rules of existing tables that only the server can judge: it may refuse more rows than are counted here. */
  readonly judgedByServer: readonly ServerRule[]
  /** The exit code of a run that goes as forecast: 6 with `--on-reject fail` and refused rows. */
  readonly exitCode: 0 | 6 | 8
}

export type ForecastTable = {
  readonly tableId: string
  /** `source` = `target` + `quarantined` + `excluded`, as in the report. */
  readonly rows: {
    readonly source: number
    readonly target: number
    readonly quarantined: number
    readonly excluded: number
    /** Rows in the target table; for a pivot, its groups. */
    readonly targetRows: number
  }
  /** Cells of the rows that are kept, by target column in the plan's order; empty for a fold. */
  readonly columns: readonly ColumnTally[]
  /** Reasons for quarantine, most rows first. */
  readonly quarantine: readonly ForecastRefusal[]
  /** Quarantined rows that are too large even for quarantine, which is an error of the plan; absent without any. */
  readonly tooLargeToKeep?: number
}

/** `column`: the source column whose value is refused; null when no single column is the cause. */
export type ForecastRefusal = {
  readonly column: string | null
  readonly code: RejectCode
  readonly rows: number
}

export type UnvalidatedConstraint = TableName & {
  readonly kind: 'check' | 'foreign-key'
  readonly name: string
  /** Source rows that break it. */
  readonly rows: number
  readonly reason: 'rows-break-it' | 'orphans' | 'rows-in-quarantine'
}

export type SequenceAtEnd = TableName & {
  readonly column: string
  /** The largest key, as decimal text. */
  readonly last: string
  /** The number that the next row gets: the first one after the last gap; null when no number is left. */
  readonly next: string | null
}

export type LongIndex = TableName & LongIndexFate

export type ServerRule = TableName & {
  /** `partition`: no partition of the table accepts the row; `name` is then the table's name. */
  readonly kind: 'check' | 'unique' | 'exclusion' | 'foreign-key' | 'domain' | 'partition' | 'trigger'
  readonly name: string
}

/** The outcome for constraints, sequences and long indexes. */
export type SchemaOutcome = {
  /** Unvalidated checks and foreign keys of the tables that the run created. */
  readonly unvalidated: readonly (TableName & { readonly name: string })[]
  /** For each sequence that was forecast to be at its end: the number that the next row gets; null when none is left. */
  readonly next: readonly (SequenceAtEnd & { readonly found: string | null })[]
  readonly longIndexes: readonly (LongIndex & { readonly found: LongIndex['fate'] | 'created' })[]
}

/** A foreign key that is filled last, and the number of rows whose parent is missing when no trigger interferes. */
export type UnfillableKey = {
  readonly schema: string
  readonly table: string
  readonly name: string
  readonly rows: number
}
