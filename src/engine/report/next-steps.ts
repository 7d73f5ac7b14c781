/** What the user can do after the run, as lines of a summary. Invariant: each command works as printed, in the same folder. */
import { dirname, join } from 'node:path'
import type { LiveStep } from '../model/report.ts'
import { shellWord } from '../model/shell-word.ts'
import { publicUrl, type TargetAddress } from '../target/address/address.ts'

type NextSteps = {
  readonly address: TargetAddress
  /** The embedded server that is the target; null for any other. */
  readonly embedded: {
    readonly folder: string
    readonly keepsRunning: boolean
    /** The server's password file. */
    readonly passwordFile: string
  } | null
  /** The command's target options, such as `--target URL`; null to use the address. */
  readonly targetOptions: string | null
  /** The equivalent command without questions. */
  readonly command: string
  /** False when commands cannot ask and need `--yes`. */
  readonly canAsk: boolean
  /** Number of databases that were copied into the work folder. */
  readonly snapshots: number
  readonly keepDays: number
  readonly reportFile: string
  /** ISO 8601 instant. */
  readonly finishedAt: string
  readonly stopped: boolean
  readonly quarantined: number
  /** The last month with a partition, such as `2025-07`; null without monthly partitions. */
  readonly lastMonth: string | null
  /** Number of steps for operators in the report. */
  readonly operations: number
}

export function nextSteps(input: NextSteps): string[] {
  const { address, embedded, command, snapshots, keepDays, reportFile, finishedAt, stopped } = input
  const kept = new Date(Date.parse(finishedAt) + keepDays * 86_400_000).toISOString().slice(0, 10)
  const where = join(dirname(reportFile), 'snapshots')
  const target = targetWords(input)
  const steps = [
    ...databaseSteps(input),
    `Report    ${join(dirname(reportFile), 'report.html')} (for programs: report.json beside it)`,
  ]
  if (input.quarantined > 0) steps.push(`Rejects   npx gpt-migrate rejects${target}`)
  if (stopped) steps.push(`Resume    ${command}`)
  // Before the less urgent steps: a small screen shows only the first ones.
  steps.push(`Undo      npx gpt-migrate rollback${target}${input.canAsk ? '' : ' --yes'}`)
  if (!stopped)
    steps.push(
      `Verify    npx gpt-migrate verify${target}`,
      `Fallback  ${snapshots === 1 ? 'the snapshot' : `${snapshots} snapshots`} in ${where}, kept until ${kept}`,
    )
  if (!stopped && input.lastMonth !== null)
    steps.push(
      `Months    partitions are there until ${input.lastMonth}`,
      `More      npx gpt-migrate partitions${target}`,
    )
  if (input.operations > 0)
    steps.push(
      `Operate   ${input.operations} things to see to next, each with its command, are in the report`,
    )
  // A typed password is not repeated, and the printed commands do not ask for one.
  if (embedded === null && address.isPasswordTyped === true)
    steps.push('Password  is in none of these commands: put it into PGPASSWORD or ~/.pgpass')
  return steps
}

/** Continues the steps after a cut-over or a move: removes those that are refused from then on, and adds the next command. */
export function continuedSteps(steps: readonly string[], last: LiveStep['what']): string[] {
  const target =
    steps.map((step) => /^Verify +npx gpt-migrate verify(.*)$/.exec(step)?.[1]).find(Boolean) ?? ''
  const replaced = /^(Undo|Back|Forward|Cut over) /
  return [...steps.filter((step) => !replaced.test(step)), `${nextCommands[last]}${target}`]
}

const nextCommands = {
  'cut-over': 'Back      npx gpt-migrate fallback --to ./fallback',
  'moved-back': 'Forward   npx gpt-migrate follow',
  'forward-again': 'Cut over  npx gpt-migrate cutover --dry-run',
} as const satisfies Record<LiveStep['what'], string>

/** Returns the options that name the target in a printed command, with a leading space. */
export function targetWords({
  address,
  embedded,
  targetOptions,
}: Pick<NextSteps, 'address' | 'embedded' | 'targetOptions'>): string {
  if (embedded !== null) return ` --target ${shellWord(`embedded:${embedded.folder}`)}`
  if (targetOptions === null) return ` --target ${shellWord(publicUrl(address))}`
  return targetOptions === '' ? '' : ` ${targetOptions}`
}

/** Returns the psql command for the target; null when the server will be stopped. */
export function psqlWords({ address, embedded }: Pick<NextSteps, 'address' | 'embedded'>): string | null {
  const psql = `psql ${shellWord(publicUrl(address))}`
  if (embedded === null) return psql
  return embedded.keepsRunning ? `PGPASSFILE=${shellWord(embedded.passwordFile)} ${psql}` : null
}

function databaseSteps({ address, embedded }: NextSteps): string[] {
  const url = publicUrl(address)
  if (embedded === null) return [`Database  ${url}`]
  if (embedded.keepsRunning) return [`Database  ${psqlWords({ address, embedded })}`]
  return [
    `Database  in ${embedded.folder}; to start its server:`,
    `Serve     npx gpt-migrate serve ${shellWord(embedded.folder)}`,
  ]
}
