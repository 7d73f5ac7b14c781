/**
 * Finds the files in a folder in a stable order. Invariant: every file and folder is visited once, however it can be reached, and no
 * symbolic link leads out of the tree.
 */
import { lstatSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs'
import { basename, join, sep } from 'node:path'
import type { PassedOver } from '../../model/snapshot.ts'
import { errorCode } from '../base/error-code.ts'
import { isRunName } from './work-folder.ts'

const skippedFolders = new Set(['node_modules', '.git', '.gpt-migrate'])

/** Yields the real paths of files, and what is passed over. `root` is a real path. */
export function* walkFolder(root: string): Generator<{ readonly file: string } | PassedOver> {
  const visited = new Set<string>()
  const pending = [root]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const key = identify(statSync(folder, { throwIfNoEntry: false }))
    if (key === null || visited.has(key)) continue
    visited.add(key)
    let names: string[]
    try {
      names = readdirSync(folder).sort()
    } catch (error) {
      yield { path: folder, reason: `The folder cannot be read (${errorCode(error)}).` }
      continue
    }
    const folders: string[] = []
    for (const name of names) {
      const found = resolveEntry(join(folder, name), root)
      if (found.kind === 'folder' && !skippedFolders.has(name) && !isOfRun(found.path))
        folders.push(found.path)
      if (found.kind === 'file') yield { file: found.path }
      if (found.kind === 'passed-over') yield { path: found.path, reason: found.reason }
    }
    pending.push(...folders.reverse())
  }
}

/** Snapshots are not sources; the work folder may have any name, and be in the searched folder. */
function isOfRun(folder: string): boolean {
  return (
    isRunName(basename(folder)) &&
    lstatSync(join(folder, 'snapshots'), { throwIfNoEntry: false }) !== undefined
  )
}

type Entry =
  | { readonly kind: 'file' | 'folder'; readonly path: string }
  | { readonly kind: 'passed-over'; readonly path: string; readonly reason: string }
  | { readonly kind: 'other' }

function resolveEntry(path: string, root: string): Entry {
  const entry = lstatSync(path, { throwIfNoEntry: false })
  if (entry === undefined) return { kind: 'other' }
  if (!entry.isSymbolicLink()) return { kind: kindOf(entry), path } as Entry
  try {
    const real = realpathSync(path)
    if (real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)) {
      const isSkipped = real
        .slice(root.length)
        .split(sep)
        .some((part) => skippedFolders.has(part))
      return isSkipped ? { kind: 'other' } : ({ kind: kindOf(statSync(real)), path: real } as Entry)
    }
    const kind = kindOf(statSync(real))
    if (kind === 'other' || (kind === 'file' && !hasDatabaseName(path))) return { kind: 'other' }
    return {
      kind: 'passed-over',
      path,
      reason: `It is a symbolic link that leads out of the searched folder, to ${real}.`,
    }
  } catch (error) {
    if (!hasDatabaseName(path)) return { kind: 'other' }
    const why = errorCode(error) === 'ELOOP' ? 'leads in a circle' : 'leads nowhere'
    return { kind: 'passed-over', path, reason: `It is a symbolic link that ${why}.` }
  }
}

function kindOf(stats: Stats): 'file' | 'folder' | 'other' {
  return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other'
}

/** Device and inode, which identify a file under any name. */
export function identify(stats: { dev: number | bigint; ino: number | bigint } | undefined): string | null {
  return stats === undefined ? null : `${stats.dev}:${stats.ino}`
}

export function hasDatabaseName(path: string): boolean {
  return /\.(db|db3|sqlite|sqlite3|s3db|sl3)$/i.test(path)
}
