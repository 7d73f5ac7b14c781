/**
 * The verdict before the run: a plan with what the run will do to every cell. Invariant: it comes from the snapshots, the plan and
 * what was asked of the server before planning; nothing is written but the staging file of folds and pivots.
 */
import type { Census } from '../../model/census.ts'
import { ROWS_NOT_READABLE } from '../../model/finding.ts'
import type { Forecast, ForecastTable, ServerRule, UnvalidatedConstraint } from '../../model/forecast.ts'
import { type Plan, tableIdOf } from '../../model/plan.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { largestCounted } from '../../source/base/row-size.ts'
import type { OrphanSets } from '../../source/staging/orphans.ts'
import { buildStaging, needsStaging } from '../../source/staging/staging.ts'
import { forecastTables } from './forecast-tables.ts'

export type ForecastInput = {
  readonly plan: Plan
  readonly snapshots: readonly Snapshot[]
  readonly censuses: readonly Census[]
  readonly orphans: OrphanSets
  /** Path of the staging file, which is made here. */
  readonly stagingFile: string
  readonly onProgress: (rows: number) => void
  /** A plan of the same snapshots with its forecast: what did not change is taken from it. */
  readonly before?: { readonly plan: Plan; readonly orphans: OrphanSets } | undefined
}

/** The plan with its forecast. */
export async function forecastPlan(input: ForecastInput): Promise<Plan> {
  const { plan, snapshots, censuses, orphans, stagingFile, onProgress } = input
  if (plan.findings.some(({ severity }) => severity === 'error')) return plan
  const staging = needsStaging(plan) ? stagingFile : null
  if (staging !== null) buildStaging(plan, snapshots, staging)
  const tablesCounted = censuses.flatMap(({ database, tables }) =>
    tables.map((table) => [tableIdOf(database, table.table), table] as const),
  )
  const tables = await forecastTables({
    plan,
    snapshots,
    staging,
    orphans,
    censuses: new Map(tablesCounted),
    largestRows: Object.fromEntries(tablesCounted.map(([id, table]) => [id, largestCounted(table)])),
    known: unchangedTables(input),
    onProgress,
  })
  const quarantine = sumQuarantine(tables)
  return {
    ...plan,
    forecast: {
      tables,
      quarantine,
      unvalidated: unvalidatedKeys(plan, orphans),
      spentSequences: [],
      longIndexes: [],
      judgedByServer: serverRules(plan),
      exitCode: exitCodeOf(input, quarantine.rows),
    },
  }
}

function exitCodeOf({ plan }: ForecastInput, quarantined: number): Forecast['exitCode'] {
  if (quarantined > 0 && plan.options.onReject === 'fail') return 6
  const isIncomplete = plan.findings.some(({ code }) => code === ROWS_NOT_READABLE)
  return quarantined > 0 || isIncomplete ? 8 : 0
}

/** Of tables that are only filled, what no snapshot tells: whether rows keep the target's own keys and checks. */
function serverRules({ schema }: Plan): ServerRule[] {
  return schema.tables
    .filter(({ existing }) => existing)
    .flatMap(({ schema: name, table, primaryKey, uniques, checks }) => [
      ...[primaryKey, ...uniques].flatMap((key) =>
        key === null ? [] : [{ schema: name, table, kind: 'unique' as const, name: key.name }],
      ),
      ...checks.map((check) => ({ schema: name, table, kind: 'check' as const, name: check.name })),
    ])
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

function unvalidatedKeys(plan: Plan, orphans: OrphanSets): UnvalidatedConstraint[] {
  return plan.schema.tables.flatMap(({ schema, table, foreignKeys }) =>
    foreignKeys
      .filter(({ validated }) => !validated)
      .map(({ name, columns }) => ({
        schema,
        table,
        kind: 'foreign-key' as const,
        name,
        rows: rowsOfOrphans(plan, orphans, { schema, table }, columns),
        reason: 'orphans' as const,
      })),
  )
}

function rowsOfOrphans(
  plan: Plan,
  orphans: OrphanSets,
  target: { readonly schema: string; readonly table: string },
  columns: readonly string[],
): number {
  return orphans
    .filter(({ tableId, reference }) => {
      const fate = plan.tables.find(({ id }) => id === tableId)?.fate
      if (fate?.kind !== 'copy') return false
      const { copy } = fate
      const isHere = copy.target.schema === target.schema && copy.target.table === target.table
      return isHere && columns.includes(copy.references[reference]?.target ?? '')
    })
    .reduce((sum, { rows }) => sum + rows, 0)
}

/** Tables of the forecast before whose plan, target and orphans are the same now. */
function unchangedTables({ plan, orphans, before }: ForecastInput): ReadonlyMap<string, ForecastTable> {
  const known = new Map<string, ForecastTable>()
  if (before?.plan.forecast === undefined) return known
  const isSame = (id: string): boolean =>
    signatureOf(plan, orphans, id) === signatureOf(before.plan, before.orphans, id)
  for (const table of before.plan.forecast.tables) {
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
  const target =
    copy === null
      ? null
      : plan.schema.tables.find(
          ({ schema, table: name }) => schema === copy.target.schema && name === copy.target.table,
        )
  const sets = orphans.filter(({ tableId }) => tableId === id)
  const required = target?.columns.map(({ name, nullable, type }) => [name, nullable, type])
  return JSON.stringify([table, required, sets])
}
