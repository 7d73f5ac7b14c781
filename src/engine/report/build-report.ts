/** Makes the report from the plan, the journal and the verdicts. Invariant: every number in it comes from the journal or a check. */

import { sumTallies } from '../encode/numbers/column-tally.ts'
import type { BlockOutcome, SourceTally } from '../model/block.ts'
import type { Conversion } from '../model/conversion.ts'
import type { PlainError } from '../model/errors.ts'
import type { Finding } from '../model/finding.ts'
import type { SchemaOutcome } from '../model/forecast.ts'
import type { BlockRecord, QuarantineTally } from '../model/journal.ts'
import type { OperationStep } from '../model/operations.ts'
import {
  type ColumnOrigin,
  type CopyPlan,
  findTargetTable,
  type Plan,
  type TablePlan,
} from '../model/plan.ts'
import type { Report, ReportColumn, ReportTable } from '../model/report.ts'
import type { Snapshot } from '../model/snapshot.ts'
import type { TableVerdict, Verification } from '../model/verification.ts'
import { deviationsFrom, schemaDeviations } from './deviations.ts'
import { isIncomplete, verdictOf } from './verdict.ts'

type ReportInput = {
  readonly run: string
  readonly startedAt: string
  readonly finishedAt: string
  readonly plan: Plan
  readonly snapshots: readonly Snapshot[]
  readonly target: Report['target']
  readonly records: readonly BlockRecord[]
  readonly quarantine: readonly QuarantineTally[]
  /** By table id. */
  readonly copyReaders: ReadonlyMap<string, ReadonlySet<string>>
  readonly verify: Verification
  /** Null for a run that did not end normally. */
  readonly schemaOutcome: SchemaOutcome | null
  readonly tableSeconds: ReadonlyMap<string, number>
  readonly phases: Report['phases']
  readonly stoppedBy: 'SIGINT' | 'SIGTERM' | null
  readonly error: PlainError | null
  /** Findings of the plan and of the run. */
  readonly findings: readonly Finding[]
  readonly nextSteps: readonly string[]
  readonly operations: readonly OperationStep[]
  readonly environment: NonNullable<Report['environment']>
}

/** Blocks, tallies of source rows, and verdicts of the verification, each by table id. */
type Copied = {
  readonly blocks: ReadonlyMap<string, readonly BlockRecord[]>
  readonly sources: ReadonlyMap<string, readonly SourceTally[]>
  readonly verdicts: ReadonlyMap<string, TableVerdict>
}

export function buildReport(input: ReportInput): Report {
  const outcomes = input.records.flatMap(({ outcome }) => outcome ?? [])
  const copied: Copied = {
    blocks: Map.groupBy(input.records, ({ block }) => block.tableId),
    sources: Map.groupBy(
      outcomes.flatMap(({ sources }) => sources),
      ({ tableId }) => tableId,
    ),
    verdicts: new Map(input.verify.verdicts.map((verdict) => [verdict.tableId, verdict])),
  }
  const tables = input.plan.tables.map((table) => reportTable(table, input, copied))
  const quarantined = input.quarantine.reduce((sum, { rows }) => sum + rows, 0)
  const verifyOk =
    input.verify.ran &&
    input.verify.differences.length === 0 &&
    input.verify.verdicts.every((verdict) => verdict.match) &&
    input.verify.checks.every((check) => check.ok)
  const { forecast } = input.plan
  const isOver = input.error === null && input.stoppedBy === null
  const deviations =
    forecast === undefined || !isOver
      ? []
      : [
          ...deviationsFrom(forecast, tables, input.quarantine),
          ...(input.schemaOutcome === null
            ? []
            : schemaDeviations(input.plan, forecast, input.schemaOutcome)),
        ]
  const { status, exitCode } = verdictOf({
    stoppedBy: input.stoppedBy,
    error: input.error,
    verifyOk: input.verify.level === 'none' || verifyOk,
    accounted: tables.every(isAccountedFor),
    asForecast: deviations.length === 0,
    quarantined,
    isIncomplete: isIncomplete(input.findings),
  })
  return {
    version: 1,
    status,
    exitCode,
    run: input.run,
    startedAt: input.startedAt,
    finishedAt: input.finishedAt,
    mapping: input.plan.mapping,
    sources: input.snapshots.map((snapshot) => ({
      path: snapshot.path,
      database: snapshot.database,
      bytes: snapshot.bytes,
      sha256: snapshot.sha256,
      snapshot: snapshot.file,
    })),
    target: input.target,
    tables,
    findings: input.findings,
    amendments: input.plan.amendments,
    quarantine: { rows: quarantined, byCode: byCode(input.quarantine) },
    ...(input.plan.trials === undefined ? {} : { trials: input.plan.trials }),
    ...(forecast === undefined ? {} : { forecast: { ...forecast, deviations } }),
    verify: {
      level: input.verify.level,
      ok: verifyOk,
      differences: input.verify.differences,
      checks: input.verify.checks,
    },
    phases: input.phases,
    nextSteps: input.nextSteps,
    ...(input.operations.length === 0 ? {} : { operations: input.operations }),
    environment: input.environment,
    ...(input.error === null
      ? {}
      : { error: { code: input.error.code, message: input.error.message, hint: input.error.hint } }),
  }
}

