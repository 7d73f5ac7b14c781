/**
 * Reads and writes files that the user named. Invariant: only a regular file is read, up to a maximum size, and only the named file is
 * written, whatever another user of the machine puts in its place meanwhile.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  type Stats,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/** Maximum size of a text that is read completely: a Node string holds at most 512 MB. */
export const MOST_TEXT_BYTES = 500 << 20

/** Why a named file is not used, in words that can end a sentence. */
export class NamedFileError extends Error {}

/**
 * Returns the bytes of a regular file of at most `mostBytes`. Throws `NamedFileError` for a larger file, and for a pipe, a device or a
 * folder, which could block forever; else the file system's error.
 */
export function readNamedFile(file: string, mostBytes: number): Buffer {
  const isOwn = isOwnStream(file)
  const descriptor = openSync(file, constants.O_RDONLY | (isOwn ? 0 : (constants.O_NONBLOCK ?? 0)))
  try {
    const stats = fstatSync(descriptor)
    if (isOwn && !stats.isFile()) return readStream(descriptor, mostBytes)
    if (stats.isDirectory()) throw new NamedFileError('it is a folder')
    if (!stats.isFile()) throw new NamedFileError('it is no ordinary file')
    if (stats.size > mostBytes)
      throw new NamedFileError(`it has ${stats.size} bytes, and at most ${mostBytes} are read`)
    return readFileSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function readStream(descriptor: number, mostBytes: number): Buffer {
  const pieces: Buffer[] = []
  for (let bytes = 0; ; ) {
    const piece = Buffer.alloc(64 << 10)
    const read = readSync(descriptor, piece)
    if (read === 0) return Buffer.concat(pieces)
    bytes += read
    if (bytes > mostBytes) throw new NamedFileError(`at most ${mostBytes} bytes of it are read`)
    pieces.push(piece.subarray(0, read))
  }
}

/**
 * Writes a file that the user named. Follows links of this user and root, but none of other users. `isNew`: an existing file is an error,
 * EEXIST. `isPrivate`: a new file can be read by its owner only. Throws `NamedFileError`, or the file system's error.
 */
export function writeNamedFile(
  file: string,
  text: string,
  { isNew = false, isPrivate = false }: { readonly isNew?: boolean; readonly isPrivate?: boolean } = {},
): void {
  if (!isNew && isOwnStream(file)) {
    writeFileSync(file, text)
    return
  }
  const path = isNew ? join(trusted(dirname(resolve(file))), basename(file)) : trusted(resolve(file))
  const { O_WRONLY, O_CREAT, O_EXCL } = constants
  const flags = O_WRONLY | O_CREAT | (isNew ? O_EXCL : 0)
  const quietly = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
  const descriptor = openWithin(path, flags | quietly, isPrivate ? 0o600 : 0o666)
  try {
    const stats = fstatSync(descriptor)
    if (!stats.isFile()) throw new NamedFileError('it is no ordinary file')
    if (stats.nlink > 1 && isForeign(lstatSync(dirname(path))))
      throw new NamedFileError("it has a second name, and lies in another user's folder")
    ftruncateSync(descriptor)
    writeFileSync(descriptor, text)
  } finally {
    closeSync(descriptor)
  }
}

/** Returns the path with its links resolved, all of which must be ours or root's; a missing part stays as it is. */
function trusted(path: string): string {
  let real = '/'
  const parts = path.split('/').filter((part) => part !== '')
  if (process.getuid === undefined) return existing(path)
  for (const [index, part] of parts.entries()) {
    const next = join(real, part)
    const stats = lstatSync(next, { throwIfNoEntry: false })
    if (stats === undefined) return join(next, ...parts.slice(index + 1))
    if (stats.isSymbolicLink() && isForeign(stats))
      throw new NamedFileError(`${next === path ? 'it' : next} is a link of another user`)
    real = stats.isSymbolicLink() ? existing(next) : next
  }
  return real
}

/** Returns the real path; also for a link to a missing file. */
function existing(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
    return isLink ? resolve(dirname(path), readlinkSync(path)) : path
  }
}

/** Whether the file is a stream of this process: a pipe that the shell made for it, or its terminal. */
function isOwnStream(file: string): boolean {
  return /^\/dev\/(?:std(?:in|out|err)|fd\/\d+|tty)$/.test(file)
}

function isForeign({ uid }: Stats): boolean {
  const own = process.getuid?.()
  return own !== undefined && uid !== own && uid !== 0
}

/** Opens the file in the folder to which its path leads now; on Linux, verifies that the folder was not replaced. */
function openWithin(path: string, flags: number, mode: number): number {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants
  if (process.platform !== 'linux') return openSync(path, flags, mode)
  const folder = openSync(dirname(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  try {
    const held = `/proc/self/fd/${folder}`
    if (readlinkSync(held) !== dirname(path))
      throw new NamedFileError('a folder on the way to it was replaced meanwhile')
    return openSync(join(held, basename(path)), flags, mode)
  } finally {
    closeSync(folder)
  }
}
