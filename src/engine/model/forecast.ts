import type { ColumnTally } from './block.ts'
import type { RejectCode } from './conversion.ts'
import type { LongIndexFate, TableName } from './target-schema.ts'

/**
 * What a run will do with every row and cell, counted from the snapshots before anything is written: part of the plan, shown before
 * the confirm, compared with what happened in the report. Plain data; equal plans and snapshots give an equal forecast.
 */
export type Forecast = {
  /** One for each table plan that is copied or folded, in the plan's order. */
  readonly tables: readonly ForecastTable[]
  readonly quarantine: {
    readonly rows: number
    readonly byCode: Readonly<Record<string, number>>
  }
  /** Checks and foreign keys that rows break: created for new rows, not validated. */
  readonly unvalidated: readonly UnvalidatedConstraint[]
  /** Sequences that cannot continue after the largest key, which is the last number of its type. */
  readonly sequencesAtEnd: readonly SequenceAtEnd[]
  /** Indexes and keys with entries that are too long for an index of PostgreSQL. */
  readonly longIndexes: readonly LongIndex[]
  /** Rules of existing tables that only the server can judge: it may refuse more rows than are counted here. */
  readonly judgedByServer: readonly ServerRule[]
  /** The exit code of a run that goes as forecast: 6 with `--on-reject fail` and rows that are refused. */
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
    /** Rows in the target table: a pivot's groups. */
    readonly targetRows: number
  }
  /** Cells of the rows that are kept, by target column in the plan's order; [] for a fold. */
  readonly columns: readonly ColumnTally[]
  /** Why rows go to quarantine, most rows first. */
  readonly quarantine: readonly ForecastRefusal[]
  /** Of those, rows that are too large even for quarantine, where there are any: the plan has an error then. */
  readonly tooLargeToKeep?: number
}

/** `column`: the source column whose value is refused; null where no single one is to blame. */
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
  /** The number that the next row gets: the first one after the last gap; null when all are taken. */
  readonly next: string | null
}

export type LongIndex = TableName & LongIndexFate

export type ServerRule = TableName & {
  /** `partition`: rows that no partition of the table takes; `name` is the table's. */
  readonly kind: 'check' | 'unique' | 'exclusion' | 'foreign-key' | 'domain' | 'partition' | 'trigger'
  readonly name: string
}

/** What became of constraints, sequences and long indexes. */
export type SchemaOutcome = {
  /** Checks and foreign keys of the tables that the run created. */
  readonly unvalidated: readonly (TableName & { readonly name: string })[]
  /** Of each column whose sequence is forecast to be at its end: the number that the next row gets, null when none is left. */
  readonly next: readonly (SequenceAtEnd & { readonly found: string | null })[]
  readonly longIndexes: readonly (LongIndex & { readonly found: LongIndex['fate'] | 'created' })[]
}

/** A foreign key that is filled last, and how many rows have a value of it that names none, as far as is seen without triggers. */
export type UnfillableKey = {
  readonly schema: string
  readonly table: string
  readonly name: string
  readonly rows: number
}
