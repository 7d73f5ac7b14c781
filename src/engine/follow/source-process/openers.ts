/** Which processes have files open, as far as the system shows. Invariant: a process that cannot be inspected makes the answer incomplete. */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import type { Opener } from '../../model/live-answers.ts'

export type Openers = { readonly openers: readonly Opener[]; readonly isComplete: boolean }

/** `except`: our own processes. */
export function findOpeners(paths: readonly string[], except: ReadonlySet<number>): Openers {
  let processes: string[]
  try {
    processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    return { openers: [], isComplete: false }
  }
  const watched = watchedFiles(paths)
  const openers: Opener[] = []
  let isComplete = processes.length > 0
  for (const name of processes) {
    const id = Number(name)
    if (except.has(id)) continue
    const found = openedBy(name, watched)
    if (found === 'unseen') isComplete = false
    else if (found !== null) openers.push({ process: id, name: nameOf(name), path: found })
  }
  return { openers, isComplete }
}

type Watched = {
  /** File names that belong to a source; the last part of a path is the same in every container. */
  readonly names: ReadonlySet<string>
  /** Sources by path and by identity. */
  readonly sources: ReadonlyMap<string, string>
}

function watchedFiles(paths: readonly string[]): Watched {
  const names = new Set<string>()
  const sources = new Map<string, string>()
  for (const path of paths) {
    for (const end of ['', '-wal', '-shm', '-journal']) {
      names.add(basename(path) + end)
      sources.set(path + end, path)
      const identity = identityOf(path + end)
      if (identity !== null) sources.set(identity, path)
    }
  }
  return { names, sources }
}

/** Returns device and inode of the file behind a path, following links; null when there is none. */
export function identityOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${dev}:${ino}`
  } catch {
    return null
  }
}

function openedBy(id: string, { names, sources }: Watched): string | 'unseen' | null {
  let descriptors: string[]
  try {
    descriptors = readdirSync(`/proc/${id}/fd`)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'unseen' : null
  }
  for (const descriptor of descriptors) {
    const link = `/proc/${id}/fd/${descriptor}`
    try {
      const path = readlinkSync(link).replace(/ \(deleted\)$/, '')
      if (!names.has(basename(path))) continue
      const source = sources.get(path) ?? sources.get(identityOf(link) ?? '')
      if (source !== undefined) return source
    } catch {
      // The descriptor was closed meanwhile.
    }
  }
  return null
}

function nameOf(id: string): string {
  try {
    return readFileSync(`/proc/${id}/comm`, 'utf8').trim()
  } catch {
    return 'unknown'
  }
}
