/** Writes the report in the format that the file's name ends with. */
import type { Report } from '../model/report.ts'
import { writePrivateFile } from '../source/files/work-folder.ts'
import { htmlReport } from './html-report.ts'
import { markdownReport } from './markdown-report.ts'

export function saveReport(report: Report, file: string): void {
  writePrivateFile(file, renderReport(report, file))
}

/** The report as `.html`, `.md`, or else JSON. */
export function renderReport(report: Report, file: string): string {
  if (file.endsWith('.html')) return htmlReport(report)
  if (file.endsWith('.md')) return markdownReport(report)
  return `${JSON.stringify(report, null, 2)}\n`
}
