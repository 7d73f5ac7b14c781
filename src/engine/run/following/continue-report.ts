/**
 * Continues a run's reports: cut over, moved back, followed again. Invariant: the run's own results stay as they were, apart from the next
 * steps; a report that is gone or cannot be written changes nothing of what has happened.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunContext } from '../../events/run-context.ts'
import { readRun } from '../../journal/journal.ts'
import { toPlainError } from '../../model/errors.ts'
import type { LiveStep, Report } from '../../model/report.ts'
import { continuedSteps } from '../../report/next-steps.ts'
import { saveReport } from '../../report/save-report.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { folderOf } from '../prepare/resume.ts'

export async function continueReport(
  connection: Connection,
  run: string,
  step: LiveStep,
  { emit }: Pick<RunContext, 'emit'>,
): Promise<void> {
  try {
    const record = await readRun(connection, run)
    if (record === null) return
    const file = join(folderOf(record), 'report.json')
    if (!existsSync(file)) return
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report
    const continued: Report = {
      ...report,
      live: [...(report.live ?? []), step],
      nextSteps: continuedSteps(report.nextSteps, step.what),
    }
    for (const name of [file, join(folderOf(record), 'report.html')]) saveReport(continued, name)
  } catch (error) {
    const message = `The report was not continued: ${toPlainError(error).message}`
    emit({ type: 'finding', finding: { severity: 'warning', code: 'report-not-written', message } })
  }
}
