/**
 * Where a run deviated from its forecast. Invariant: of a run that ended normally, every row and cell is compared; a table of which the
 * server refused rows by rules that only it can judge is not compared.
 */
import type { Forecast, ForecastTable, SchemaOutcome } from '../model/forecast.ts'
import type { QuarantineTally } from '../model/journal.ts'
import { type Plan, tableIdOf, tablesInto } from '../model/plan.ts'
import type { Deviation, ReportTable } from '../model/report.ts'
import { isSameTable, type TableName } from '../model/target-schema.ts'

export function deviationsFrom(
  forecast: Forecast,
  tables: readonly ReportTable[],
  quarantine: readonly QuarantineTally[],
): readonly Deviation[] {
  const found = new Map(tables.map((table) => [tableIdOf(table.database, table.table), table]))
  return forecast.tables.flatMap((expected) => {
    const table = found.get(expected.tableId)
    if (table === undefined) return []
    const reasons = quarantine.filter(({ tableId }) => tableId === expected.tableId)
    return isLeftToServer(forecast, table, reasons) ? [] : compareTable(expected, table, reasons)
  })
}

/** Whether rows were refused by a rule that only the server can judge; their cells are missing in the table's counts. */
function isLeftToServer(
  { judgedByServer }: Forecast,
  { target }: ReportTable,
  reasons: readonly QuarantineTally[],
): boolean {
  if (target === null || 'fold' in target) return false
  const hasRule = judgedByServer.some((rule) => isSameTable(rule, target))
  return hasRule && reasons.some(({ code }) => code === 'refused-by-server')
}

function compareTable(
  expected: ForecastTable,
  { rows, columns }: ReportTable,
  reasons: readonly QuarantineTally[],
): Deviation[] {
  const { tableId } = expected
  const deviations: Deviation[] = []
  const compare = (column: string | null, what: string, said: number | string, done: number | string) => {
    if (said !== done) deviations.push({ tableId, column, what, forecast: String(said), found: String(done) })
  }
  compare(null, 'rows in the target', expected.rows.target, rows.target)
  compare(null, 'rows excluded', expected.rows.excluded, rows.excluded)
  const whys = new Map<string, { column: string | null; code: string; said: number; done: number }>()
  const whyOf = (column: string | null, code: string) => {
    const key = `${code} ${column ?? ''}`
    const why = whys.get(key) ?? { column, code, said: 0, done: 0 }
    whys.set(key, why)
    return why
  }
  for (const { column, code, rows: count } of expected.quarantine) whyOf(column, code).said += count
  for (const { column, code, rows: count } of reasons) whyOf(column, code).done += count
  for (const { column, code, said, done } of whys.values())
    compare(column, `rows in quarantine as ${code}`, said, done)
  for (const column of expected.columns) {
    const done = columns.find(({ target }) => target === column.target)
    if (done === undefined) continue
    for (const kind of ['exact', 'normalized', 'rounded'] as const)
      compare(column.target, `cells ${kind}`, column[kind], done.cells[kind])
    compare(column.target, 'largest error', column.maxError ?? 'none', done.maxError ?? 'none')
  }
  return deviations
}

/** Returns differences of keys, constraints and sequences from the forecast, by the first source table that fills their table. */
export function schemaDeviations(
  plan: Plan,
  forecast: Forecast,
  { unvalidated, next, longIndexes }: SchemaOutcome,
): readonly Deviation[] {
  const idOf = (target: TableName): string =>
    tablesInto(plan, target)[0]?.id ?? `${target.schema}.${target.table}`
  const keyOf = ({ schema, table, name }: TableName & { readonly name: string }): string =>
    JSON.stringify([schema, table, name])
  const expected = new Set(forecast.unvalidated.map(keyOf))
  const found = new Set(unvalidated.map(keyOf))
  const differing = [
    ...unvalidated.filter((one) => !expected.has(keyOf(one))).map((one) => ({ one, isValid: false })),
    ...forecast.unvalidated.filter((one) => !found.has(keyOf(one))).map((one) => ({ one, isValid: true })),
  ]
  const losesRows = (table: TableName): boolean =>
    forecast.tables.some(({ tableId, rows }) => tableId === idOf(table) && rows.quarantined > 0)
  const word = (isValid: boolean): string => (isValid ? 'validated' : 'not validated')
  return [
    ...differing.map(({ one, isValid }) => ({
      tableId: idOf(one),
      column: null,
      what: `constraint ${one.name}`,
      forecast: word(!isValid),
      found: word(isValid),
    })),
    // The row with the last number may be in quarantine.
    ...next
      .filter((sequence) => sequence.next !== sequence.found && !losesRows(sequence))
      .map((sequence) => ({
        tableId: idOf(sequence),
        column: sequence.column,
        what: 'number of the next row',
        forecast: sequence.next ?? 'none',
        found: sequence.found ?? 'none',
      })),
    ...longIndexes
      .filter((index) => index.fate !== index.found)
      .map((index) => ({
        tableId: idOf(index),
        column: null,
        what: `index ${index.name}`,
        forecast: index.fate,
        found: index.found,
      })),
  ]
}
