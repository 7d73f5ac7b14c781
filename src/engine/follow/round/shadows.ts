/**
 * Our two copies of each source: `old`, the state that is in the target, and `new`, the state of the round under way. Invariant: wherever the
 * program is ended, the round files that are kept bring both copies to the target's round, or `recover` detects that this is impossible.
 */
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { MigrateError } from '../../model/errors.ts'
import { fileReason } from '../../model/file-error.ts'
import type { Mark, RoundDatabase, RoundHeader } from '../../model/follow.ts'
import { formatCount } from '../../model/format-count.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { errorCode, isBusy } from '../../source/base/error-code.ts'
import { flush } from '../../source/base/hash-file.ts'
import { openWritable, type SqliteDatabase } from '../../source/base/sqlite.ts'
import { makePrivateFolder } from '../../source/files/work-folder.ts'
import { readRoundHeader, readRoundPages, writeWhole } from './round-file.ts'

/** The state of the `old` copies: their round, and the marks of the sources at that time. */
export type ShadowState = {
  readonly run: string
  readonly round: number
  /** The round whose pages are being written into `old`, which is meanwhile in neither state; null otherwise. */
  readonly settling: number | null
  readonly takenAt: string
  readonly marks: Readonly<Record<string, Mark>>
  /** Ids of tables of which the target lacks a round, because they were dropped or changed. */
  readonly left?: readonly string[]
}

export class Shadows {
  readonly #folder: string
  readonly #run: string
  readonly #databases: readonly string[]
  #lock: SqliteDatabase | null = null

  /** `folder`: the run's own in the work folder. */
  constructor(folder: string, run: string, databases: readonly string[]) {
    this.#folder = join(folder, 'follow')
    this.#run = run
    this.#databases = databases
  }

