/** The memory limit of a process that runs SQLite's code on an untrusted file. */
import { totalmem } from 'node:os'

/** The signal by which the process ends itself when it exceeds its memory limit; its default action is to end the process. */
export const OUT_OF_MEMORY: NodeJS.Signals = 'SIGUSR2'

/**
 * Returns the limit in bytes: room for four large values, or six tenths of the memory of the machine or container, unless
 * GPT_MIGRATE_MEMORY says another one in megabytes.
 */
export function memoryBound(): number {
  const wanted = Number(process.env.GPT_MIGRATE_MEMORY ?? '')
  if (wanted > 0) return wanted * 1_000_000
  const constrained = process.constrainedMemory()
  const whole = constrained > 0 && constrained < totalmem() ? constrained : totalmem()
  return Math.max(1_500_000_000, Math.min(5_000_000_000, whole * 0.6))
}
