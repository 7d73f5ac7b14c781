import type { Report } from '../model/report.ts'
import { markdownReport } from './markdown-report.ts'
export function htmlReport(report: Report): string {
  return markdownReport(report)
}
