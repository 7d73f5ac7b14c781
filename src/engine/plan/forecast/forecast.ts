/**
 * The verdict before the run: what the run will do to every cell of a plan. Invariant: it comes from the snapshots, the plan and what the
 * server answered before planning; only the staging file of folds and pivots is written.
 */

import type { Census } from '../../model/census.ts'
import { type Finding, ROWS_NOT_READABLE } from '../../model/finding.ts'
import type { Forecast, ForecastTable, UnfillableKey } from '../../model/forecast.ts'
import { findTargetTable, type KeptOutRows, type Plan, tableIdOf } from '../../model/plan.ts'
import { rejectSentences } from '../../model/reject-sentences.ts'
import type { Snapshot, SnapshotQueries } from '../../model/snapshot.ts'
import { isSameTable, type TableName } from '../../model/target-schema.ts'
import { largestRowsOf } from '../../source/base/row-size.ts'
import type { OrphanSets } from '../../source/staging/orphans.ts'
import { buildStaging, needsStaging } from '../../source/staging/staging.ts'
import { quoteIdentifier, quoteTable } from '../../syntax/postgres-names.ts'
import { findUnchangedJson } from '../base/unchanged-json.ts'
import { longIndexes, sequencesAtEnd, serverRules, unvalidatedConstraints } from './forecast-schema.ts'
import { forecastTables } from './forecast-tables.ts'

type ForecastInput = {
  readonly plan: Plan
  readonly snapshots: readonly Snapshot[]
  readonly censuses: readonly Census[]
  readonly orphans: OrphanSets
  readonly queries: SnapshotQueries
  /** Path of the staging file, which is made here. */
  readonly stagingFile: string
  readonly onProgress: (rows: number) => void
  /** An earlier plan of the same snapshots, whose forecast is reused for unchanged tables. */
  readonly before?: { readonly plan: Plan; readonly orphans: OrphanSets } | undefined
}

/** Returns the plan with its forecast; a plan with errors gets none. */
export async function forecastPlan(input: ForecastInput): Promise<Plan> {
  const { plan, snapshots, censuses, orphans, queries, stagingFile, onProgress } = input
  if (plan.findings.some(({ severity }) => severity === 'error')) return plan
  const staging = needsStaging(plan) ? stagingFile : null
  if (staging !== null) buildStaging(plan, snapshots, staging)
  const counted = new Map(
    censuses.flatMap(({ database, tables }) =>
      tables.map((table) => [tableIdOf(database, table.table), table] as const),
    ),
  )
  const { tables, waiting } = await forecastTables({
    plan,
    snapshots,
    staging,
    orphans,
    censuses: counted,
    largestRows: largestRowsOf(censuses),
    known: unchangedTables(input),
    onProgress,
  })
  const quarantine = sumQuarantine(tables)
  return {
    ...plan,
    findings: [...plan.findings, ...tooLargeFindings(plan, tables), ...notKeptFindings(plan, tables)],
    forecast: {
      tables,
      quarantine,
      unvalidated: unvalidatedConstraints(plan, orphans, waiting),
      sequencesAtEnd: sequencesAtEnd(plan, counted, queries),
      longIndexes: longIndexes(plan),
      judgedByServer: serverRules(plan),
      exitCode: exitCodeOf(plan, quarantine.rows),
    },
    unchangedJson: findUnchangedJson(plan, counted),
  }
}

/** Returns the plan with what the server showed about existing tables; `tables` replace those of the same id. */
export function withForeseen(
  plan: Plan,
  forecast: Forecast,
  {
    tables: refused,
    judgedByServer,
    keptOut,
    unfillable,
  }: Pick<Forecast, 'tables' | 'judgedByServer'> & {
    readonly keptOut: readonly KeptOutRows[]
    readonly unfillable: readonly UnfillableKey[]
  },
): Plan {
  const tables = forecast.tables.map(
    (table) => refused.find(({ tableId }) => tableId === table.tableId) ?? table,
  )
  const quarantine = sumQuarantine(tables)
  const exitCode = exitCodeOf(plan, quarantine.rows)
  return {
    ...plan,
    findings: [...plan.findings, ...cycleFindings(plan, tables, judgedByServer, unfillable)],
    forecast: { ...forecast, tables, quarantine, judgedByServer, exitCode },
    ...(keptOut.length > 0 && { keptOut }),
  }
}

/** When triggers hide the outcome of a cycle: its key is filled after the rows, so that a value without parent row stops the run. */
function cycleFindings(
  plan: Plan,
  tables: readonly ForecastTable[],
  judgedByServer: Forecast['judgedByServer'],
  unfillable: readonly UnfillableKey[],
): Finding[] {
  const refusedOf = (place: string): number =>
    tables.reduce((sum, { tableId, rows }) => {
      const fate = plan.tables.find(({ id }) => id === tableId)?.fate
      return fate?.kind === 'copy' && quoteTable(fate.copy.target) === place ? sum + rows.quarantined : sum
    }, 0)
  return plan.schema.tables.flatMap((target) =>
    target.foreignKeys.flatMap(({ name, filledLater, references }): Finding[] => {
      const isThis = (rule: TableName & { readonly name: string }): boolean =>
        rule.name === name && isSameTable(rule, target)
      if (filledLater !== true || !judgedByServer.some(isThis)) return []
      const named = unfillable.find(isThis)?.rows
      const count = named ?? refusedOf(quoteTable(references))
      if (count === 0) return []
      const child = `${target.schema}.${target.table}`
      const parent = `${references.schema}.${references.table}`
      const inRows = count === 1 ? '1 row' : `${count} rows`
      const values =
        named === undefined
          ? `A value that names a row of ${parent} that goes to quarantine (${inRows} of it)`
          : `Its value in ${inRows} names a row of ${parent} that goes to quarantine or is missing, as far as is known without triggers; that`
      return [
        {
          severity: named === undefined ? 'warning' : 'error',
          code: 'cycle-names-refused',
          message: `${child} is in a cycle of foreign keys: ${name} is filled once all tables have their rows. ${values} stops the run there (exit code 6).`,
          hint: `Correct those rows in the source first; or disable the triggers for the run, so that the rows go to quarantine: alter table ${quoteTable(references)} disable trigger user; alter table ${quoteTable(target)} disable trigger user; or run without the constraint: alter table ${quoteTable(target)} drop constraint ${quoteIdentifier(name)}.`,
          count,
        },
      ]
    }),
  )
}

