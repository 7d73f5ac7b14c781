/** What a person can do after the run, as lines of a summary. */
import { dirname, join } from 'node:path'
import type { MigrateRequest } from '../run/migrate.ts'
import { publicUrl } from '../target/address.ts'

export function nextSteps(input: {
  readonly request: MigrateRequest
  readonly reportFile: string
  readonly finishedAt: string
  readonly stopped: boolean
}): string[] {
  const { request, reportFile, finishedAt, stopped } = input
  const { address, keepDays, command, prepared } = request
  const kept = new Date(Date.parse(finishedAt) + keepDays * 86_400_000).toISOString().slice(0, 10)
  const where = join(dirname(reportFile), 'snapshots')
  const url = publicUrl(address)
  const steps = [`Database  ${url}`, `Report    ${reportFile}`]
  if (stopped) return [...steps, `Resume    ${command}`, `Undo      npx gpt-migrate rollback --target ${url}`]
  return [
    ...steps,
    `Fallback  ${prepared.snapshots.length} snapshots in ${where}, kept until ${kept}`,
    `Undo      npx gpt-migrate rollback --target ${url}`,
    `Again     ${command}`,
  ]
}