  oldFile(database: string): string {
    return join(this.#folder, `${this.#databases.indexOf(database)}.old.db`)
  }

  newFile(database: string): string {
    return join(this.#folder, `${this.#databases.indexOf(database)}.new.db`)
  }

  /** Path of a round's file while it is written; each owner of the following has its own. */
  partFile(epoch: number): string {
    return join(this.#folder, `round.${epoch}.part`)
  }

  roundFile(round: number): string {
    return join(this.#folder, `${round}.round`)
  }

  stagingFile(state: 'old' | 'new'): string {
    return join(this.#folder, `staging.${state}.db`)
  }

  /** A folder for temporary files. */
  get scratch(): string {
    return this.#folder
  }

  get commandLog(): string {
    return join(this.#folder, 'on-cutover.log')
  }

  /** The file that records the command's process. */
  get commandNote(): string {
    return join(this.#folder, 'on-cutover.json')
  }

  /** Locks the copies for this process, until it ends. Returns false when another process has them. */
  lock(): boolean {
    makePrivateFolder(this.#folder)
    this.#lock ??= openWritable(join(this.#folder, 'lock.db'), { timeoutMs: 0 })
    try {
      this.#lock.pragma('journal_mode = delete')
      this.#lock.exec('begin exclusive')
      return true
    } catch (error) {
      if (isBusy(error)) return false
      throw error
    }
  }

  unlock(): void {
    this.#lock?.close()
    this.#lock = null
  }

  /** Makes the copies from the snapshots, which are the state of `round`. */
  begin(snapshots: readonly Snapshot[], round: number): void {
    for (const name of readdirSync(this.#folder)) {
      if (!name.startsWith('lock.db')) rmSync(join(this.#folder, name), { force: true })
    }
    this.#checkSpace(snapshots)
    for (const { database, file } of snapshots) {
      for (const copy of [this.oldFile(database), this.newFile(database)]) {
        copyFileSync(file, copy, constants.COPYFILE_FICLONE)
        flush(copy)
      }
    }
    const takenAt = snapshots.map((snapshot) => snapshot.takenAt).sort()[0] ?? new Date().toISOString()
    this.#writeState({ run: this.#run, round, settling: null, takenAt, marks: {} })
  }

  /** Returns null when there are no complete copies of this run. */
  readState(): ShadowState | null {
    const file = join(this.#folder, 'state.json')
    if (!existsSync(file)) return null
    const state = JSON.parse(readFileSync(file, 'utf8')) as ShadowState
    const isWhole = this.#databases.every(
      (database) => existsSync(this.oldFile(database)) && existsSync(this.newFile(database)),
    )
    return state.run === this.#run && isWhole ? state : null
  }

  /**
   * Brings the copies to the target's round. Returns the header of the next round when its file exists: it was not committed and has to be
   * applied. Throws `follow-diverged` when the copies cannot be brought to the target's round.
   */
  recover(targetRound: number): RoundHeader | null {
    const state = this.readState()
    if (state === null) throw diverged(`the files of run ${this.#run} in ${this.#folder} are gone`)
    const done = this.#headerOf(targetRound)
    const next = this.#headerOf(targetRound + 1)
    const isThere = state.round === targetRound && state.settling === null
    const canBeSettled = done !== null && (state.round === targetRound - 1 || state.settling === targetRound)
    if (!isThere && !canBeSettled) {
      throw diverged(
        `the target has round ${targetRound} of it, and the files in ${this.#folder} have round ${state.settling ?? state.round}`,
      )
    }
    if (done !== null) this.settle(done)
    for (const name of readdirSync(this.#folder)) {
      const round = /^(\d+)\.round$/.exec(name)?.[1]
      const isOver = round !== undefined && (next === null || Number(round) !== targetRound + 1)
      if (isOver || name.startsWith('round.')) rmSync(join(this.#folder, name), { force: true })
    }
    if (next !== null) this.writeRound(next)
    return next
  }

  /** Declares the copies to be of the target's round, for a target whose tables are all filled again. */
  adopt(targetRound: number): void {
    const state = this.readState()
    if (state === null) throw diverged(`the files of run ${this.#run} in ${this.#folder} are gone`)
    const settling = state.settling === null ? null : this.#headerOf(state.settling)
    if (settling !== null) this.settle(settling)
    for (const name of readdirSync(this.#folder)) {
      if (name.endsWith('.round')) rmSync(join(this.#folder, name), { force: true })
    }
    for (const database of this.#databases) {
      copyFileSync(this.oldFile(database), this.newFile(database), constants.COPYFILE_FICLONE)
      flush(this.newFile(database))
    }
    this.#writeState({ ...this.readState()!, round: targetRound, settling: null, left: [] })
  }

  /** Makes the part file the round's file: from now on the round is applied, whatever happens. */
  keep(header: RoundHeader, epoch: number): void {
    renameSync(this.partFile(epoch), this.roundFile(header.round))
    flush(this.#folder)
  }

  /** Writes the round's pages into the `new` copies; may be repeated. */
  writeRound(header: RoundHeader, file = this.roundFile(header.round)): void {
    for (const part of header.databases) writePages(file, part, this.newFile(part.database), false)
  }

  /** Writes the pages of a committed round into the `old` copies and removes the round's file. */
  settle(header: RoundHeader): void {
    const file = this.roundFile(header.round)
    const before = this.readState()
    if (before !== null) this.#writeState({ ...before, settling: header.round })
    for (const part of header.databases) {
      writePages(file, part, this.newFile(part.database), true)
      writePages(file, part, this.oldFile(part.database), true)
    }
    const { run, round, takenAt } = header
    const marks = Object.fromEntries(header.databases.map(({ database, mark }) => [database, mark]))
    this.#writeState({ run, round, settling: null, takenAt, marks, left: before?.left ?? [] })
    rmSync(file, { force: true })
  }

  /** Records the tables of which the target lacks a round, before the next round is read. */
  recordLeft(left: readonly string[]): void {
    const state = this.readState()!
    if (left.length !== (state.left ?? []).length) this.#writeState({ ...state, left })
  }

  #headerOf(round: number): RoundHeader | null {
    const file = this.roundFile(round)
    const header = existsSync(file) ? readRoundHeader(file) : null
    return header?.round === round && header.run === this.#run ? header : null
  }

  #writeState(state: ShadowState): void {
    const file = join(this.#folder, 'state.json')
    writeFileSync(`${file}.part`, `${JSON.stringify(state)}\n`, { mode: 0o600, flush: true })
    renameSync(`${file}.part`, file)
    flush(this.#folder)
  }

  #checkSpace(snapshots: readonly Snapshot[]): void {
    const needed = 2 * snapshots.reduce((sum, { file }) => sum + statSync(file).size, 0) + (64 << 20)
    const { bavail, bsize } = statfsSync(this.#folder)
    if (bavail * bsize >= needed) return
    const megabytes = (bytes: number): string => `${formatCount(Math.ceil(bytes / 1_000_000))} MB`
    throw new MigrateError(
      'source',
      'no-space-for-following',
      `Following needs ${megabytes(needed)} in ${this.#folder}, and only ${megabytes(bavail * bsize)} are free.`,
      { hint: 'Free some space, then: gpt-migrate follow.' },
    )
  }
}

/** Turns a failure to write our own files into an error with a sentence; returns any other error as it is. `folder`: the run's. */
export function ownFilesError(error: unknown, folder: string): unknown {
  if (error instanceof MigrateError) return error
  const code = errorCode(error)
  const isFull = code.startsWith('SQLITE_FULL')
  if (!isFull && !/^(ENOSPC|EDQUOT|EMFILE|ENFILE|EROFS|EIO)$/.test(code)) return error
  return new MigrateError(
    'copy',
    'own-files',
    `The files of following in ${folder} can't be written: ${isFull ? 'the disk is full' : fileReason(error)}.`,
    { hint: 'Put that right, then run the same command again: it resumes.', cause: error },
  )
}

function writePages(roundFile: string, part: RoundDatabase, file: string, durably: boolean): void {
  const descriptor = openSync(file, 'r+')
  try {
    readRoundPages(roundFile, part, (page, bytes) => {
      writeWhole(descriptor, bytes, (page - 1) * part.pageSize)
    })
    ftruncateSync(descriptor, part.pageCount * part.pageSize)
    if (durably) fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function diverged(what: string): MigrateError {
  return new MigrateError('copy', 'follow-diverged', `Following can't continue: ${what}.`, {
    hint: "Copy all tables again: gpt-migrate follow --resync '*'. Or move it again: gpt-migrate rollback, then the run again with --follow.",
  })
}
