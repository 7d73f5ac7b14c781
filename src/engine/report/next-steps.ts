/** What a person can do after the run, as lines of a summary. */
import { dirname, join } from 'node:path'
import { publicUrl, type TargetAddress } from '../target/address.ts'

export function nextSteps(input: {
  readonly address: TargetAddress
  /** The embedded server that is the target; null for any other. */
  readonly embedded: { readonly folder: string; readonly keepsRunning: boolean } | null
  /** The command that does the same without questions. */
  readonly command: string
  /** How many databases were copied into the work folder. */
  readonly snapshots: number
  readonly keepDays: number
  readonly reportFile: string
  /** ISO 8601 instant. */
  readonly finishedAt: string
  readonly stopped: boolean
}): string[] {
  const { address, embedded, command, snapshots, keepDays, reportFile, finishedAt, stopped } = input
  const kept = new Date(Date.parse(finishedAt) + keepDays * 86_400_000).toISOString().slice(0, 10)
  const where = join(dirname(reportFile), 'snapshots')
  const place = embedded === null ? publicUrl(address) : `embedded:${embedded.folder}`
  const target = address.role === undefined ? place : `${place} --role ${address.role}`
  const undo = `Undo      npx gpt-migrate rollback --target ${target}`
  const steps = [`Database  ${publicUrl(address)}`, `Report    ${reportFile}`]
  if (embedded !== null && !embedded.keepsRunning)
    steps.push(`Serve     npx gpt-migrate serve ${embedded.folder}`)
  if (stopped) return [...steps, `Resume    ${command}`, undo]
  return [
    ...steps,
    `Fallback  ${snapshots === 1 ? 'the snapshot' : `${snapshots} snapshots`} in ${where}, kept until ${kept}`,
    undo,
    `Again     ${command}`,
  ]
}
