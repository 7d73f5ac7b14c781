/**
 * The server process of a data folder, known from its postmaster.pid. Invariant: where the system can tell, no signal goes to an unrelated
 * process that reuses the server's process id.
 */
import { readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { MigrateError } from '../../model/errors.ts'

type Postmaster = {
  readonly pid: number
  readonly port: number
  /** Whether it accepts connections. */
  readonly ready: boolean
}

const POLL_MS = 20
const FAST_MS = 30_000
const IMMEDIATE_MS = 60_000

/** postmaster.pid (src/include/utils/pidfile.h): line 1 is the process id, line 4 the port, line 8 `ready` once it accepts connections. */
export function readPidFile(dataFolder: string): Postmaster | null {
  let lines: string[]
  try {
    lines = readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8').split('\n')
  } catch {
    return null
  }
  const pid = Number(lines[0])
  return pid > 0 ? { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' } : null
}

/** Whether the process exists and, where the system can tell, works in the data folder, since the operating system reuses process ids. */
export function isAlive(pid: number, dataFolder: string): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  if (process.platform !== 'linux') return true
  try {
    if (/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return false
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dataFolder)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES'
  }
}

/** Stops the data folder's server, if one runs. */
export async function stopServerAt(dataFolder: string): Promise<void> {
  const state = readPidFile(dataFolder)
  if (state !== null) await stopServer(state.pid, dataFolder)
}

/**
 * Stops the data folder's server, if `pid` is still that server: a fast shutdown and, after half a minute, an immediate one, which is safe
 * too (manual section 18.5). Resolves when it is gone.
 */
export async function stopServer(pid: number, dataFolder: string): Promise<void> {
  if (!isAlive(pid, dataFolder)) return
  const started = Date.now()
  let immediate = false
  send(pid, 'SIGINT')
  while (isAlive(pid, dataFolder)) {
    const elapsedMs = Date.now() - started
    if (!immediate && elapsedMs > FAST_MS) {
      send(pid, 'SIGQUIT')
      immediate = true
    }
    if (elapsedMs > IMMEDIATE_MS) throw notStopped(pid)
    await wait(POLL_MS)
  }
}

function send(pid: number, signal: 'SIGINT' | 'SIGQUIT'): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw notStopped(pid, error)
  }
}

function notStopped(pid: number, cause?: unknown): MigrateError {
  return new MigrateError(
    'target',
    'embedded-not-stopped',
    `The PostgreSQL server (process ${pid}) did not stop.`,
    {
      hint: 'Stop it as the user who started it.',
      cause,
    },
  )
}
