/** Makes nested folders. Invariant: it ends, unlike Node's recursive mkdir below a folder in which none can be made, such as /proc. */
import { mkdirSync, statSync } from 'node:fs'
import { dirname, parse, resolve } from 'node:path'

/** Makes the folder and missing ones above it; existing ones stay as they are. Throws the system's error. */
export function makeFolders(folder: string, mode: number): void {
  const path = resolve(folder)
  for (const one of [...foldersAbove(path), path]) {
    if (isFolder(one)) continue
    try {
      mkdirSync(one, { mode })
    } catch (error) {
      // Another process may have made it meanwhile.
      if (!isFolder(one)) throw error
    }
  }
}

/** Returns the folders above an absolute path, from the root down. */
export function foldersAbove(path: string): string[] {
  const folders: string[] = []
  for (let at = dirname(path); ; at = dirname(at)) {
    folders.unshift(at)
    if (at === parse(at).root) return folders
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
