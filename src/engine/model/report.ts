import type { Amendment, Finding } from './finding.ts'
import type { Forecast } from './forecast.ts'
import type { OperationStep } from './operations.ts'
import type { TableName } from './target-schema.ts'
import type { Trial } from './trial.ts'

/** `report.json`, version 1: fields may be added, but never renamed. */
export type Report = {
  readonly version: 1
  readonly status: 'ok' | 'quarantined' | 'mismatch' | 'failed' | 'stopped'
  readonly exitCode: number
  readonly run: string
  readonly startedAt: string
  readonly finishedAt: string
  readonly mapping: string
  readonly sources: readonly {
    readonly path: string
    readonly database: string
    readonly bytes: number
    readonly sha256: string
    readonly snapshot: string
  }[]
  readonly target: { readonly version: string; readonly database: string; readonly host: string }
  /** What was tried on the target before the run. */
  readonly trials?: readonly Trial[]
  readonly tables: readonly ReportTable[]
  readonly findings: readonly Finding[]
  readonly amendments: readonly Amendment[]
  readonly quarantine: {
    readonly rows: number
    readonly byCode: Readonly<Record<string, number>>
  }
  /** The forecast, and where the run deviated from it; absent when no forecast was made. */
  readonly forecast?: Forecast & { readonly deviations: readonly Deviation[] }
  readonly verify: {
    readonly level: VerifyLevel
    readonly ok: boolean
    readonly differences: readonly Difference[]
    /** Checks of the target besides its rows: sequences, constraints, indexes, partitions, the write test. */
    readonly checks: readonly VerifyCheck[]
  }
  readonly phases: readonly { readonly phase: string; readonly seconds: number }[]
  readonly nextSteps: readonly string[]
  /** Next steps for operators of the database; absent when the run did not finish. */
  readonly operations?: readonly OperationStep[]
  /** The environment of the run. */
  readonly environment?: {
    /** Version of gpt-migrate. */
    readonly program: string
    readonly node: string
    /** Operating system and processor, such as `Linux 6.8 x64`. */
    readonly system: string
    readonly cores: number
  }
  /** Why the run failed. */
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string | null }
  /** What happened to the run afterwards, in order; absent when nothing has. */
  readonly live?: readonly LiveStep[]
}

/** `at`: ISO 8601 instant. */
export type LiveStep =
  | {
      readonly what: 'cut-over'
      readonly at: string
      /** Rounds of following since the run, and the rows that they changed. */
      readonly rounds: number
      readonly rows: { readonly inserted: number; readonly updated: number; readonly deleted: number }
      readonly fencedMs: number
      /** Null when there was no command, a signal ended it, or it still ran. */
      readonly commandExitCode: number | null
      readonly proof: 'proven' | 'differs' | 'not-made'
      readonly quarantined: number
    }
  | {
      readonly what: 'moved-back'
      readonly at: string
      readonly folder: string
      readonly fencedMs: number
      /** Number of rows that the files refuse. */
      readonly aside: number
      readonly lateWrites: number
    }
  | { readonly what: 'forward-again'; readonly at: string; readonly folder: string }

export type VerifyLevel = 'none' | 'count' | 'checksum' | 'full'

export type ReportTable = {
  readonly database: string
  readonly table: string
  readonly target: TableName | { readonly fold: TableName & { readonly column: string } } | null
  /** For a target table that several databases share: the value of its rows in the column for the origin. */
  readonly origin?: string
  /** `source` = `target` + `quarantined` + `excluded`; for a pivot or fold, `target` counts the source rows that it holds. */
  readonly rows: {
    readonly source: number
    readonly target: number
    readonly quarantined: number
    readonly excluded: number
    /** Rows in the target table when it differs from `target`: a pivot's groups. */
    readonly targetRows?: number
  }
  readonly columns: readonly ReportColumn[]
  readonly checksum: { readonly source: string; readonly target: string; readonly match: boolean } | null
  /** Readers by which this command copied the table: `pages`, `sqlite`, or both; null when it copied none of its blocks. */
  readonly copyReader: string | null
  /** The reader that read the snapshot again for the verification. */
  readonly reader: string | null
  readonly seconds: number
}

export type ReportColumn = {
  readonly source: string | null
  readonly target: string | null
  readonly type: string | null
  readonly conversion: string
  readonly cells: { readonly exact: number; readonly normalized: number; readonly rounded: number }
  /** Largest absolute error of a rounded cell as decimal text. */
  readonly maxError: string | null
}

export type Difference = {
  readonly table: string
  readonly kind: 'missing-row' | 'extra-row' | 'changed' | 'count' | 'checksum'
  readonly key: string | null
  readonly column: string | null
  readonly source: string | null
  readonly target: string | null
}

/** A count that differs from the forecast; `column` is a target column, or the source column of a refusal. */
export type Deviation = {
  readonly tableId: string
  readonly column: string | null
  readonly what: string
  readonly forecast: string
  readonly found: string
}

export type VerifyCheck = {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
  /** Whether its detail may explain differences: then it is printed with them although it passed. */
  readonly explains?: true
}
