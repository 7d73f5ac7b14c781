/** Writes the report in the format of the file's extension. */
import type { Report } from '../model/report.ts'
import { writePrivateFile } from '../source/files/work-folder.ts'
import { htmlReport } from './html-report.ts'
import { markdownReport } from './markdown-report.ts'

export function saveReport(report: Report, file: string): void {
  writePrivateFile(file, renderReport(report, file))
}

/** Renders the report for `.html` and `.md`; JSON for any other extension. */
export function renderReport(report: Report, file: string): string {
  if (file.endsWith('.html')) return htmlReport(report)
  if (file.endsWith('.md')) return markdownReport(report)
  return `${JSON.stringify(report, null, 2)}\n`
}