function byCode(quarantine: readonly QuarantineTally[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { code, rows } of quarantine) counts[code] = (counts[code] ?? 0) + rows
  return counts
}

/** Whether every source row is loaded, folded, quarantined or excluded. */
function isAccountedFor({ rows }: ReportTable): boolean {
  return rows.source === rows.target + rows.quarantined + rows.excluded
}

function reportTable(table: TablePlan, input: ReportInput, copied: Copied): ReportTable {
  const sourceRows = input.plan.sourceRows[table.id] ?? 0
  const rows = { source: sourceRows, target: 0, quarantined: 0, excluded: 0 }
  for (const source of copied.sources.get(table.id) ?? []) {
    rows.target += source.held
    rows.quarantined += source.quarantined
    rows.excluded += source.excluded
  }
  const outcomes = (copied.blocks.get(table.id) ?? []).flatMap(({ outcome }) => outcome ?? [])
  const base = {
    database: table.database,
    table: table.table,
    seconds: input.tableSeconds.get(table.id) ?? 0,
    copyReader: [...(input.copyReaders.get(table.id) ?? [])].sort().join(', ') || null,
    reader: input.verify.readers.get(table.id) ?? null,
  }
  switch (table.fate.kind) {
    case 'exclude':
      return { ...base, target: null, rows: { ...rows, excluded: sourceRows }, columns: [], checksum: null }
    case 'fold': {
      const { into, column } = table.fate
      const parent = input.plan.tables.find((candidate) => candidate.id === into)
      const target = parent?.fate.kind === 'copy' ? parent.fate.copy.target : null
      return {
        ...base,
        target: target === null ? null : { fold: { ...target, column } },
        rows,
        columns: [],
        checksum: checksumOf(into, copied),
      }
    }
    case 'copy':
      return {
        ...base,
        target: table.fate.copy.target,
        ...(table.fate.copy.among?.kind === 'origins' ? { origin: table.fate.copy.among.value } : {}),
        rows: { ...rows, targetRows: outcomes.reduce((sum, { targetRows }) => sum + targetRows, 0) },
        columns: reportColumns(table.fate.copy, input.plan, outcomes),
        checksum: checksumOf(table.id, copied),
      }
    default:
      return table.fate satisfies never
  }
}

function checksumOf(tableId: string, { verdicts }: Copied): ReportTable['checksum'] {
  const verdict = verdicts.get(tableId)
  return verdict === undefined
    ? null
    : { source: verdict.source, target: verdict.target, match: verdict.match }
}

function reportColumns(copy: CopyPlan, plan: Plan, outcomes: readonly BlockOutcome[]): ReportColumn[] {
  const types = new Map(
    findTargetTable(plan, copy.target)?.columns.map((column) => [column.name, column.type]),
  )
  const tallies = sumTallies(outcomes.flatMap(({ columns }) => columns))
  const columns = copy.columns.flatMap(({ target, from }): ReportColumn[] => {
    const { maxError = null, exact = 0, normalized = 0, rounded = 0 } = tallies.get(target) ?? {}
    const common = {
      target,
      type: types.get(target) ?? null,
      conversion: describeOrigin(from),
      cells: { exact, normalized, rounded },
      maxError,
    }
    const sources = sourceColumnsOf(from, copy)
    return sources.length === 0
      ? [{ source: null, ...common }]
      : sources.map((source) => ({ source, ...common }))
  })
  const left = copy.unmapped.map(
    ({ column, fate }): ReportColumn => ({
      source: column,
      target: null,
      type: null,
      conversion: fate,
      cells: { exact: 0, normalized: 0, rounded: 0 },
      maxError: null,
    }),
  )
  return [...columns, ...left]
}

/** Returns the source columns of which a target column is made; none for a column of folded rows. */
export function sourceColumnsOf(from: ColumnOrigin, { pivot }: CopyPlan): readonly string[] {
  switch (from.kind) {
    case 'column':
      return [from.column]
    case 'gather':
      return from.columns
    case 'pivot':
      return pivot === null ? [] : [pivot.name, pivot.value]
    default:
      return []
  }
}

/** Returns, in a few words, how a target column is made. */
export function describeOrigin(from: ColumnOrigin): string {
  switch (from.kind) {
    case 'column':
      return describeConversion(from.conversion)
    case 'expression':
    case 'rowid':
    case 'row-number':
    case 'constant':
      return `${from.kind}, ${describeConversion(from.conversion)}`
    case 'gather':
    case 'fold':
    case 'pivot':
    case 'nothing':
      return from.kind
    default:
      return from satisfies never
  }
}

function describeConversion(conversion: Conversion): string {
  switch (conversion.kind) {
    case 'timestamptz':
    case 'timestamp':
    case 'date':
      return conversion.epoch === null ? conversion.kind : `${conversion.kind} from ${conversion.epoch}`
    case 'json':
      return conversion.text === 'string' ? 'json string' : 'json'
    default:
      return conversion.kind
  }
}