/** Returns a finding, with a workaround, about rows that are too large for a page of the server. */
function tooLargeFindings(plan: Plan, tables: readonly ForecastTable[]): Finding[] {
  return tables.flatMap(({ tableId, quarantine }) => {
    const rows = quarantine.find(({ code }) => code === 'row-too-large')?.rows ?? 0
    const table = plan.tables.find(({ id }) => id === tableId)
    if (rows === 0 || table === undefined) return []
    return {
      severity: 'warning',
      code: 'row-too-large',
      message: `In ${JSON.stringify(table.table)}, ${rows === 1 ? '1 row needs' : `${rows} rows need`} more than the 8,160 bytes that a row of PostgreSQL may have; ${rows === 1 ? 'it goes' : 'they go'} to quarantine, whole.`,
      hint: 'To have them whole, write the plan (gpt-migrate plan --out plan.yaml), gather columns in it into one of type jsonb (from: {kind: gather, columns: [...]}), and run it with --plan plan.yaml.',
      database: table.database,
      table: table.table,
      tableId,
      count: rows,
    }
  })
}

/** Returns errors about rows that can neither be moved nor quarantined, so that the run does not begin. */
function notKeptFindings(plan: Plan, tables: readonly ForecastTable[]): Finding[] {
  return tables.flatMap(({ tableId, quarantine, tooLargeToKeep: rows = 0 }) => {
    const table = plan.tables.find(({ id }) => id === tableId)
    if (rows === 0 || table === undefined || plan.options.onReject === 'fail') return []
    const reasons = quarantine.map(
      ({ column, code }) => `${column === null ? '' : `${column}: `}${rejectSentences[code]}`,
    )
    return {
      severity: 'error',
      code: 'too-large-for-quarantine',
      message: `In ${JSON.stringify(table.table)}, ${rows === 1 ? '1 row' : `${rows} rows`} cannot be moved (${reasons.join('; ')}), and with more than 380 MB ${rows === 1 ? 'is' : 'are'} too large for quarantine.`,
      hint: `Correct the value in the source, leave the table out with --exclude ${table.table}, or choose another type for the column in a plan file.`,
      database: table.database,
      table: table.table,
      tableId,
      count: rows,
    }
  })
}

function exitCodeOf(plan: Plan, quarantined: number): Forecast['exitCode'] {
  if (quarantined > 0 && plan.options.onReject === 'fail') return 6
  const isIncomplete = plan.findings.some(({ code }) => code === ROWS_NOT_READABLE)
  return quarantined > 0 || isIncomplete ? 8 : 0
}

function sumQuarantine(tables: readonly ForecastTable[]): Forecast['quarantine'] {
  const byCode: Record<string, number> = {}
  let rows = 0
  for (const refusal of tables.flatMap(({ quarantine }) => quarantine)) {
    byCode[refusal.code] = (byCode[refusal.code] ?? 0) + refusal.rows
    rows += refusal.rows
  }
  return { rows, byCode }
}

/** Returns the tables of the earlier forecast whose plan, target and orphans are unchanged. */
function unchangedTables({ plan, orphans, before }: ForecastInput): ReadonlyMap<string, ForecastTable> {
  const known = new Map<string, ForecastTable>()
  if (before?.plan.forecast === undefined) return known
  const isSame = (id: string): boolean =>
    signatureOf(plan, orphans, id) === signatureOf(before.plan, before.orphans, id)
  for (const table of before.plan.forecast.tables) {
    // Judged again, since the references to its rows in quarantine need their keys.
    if (table.rows.quarantined > 0) continue
    const own = plan.tables.find(({ id }) => id === table.tableId)
    const folds = own?.fate.kind === 'copy' ? own.fate.copy.folds.map(({ tableId }) => tableId) : []
    const parent = own?.fate.kind === 'fold' ? [own.fate.into] : []
    if ([table.tableId, ...folds, ...parent].every(isSame)) known.set(table.tableId, table)
  }
  return known
}

function signatureOf(plan: Plan, orphans: OrphanSets, id: string): string {
  const table = plan.tables.find((one) => one.id === id)
  const copy = table?.fate.kind === 'copy' ? table.fate.copy : null
  const target = copy === null ? null : findTargetTable(plan, copy.target)
  const sets = orphans.filter(({ tableId }) => tableId === id)
  const required = target?.columns.map(({ name, nullable, type }) => [name, nullable, type])
  return JSON.stringify([table, required, sets])
}
