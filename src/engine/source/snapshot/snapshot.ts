/**
 * Copies the sources into the work folder, all from one moment; all later steps read the copies. Invariant: a snapshot is complete,
 * checkpointed, in rollback mode, without companion files, and its hash is of its final bytes.
 */
import { closeSync, openSync, rmSync, statfsSync, statSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { MigrateError } from '../../model/errors.ts'
import type { Finding } from '../../model/finding.ts'
import { formatCount } from '../../model/format-count.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { restrict } from '../../own-files/permissions.ts'
import { removeLeftovers } from '../../own-files/temporary.ts'
import { chooseFileNames } from '../base/database-names.ts'
import { flushFile, hashFile } from '../base/hash-file.ts'
import { databaseLocked } from '../base/sqlite-errors.ts'
import type { CheckResult } from '../census/inspection-task.ts'
import { type Inspector, openAlone } from '../census/inspector.ts'
import { buildApart } from '../dump/build-apart.ts'
import { isDump } from '../dump/dump-file.ts'
import { areOnOneDevice, CloneRefused, canCloneIn } from '../files/clone-file.ts'
import { cloneSource, copySource, SourceChanged, setRollbackMode } from '../files/copy-source.ts'
import {
  closeAll,
  findRealPath,
  measureOrFail,
  type OpenedSource,
  openAll,
  type SnapshotSource,
} from '../files/open-sources.ts'
import { measureSource } from '../files/source-file.ts'
import { makePrivateFolder } from '../files/work-folder.ts'
import { salvageSnapshot } from './salvage.ts'
import { putStandIns } from './stand-ins.ts'

/** A snapshot with findings about replaced names and, with `salvage`, what `quick_check` found damaged and what was lost. */
export type TakenSnapshot = Snapshot & {
  readonly damage: readonly string[]
  readonly lost: readonly Finding[]
}

type SnapshotOptions = {
  /** The bytes copied so far, of all sources together. */
  readonly onProgress?: (progress: {
    readonly database: string
    readonly bytesDone: number
    readonly bytesTotal: number
  }) => void
  /** Accepts damaged databases too. */
  readonly salvage?: boolean
  /** How long to wait for a file that another program has locked; 10,000 by default. */
  readonly lockTimeoutMs?: number
}

/**
 * Takes a snapshot of every source into `<workFolder>/snapshots/`, in the given order. Read transactions on all of them are opened before
 * the first is copied. After a failure nothing remains. Throws a MigrateError of kind `source`.
 */
export async function takeSnapshots(
  given: readonly SnapshotSource[],
  workFolder: string,
  options: SnapshotOptions = {},
): Promise<TakenSnapshot[]> {
  const copies = await copySources(given, workFolder, options)
  const inspector = await openAlone()
  try {
    return await finishSnapshots(copies, checkCopies(copies, inspector), inspector, options.salvage === true)
  } catch (error) {
    removeCopies(copies)
    throw error
  } finally {
    await inspector.close()
  }
}

/** A snapshot whose pages have not been checked. */
export type SourceCopy = Omit<Snapshot, 'sha256'> & {
  /** Findings about names that only the application registers, and their replacements. */
  readonly standIns: readonly Finding[]
}

/** The first part of `takeSnapshots`. The copies can be read, but their pages have not been checked. */
export async function copySources(
  given: readonly SnapshotSource[],
  workFolder: string,
  options: SnapshotOptions,
): Promise<SourceCopy[]> {
  const sources = given.map(({ database, path }) => ({ database, path: findRealPath(path) }))
  const folder = join(workFolder, 'snapshots')
  makePrivateFolder(workFolder)
  makePrivateFolder(folder)
  let clones = canCloneIn(folder)
  checkFreeSpace(sources, folder, clones)
  // Left by a killed attempt.
  removeLeftovers(folder)
  const files = chooseFileNames(sources.map((source) => source.database)).map((name) => join(folder, name))
  for (let attempt = 1; ; attempt++) {
    try {
      return await takeAll(sources, files, folder, { ...options, clones, isRepeated: attempt > 1 })
    } catch (error) {
      if (error instanceof CloneRefused) {
        clones = false
        continue
      }
      if (!(error instanceof SourceChanged)) throw error
      if (attempt === 5) throw databaseLocked(error.path)
    }
  }
}

async function takeAll(
  sources: readonly SnapshotSource[],
  files: readonly string[],
  folder: string,
  options: SnapshotOptions & { readonly clones: boolean; readonly isRepeated: boolean },
): Promise<SourceCopy[]> {
  const opened: OpenedSource[] = []
  const taken = new Map<SnapshotSource, Pick<SourceCopy, 'file' | 'takenAt' | 'standIns'>>()
  const made: string[] = []
  const fileOf = new Map(sources.map((source, at) => [source, files[at]!]))
  const begin = (source: SnapshotSource): string => {
    const file = fileOf.get(source)!
    made.push(file)
    rmSync(file, { force: true })
    closeSync(openSync(file, 'wx', 0o600))
    return file
  }
  try {
    const dumps = sources.filter(({ path }) => isDump(path))
    opened.push(
      ...openAll(
        sources.filter((source) => !dumps.includes(source)),
        folder,
        options,
      ),
    )
    const sizes = [...opened.map(({ bytes }) => bytes), ...dumps.map(({ path }) => statSync(path).size)]
    const bytesTotal = sizes.reduce((sum, bytes) => sum + bytes, 0)
    let bytesBefore = 0
    const reporter =
      ({ database }: SnapshotSource) =>
      (bytes: number) =>
        options.onProgress?.({ database, bytesDone: bytesBefore + bytes, bytesTotal })
    // A writer to a rollback-mode source has to wait while our transaction is open, so those are copied first.
    for (const one of opened.toSorted((a, b) => rank(a) - rank(b))) {
      const { source, takenAt } = one
      const file = begin(source)
      const onBytes = reporter(source)
      const { clones, isRepeated } = options
      if (clones && !isRepeated && one.reading?.isPlain && areOnOneDevice(source.path, folder))
        await cloneSource(one.reading, source.path, file)
      else await copyOne(one, file, onBytes, isRepeated)
      taken.set(source, { file, takenAt, standIns: putStandIns(file, source.database) })
      bytesBefore += one.bytes
      onBytes(0)
    }
    for (const source of dumps) {
      const file = begin(source)
      const takenAt = new Date().toISOString()
      const onBytes = reporter(source)
      const standIns = await buildApart({ ...source, file, salvage: options.salvage === true, onBytes })
      taken.set(source, { file, takenAt, standIns })
      bytesBefore += statSync(source.path).size
    }
    return sources.map((source) => {
      const copy = taken.get(source)!
      restrict(copy.file, 0o600)
      return { ...source, bytes: statSync(copy.file).size, ...copy }
    })
  } catch (error) {
    removeCopies(made.map((file) => ({ file })))
    throw error
  } finally {
    closeAll(opened)
  }
}

function rank(one: OpenedSource): number {
  return one.reading?.way === 'in-place' && measureSource(one.source.path).wal === null ? 0 : 1
}

async function copyOne(
  one: OpenedSource,
  file: string,
  onBytes: (bytesDone: number) => void,
  keepsLock: boolean,
): Promise<void> {
  if (one.reading !== null) return copySource(one.reading, one.source.path, file, onBytes, keepsLock)
  await rename(one.salvaged!, file)
  setRollbackMode(file)
}

/** Checks the pages of the copies. */
export async function checkCopies(
  copies: readonly SourceCopy[],
  inspector: Inspector,
): Promise<readonly CheckResult[]> {
  const results = await inspector.perform(copies.map(({ file, path }) => ({ kind: 'check', file, path })))
  return results.filter((result) => result.kind === 'check')
}

/**
 * The last part of `takeSnapshots`: hashes the copies, whose pages are being checked. With `salvage`, a damaged copy is replaced by what can be
 * read of it, so no process may have it open.
 */
export async function finishSnapshots(
  copies: readonly SourceCopy[],
  checking: Promise<readonly CheckResult[]>,
  inspector: Inspector,
  salvage: boolean,
): Promise<TakenSnapshot[]> {
  // Flushing waits for the disk while the inspector uses the CPU.
  const flushing = Promise.all(copies.map(({ file }) => flushFile(file)))
  const hashing = inspector.perform(copies.map(({ file }) => ({ kind: 'hash', file })))
  const [checks, hashes] = await Promise.all([checking, hashing, flushing])
  const taken = copies.map(({ standIns, ...copy }, at): TakenSnapshot => {
    const check = checks[at]!
    const hash = hashes[at]!
    if (hash.kind !== 'hash') throw new Error('a snapshot was not hashed')
    if (!salvage) refuseDamage(check.damage, copy)
    return { ...copy, sha256: hash.sha256, damage: check.damage, lost: standIns }
  })
  return Promise.all(
    taken.map(async (one) => {
      if (one.damage.length === 0) return one
      const lost = [...one.lost, ...salvageSnapshot(one)]
      const [sha256] = await Promise.all([hashFile(one.file), flushFile(one.file)])
      return { ...one, bytes: statSync(one.file).size, sha256, lost }
    }),
  )
}

export function removeCopies(copies: readonly Pick<SourceCopy, 'file'>[]): void {
  for (const { file } of copies) {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(file + suffix, { force: true })
  }
}

function refuseDamage(damage: readonly string[], source: SnapshotSource): void {
  if (damage.length === 0) return
  const more = damage.length > 3 ? ` (and ${damage.length - 3} more)` : ''
  throw new MigrateError(
    'source',
    'snapshot-damaged',
    `${source.path} is damaged: ${damage.slice(0, 3).join('; ')}${more}.`,
    {
      hint: 'Restore it from a backup, or move what can still be read with --salvage. To leave it out, name the others: --source FILE.',
    },
  )
}

/** For a resumed run: throws a MigrateError of kind `plan` unless the snapshot still has the same bytes. */
export async function verifySnapshot(snapshot: Snapshot): Promise<void> {
  const size = statSync(snapshot.file, { throwIfNoEntry: false })?.size
  const isSame = size === snapshot.bytes && (await hashFile(snapshot.file)) === snapshot.sha256
  if (isSame) return
  const what = size === undefined ? 'is gone' : 'has changed'
  throw new MigrateError(
    'plan',
    'snapshot-changed',
    `The snapshot of ${snapshot.database} ${what} since the run began: ${snapshot.file}.`,
    {
      hint: 'The run cannot be resumed without it: --start-over and the name of the target database roll it back and begin again.',
    },
  )
}

/** Counts the copies and, where a `-wal` or journal must be recovered first, temporary copies of copies. A clone takes no space. */
function checkFreeSpace(sources: readonly SnapshotSource[], folder: string, clones: boolean): void {
  let needed = 16 * 1024 * 1024
  for (const { path } of sources) {
    const sizes = measureOrFail(path)
    const isAlone = sizes.wal === null && sizes.journal === null && !isDump(path)
    if (clones && isAlone && areOnOneDevice(path, folder)) continue
    const own = sizes.main + (sizes.wal ?? 0)
    const isRecovered = (sizes.journal ?? 0) > 0 || (sizes.wal ?? 0) > 0
    needed += isRecovered ? 2 * own + (sizes.journal ?? 0) : own
  }
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  if (free >= needed) return
  throw new MigrateError(
    'source',
    'no-space-for-snapshots',
    `The snapshots need ${inMegabytes(needed)} in ${folder}, and only ${inMegabytes(free)} are free.`,
    { hint: 'Free some space, or choose another work folder with --work-folder.' },
  )
}

function inMegabytes(bytes: number): string {
  return `${formatCount(Math.ceil(bytes / 1_000_000))} MB`
}
