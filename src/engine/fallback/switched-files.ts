/**
 * Copies of the files as of when the application is moved back to them, from which following would continue. Invariant: they are flushed to
 * disk before the switch is committed, and equal PostgreSQL's state at that time.
 */
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { MigrateError } from '../model/errors.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { databaseFileIn } from '../rows/database-file.ts'
import { chooseFileNames } from '../source/base/database-names.ts'
import { flush, hashFile } from '../source/base/hash-file.ts'
import { makePrivateFolder } from '../source/files/work-folder.ts'
import { STATE_FOLDER } from './folder.ts'

const CHUNK_BYTES = 1 << 20

type Pair = { readonly file: string; readonly copy: string }

export class SwitchedFiles {
  readonly #pairs: readonly Pair[]

  private constructor(pairs: readonly Pair[]) {
    this.#pairs = pairs
  }

  /** Copies the files while PostgreSQL is still written to, so that little is left to do under the fence. */
  static copy(folder: string, databases: readonly string[]): SwitchedFiles {
    const pairs = pairsIn(folder, databases)
    makePrivateFolder(join(folder, STATE_FOLDER, 'switched'))
    try {
      for (const { file, copy } of pairs) {
        rmSync(copy, { force: true })
        copyFileSync(file, copy, constants.COPYFILE_FICLONE)
        flush(copy)
      }
    } catch (error) {
      for (const { copy } of pairs) rmSync(copy, { force: true })
      throw new MigrateError(
        'source',
        'files-not-copied',
        `The files in ${folder} cannot be copied for a later way forward: ${(error as Error).message}.`,
        { hint: 'The folder needs room for its files once more. Nothing was changed.', cause: error },
      )
    }
    return new SwitchedFiles(pairs)
  }

  /** Brings the copies to the files' present state. No other process may have the files open, and no transaction may be active. */
  refresh(): void {
    for (const pair of this.#pairs) copyDifferences(pair)
  }
}

/** Returns the copies as snapshots of the application's files. Throws `switched-files` when one is missing. */
export async function readSwitchedFiles(
  folder: string,
  databases: readonly string[],
  takenAt: string,
): Promise<readonly Snapshot[]> {
  const snapshots: Snapshot[] = []
  for (const [index, { file, copy }] of pairsIn(folder, databases).entries()) {
    const bytes = statSync(copy, { throwIfNoEntry: false })?.size
    if (bytes === undefined) {
      throw new MigrateError(
        'source',
        'switched-files',
        `${copy} is gone: it held ${file} as it was when the application was moved back to it.`,
        { hint: 'Move the files with a run of their own, into another database.' },
      )
    }
    snapshots.push({
      database: databases[index]!,
      path: file,
      file: copy,
      bytes,
      sha256: await hashFile(copy),
      takenAt,
    })
  }
  return snapshots
}

export function removeSwitchedFiles(folder: string): void {
  rmSync(join(folder, STATE_FOLDER, 'switched'), { recursive: true, force: true })
}

function pairsIn(folder: string, databases: readonly string[]): readonly Pair[] {
  const names = chooseFileNames(databases)
  return databases.map((database, index) => ({
    file: databaseFileIn(folder, database),
    copy: join(folder, STATE_FOLDER, 'switched', names[index]!),
  }))
}

/**
 * Returns the folder's files whose contents differ from their copies. A missing copy counts as different, a missing file does not. A changed
 * journal mode is no difference.
 */
export function filesWrittenSince(folder: string, databases: readonly string[]): readonly string[] {
  return pairsIn(folder, databases)
    .filter((pair) => existsSync(pair.file) && isWritten(pair))
    .map(({ file }) => file)
}

function isWritten({ file, copy }: Pair): boolean {
  const log = statSync(`${file}-wal`, { throwIfNoEntry: false })
  const then = statSync(copy, { throwIfNoEntry: false })
  if ((log?.size ?? 0) > 0 || then?.size !== statSync(file).size) return true
  const [from, to] = [openSync(file, 'r'), openSync(copy, 'r')]
  try {
    let isDifferent = false
    eachChunk(from, to, (at, now, before) => {
      if (at === 0) for (const bytes of [now, before]) forgetJournalMode(bytes)
      isDifferent ||= !now.equals(before)
    })
    return isDifferent
  } finally {
    closeSync(from)
    closeSync(to)
  }
}

/** Clears the header fields that a change of the journal mode changes (https://www.sqlite.org/fileformat2.html, section 1.3). */
function forgetJournalMode(bytes: Buffer): void {
  for (const [from, to] of [
    [18, 20],
    [24, 28],
    [92, 100],
  ] as const)
    bytes.fill(0, from, to)
}

function copyDifferences({ file, copy }: Pair): void {
  const [from, to] = [openSync(file, 'r'), openSync(copy, 'r+')]
  try {
    const bytes = eachChunk(from, to, (at, now, before) => {
      if (!now.equals(before)) writeSync(to, now, 0, now.length, at)
    })
    ftruncateSync(to, bytes)
    fsyncSync(to)
  } finally {
    closeSync(from)
    closeSync(to)
  }
}

/** Reads two files side by side, to the end of the first. Returns the size of the first in bytes. */
function eachChunk(one: number, other: number, visit: (at: number, a: Buffer, b: Buffer) => void): number {
  const [a, b] = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)]
  for (let at = 0; ; ) {
    const length = readSync(one, a, 0, CHUNK_BYTES, at)
    if (length === 0) return at
    visit(at, a.subarray(0, length), b.subarray(0, readSync(other, b, 0, length, at)))
    at += length
  }
}
