/** The memory limit of a process that runs SQLite's own code on an untrusted file. */
import { totalmem } from 'node:os'

/** How the process ends itself when it has more memory than it may. Its default action is to end the process. */
export const OUT_OF_MEMORY: NodeJS.Signals = 'SIGUSR2'

/** Four large values at a time, or six tenths of what the machine, or the container, has; GPT_MIGRATE_MEMORY in megabytes says otherwise. */
export function memoryBound(): number {
  const wanted = Number(process.env.GPT_MIGRATE_MEMORY ?? '')
  if (wanted > 0) return wanted * 1_000_000
  const constrained = process.constrainedMemory()
  const whole = constrained > 0 && constrained < totalmem() ? constrained : totalmem()
  return Math.max(1_500_000_000, Math.min(5_000_000_000, whole * 0.6))
}
