/**
 * Temporary folders. Invariant: each is private and its name holds its process's id, so that the next start removes what
 * a killed one left behind, and nothing of a process that still runs.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { isOurs, refuseUnsafePlace } from './ours.ts'

/** Process ids mean something on one machine only; a folder may be shared by several. */
const machine = hostname().replaceAll(/[^\w]/g, '').slice(0, 24)

/** A new folder, mode 0700, in the system's temporary folder or the one given. Throws `not-ours` where another user could replace it. */
export function makeTemporaryFolder(parent: string = tmpdir()): string {
  refuseUnsafePlace(join(parent, 'inside'), 'temporary', parent)
  removeLeftovers(parent)
  return mkdtempSync(join(parent, `gpt-migrate-${machine}-${process.pid}-`))
}

/** A name for a file or folder of this process, which `removeLeftovers` knows. */
export function temporaryName(suffix: string): string {
  return `gpt-migrate-${machine}-${process.pid}-${suffix}`
}

/** Removes what processes of ours that no longer run left in the folder. What can't be removed stays. */
export function removeLeftovers(parent: string): void {
  let names: string[]
  try {
    names = readdirSync(parent)
  } catch {
    return
  }
  for (const name of names) {
    const found = /^gpt-migrate-(\w+)-(\d+)-[\w.-]+$/.exec(name)
    if (found === null || found[1] !== machine || isRunning(Number(found[2]))) continue
    const path = join(parent, name)
    if (!isOurs(path)) continue
    try {
      rmSync(path, { recursive: true, force: true })
    } catch {}
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
