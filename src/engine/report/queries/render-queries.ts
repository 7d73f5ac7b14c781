/** The report on the application's SQL in the format that a file's name ends with. Pure. */
import type { QueriesReport } from '../../model/queries.ts'

export function renderQueries(report: QueriesReport, _file: string): string {
  return `${JSON.stringify(report, null, 2)}\n`
}
