/** Makes folders one below the other. Invariant: it ends, where Node's recursive mkdir tries forever below a folder that takes none, such as /proc. */
import { mkdirSync, statSync } from 'node:fs'
import { dirname, parse, resolve } from 'node:path'

/** The folder and those above it that are missing; one that is there stays as it is. Throws the system's error. */
export function makeFolders(folder: string, mode: number): void {
  const path = resolve(folder)
  for (const one of [...foldersAbove(path), path]) {
    if (isFolder(one)) continue
    try {
      mkdirSync(one, { mode })
    } catch (error) {
      // Somebody else may have made it meanwhile.
      if (!isFolder(one)) throw error
    }
  }
}

/** From the root down, without the path itself, which is absolute. */
export function foldersAbove(path: string): string[] {
  const folders: string[] = []
  for (let at = dirname(path); ; at = dirname(at)) {
    folders.unshift(at)
    if (at === parse(at).root) return folders
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
