/** Completes a typed path from the names in its folder. Invariant: only names are read; a folder that cannot be listed offers none. */
import { readdirSync, statSync } from 'node:fs'
import { resolve } from 'node:path'

type PathCompletion = {
  /** The typed text, extended by what all matching names have in common; a folder ends in a slash. */
  readonly text: string
  /** The matching names. */
  readonly choices: readonly string[]
}

/** `home` replaces a leading `~`, which stays as typed. Hidden names are offered only when the typed name begins with a dot. */
export function completePath(typed: string, home: string | null): PathCompletion {
  const text = typed === '~' ? '~/' : typed
  const start = Math.max(text.lastIndexOf('/'), text.lastIndexOf('\\')) + 1
  const [before, begun] = [text.slice(0, start), text.slice(start)]
  const folder =
    before === '' ? '.' : home !== null && /^~[/\\]/.test(before) ? home + before.slice(1) : before
  const choices = namesIn(folder).filter(
    (name) => name.startsWith(begun) && (begun.startsWith('.') || !name.startsWith('.')),
  )
  if (choices.length === 0) return { text, choices }
  const common = choices.reduce(commonStart)
  const isWholeFolder = choices.length === 1 && isFolder(resolve(folder, common))
  return { text: `${before}${common}${isWholeFolder ? '/' : ''}`, choices }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted()
  } catch {
    return []
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

function commonStart(a: string, b: string): string {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return a.slice(0, length)
}
