/**
 * Where a run did something else than was foretold. Invariant: of a run that came to its end, every row and cell is compared; where
 * the target's own rules were left to the server, only what they cannot have changed.
 */
import type { Forecast, ForecastTable } from '../model/forecast.ts'
import type { QuarantineTally } from '../model/journal.ts'
import { type Plan, tableIdOf } from '../model/plan.ts'
import type { Deviation, ReportTable } from '../model/report.ts'
import type { TargetTable } from '../model/target-schema.ts'

export function deviationsFrom(
  { schema }: Pick<Plan, 'schema'>,
  forecast: Forecast,
  tables: readonly ReportTable[],
  quarantine: readonly QuarantineTally[],
): readonly Deviation[] {
  const found = new Map(tables.map((table) => [tableIdOf(table.database, table.table), table]))
  return forecast.tables.flatMap((foretold) => {
    const table = found.get(foretold.tableId)
    if (table === undefined) return []
    const reasons = quarantine.filter(({ tableId }) => tableId === foretold.tableId)
    return isLeftToServer(schema.tables, table, reasons) ? [] : compareTable(foretold, table, reasons)
  })
}

/** An existing table has rules of its own: rows that the server refused by one take their cells with them. */
function isLeftToServer(
  targets: readonly TargetTable[],
  { target }: ReportTable,
  reasons: readonly QuarantineTally[],
): boolean {
  if (target === null || 'fold' in target) return false
  const isExisting = targets.some(
    ({ schema, table, existing }) => existing && schema === target.schema && table === target.table,
  )
  return isExisting && reasons.some(({ code }) => code === 'refused-by-server')
}

function compareTable(
  foretold: ForecastTable,
  { rows, columns }: ReportTable,
  reasons: readonly QuarantineTally[],
): Deviation[] {
  const { tableId } = foretold
  const deviations: Deviation[] = []
  const compare = (column: string | null, what: string, said: number | string, done: number | string) => {
    if (said !== done) deviations.push({ tableId, column, what, foretold: String(said), found: String(done) })
  }
  compare(null, 'rows in the target', foretold.rows.target, rows.target)
  compare(null, 'rows excluded', foretold.rows.excluded, rows.excluded)
  const whys = new Map<string, { column: string | null; code: string; said: number; done: number }>()
  const whyOf = (column: string | null, code: string) => {
    const key = `${code} ${column ?? ''}`
    const why = whys.get(key) ?? { column, code, said: 0, done: 0 }
    whys.set(key, why)
    return why
  }
  for (const { column, code, rows: count } of foretold.quarantine) whyOf(column, code).said += count
  for (const { column, code, rows: count } of reasons) whyOf(column, code).done += count
  for (const { column, code, said, done } of whys.values())
    compare(column, `rows in quarantine as ${code}`, said, done)
  for (const column of foretold.columns) {
    const done = columns.find(({ target }) => target === column.target)
    if (done === undefined) continue
    for (const kind of ['exact', 'normalized', 'rounded'] as const)
      compare(column.target, `cells ${kind}`, column[kind], done.cells[kind])
    compare(column.target, 'largest error', column.maxError ?? 'none', done.maxError ?? 'none')
  }
  return deviations
}
