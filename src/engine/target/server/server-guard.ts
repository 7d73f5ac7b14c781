/**
 * Ends a server that was started for us when our process ends, however it ends. Invariant: the guard is a process of its own that waits for
 * the end of a pipe which only we hold, so it needs no polling and works after SIGKILL.
 */
import { spawn } from 'node:child_process'
import { parse } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startedFile } from '../../threads/started-file.ts'
import { serverEnvironment } from './server-programs.ts'

/** Tells the guard that it is no longer needed. */
export const DISMISSED = 'dismissed'

const entry = fileURLToPath(startedFile('server-guard-main', import.meta.url))

export type ServerGuard = {
  /** Ends the guard; the server stays, or has ended already. */
  dismiss(): void
}

export function guardServer(pid: number, dataFolder: string): ServerGuard {
  const child = spawn(process.execPath, [entry, String(pid), dataFolder], {
    cwd: parse(dataFolder).root,
    env: serverEnvironment(),
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    windowsHide: true,
  })
  // Without a guard, we stop the server ourselves if we still can.
  child.on('error', () => {})
  child.stdin.on('error', () => {})
  child.unref()
  const pipe = child.stdin as typeof child.stdin & { unref?(): void }
  pipe.unref?.()
  return {
    dismiss() {
      if (!pipe.writableEnded) pipe.end(DISMISSED)
    },
  }
}
