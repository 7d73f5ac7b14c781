/** Which processes have files open, as far as the system shows it. Invariant: what cannot be seen is said to be unseen, never absent. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Opener } from '../../model/answers.ts'

export type Openers = { readonly openers: readonly Opener[]; readonly isComplete: boolean }

/** `except`: processes of ours. */
export function findOpeners(paths: readonly string[], except: ReadonlySet<number>): Openers {
  let processes: string[]
  try {
    processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    return { openers: [], isComplete: false }
  }
  const watched = new Map(
    paths.flatMap((path) => ['', '-wal', '-shm', '-journal'].map((end) => [path + end, path])),
  )
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

function openedBy(id: string, watched: ReadonlyMap<string, string>): string | 'unseen' | null {
  let descriptors: string[]
  try {
    descriptors = readdirSync(`/proc/${id}/fd`)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'unseen' : null
  }
  for (const descriptor of descriptors) {
    try {
      const path = watched.get(readlinkSync(`/proc/${id}/fd/${descriptor}`).replace(/ \(deleted\)$/, ''))
      if (path !== undefined) return path
    } catch {
      // It was closed meanwhile.
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
