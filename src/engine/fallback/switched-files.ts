/**
 * The files as they are when the application is moved back to them: what following goes on from, should it move forward again.
 * Invariant: they are on the disk before the switch is committed, and say what PostgreSQL said then.
 */
import {
  closeSync,
  constants,
  copyFileSync,
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
import { hashFile } from '../source/base/hash-file.ts'
import { makePrivateFolder } from '../source/files/work-folder.ts'
import { STATE_FOLDER } from './folder.ts'

const CHUNK_BYTES = 1 << 20

type Pair = { readonly file: string; readonly copy: string }

export class SwitchedFiles {
  readonly #pairs: readonly Pair[]

  private constructor(pairs: readonly Pair[]) {
    this.#pairs = pairs
  }

  /** Copies the files while PostgreSQL is still written, so that little is left to do under the fence. */
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

  /** Brings the copies to what the files are now. Nobody else may have them open, and no transaction may be under way. */
  refresh(): void {
    for (const pair of this.#pairs) copyDifferences(pair)
  }
}

/** The copies as snapshots of the application's files. Throws `switched-files` when one is not there. */
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

function copyDifferences({ file, copy }: Pair): void {
  const from = openSync(file, 'r')
  const to = openSync(copy, 'r+')
  try {
    const [now, then] = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)]
    let at = 0
    for (;;) {
      const length = readSync(from, now, 0, CHUNK_BYTES, at)
      if (length === 0) break
      const known = readSync(to, then, 0, length, at)
      if (known !== length || now.compare(then, 0, length, 0, length) !== 0) writeSync(to, now, 0, length, at)
      at += length
    }
    ftruncateSync(to, at)
    fsyncSync(to)
  } finally {
    closeSync(from)
    closeSync(to)
  }
}

function flush(file: string): void {
  const descriptor = openSync(file, 'r+')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
