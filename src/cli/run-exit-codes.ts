/** The exit codes that a run can give, with their general meanings. */
import type { Command } from './command.ts'

export const runExitCodes = {
  ok: true,
  source: true,
  target: true,
  plan: true,
  copy: true,
  verify: true,
  quarantined: true,
  interrupted: true,
  terminated: true,
} as const satisfies Command['exitCodes']
