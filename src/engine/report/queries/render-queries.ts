/** Renders the report on the application's SQL in the format of a file name's extension. Pure. */
import type { QueriesReport } from '../../model/queries.ts'
import { queriesHtml } from './html.ts'
import { queriesMarkdown } from './markdown.ts'
import { queriesSarif } from './sarif.ts'

/** `.html`, `.md`, `.sarif`; JSON for any other extension. */
export function renderQueries(report: QueriesReport, file: string): string {
  if (file.endsWith('.html')) return queriesHtml(report)
  if (file.endsWith('.md')) return queriesMarkdown(report)
  if (file.endsWith('.sarif')) return queriesSarif(report)
  return `${JSON.stringify(report, null, 2)}\n`
}
