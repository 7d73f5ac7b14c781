/**
 * Temporary folders. Invariant: each is private and has its process's id in its name, so that the next start removes what a killed
 * process left behind, and nothing of a running one.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { isOurs, refuseUnsafePlace } from './ours.ts'

/** Part of the names, since process ids are valid on one machine only, and several may share the folder. */
const machine = hostname().replaceAll(/[^\w]/g, '').slice(0, 24)

/** Makes a folder with mode 0700 in the system's temporary folder, or in `parent`. Throws `not-ours` when another user could replace it. */
export function makeTemporaryFolder(parent: string = tmpdir()): string {
  refuseUnsafePlace(join(parent, 'inside'), 'temporary', parent)
  removeLeftovers(parent)
  return mkdtempSync(join(parent, `gpt-migrate-${machine}-${process.pid}-`))
}

/** Returns a name for a file or folder of this process that `removeLeftovers` recognises. */
export function temporaryName(suffix: string): string {
  return `gpt-migrate-${machine}-${process.pid}-${suffix}`
}

/** Removes what ended processes of ours left in the folder; skips what cannot be removed. */
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
