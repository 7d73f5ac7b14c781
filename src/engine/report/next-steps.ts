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
  const { embedded } = request
  const target = embedded === null ? publicUrl(address) : `embedded:${embedded.folder}`
  const undo = `Undo      npx gpt-migrate rollback --target ${target}`
  const steps = [`Database  ${publicUrl(address)}`, `Report    ${reportFile}`]
  if (embedded !== null && !embedded.keepsRunning)
    steps.push(`Serve     npx gpt-migrate serve ${embedded.folder}`)
  if (stopped) return [...steps, `Resume    ${command}`, undo]
  return [
    ...steps,
    `Fallback  ${prepared.snapshots.length === 1 ? 'the snapshot' : `${prepared.snapshots.length} snapshots`} in ${where}, kept until ${kept}`,
    undo,
    `Again     ${command}`,
  ]
}
