/**
 * Our files of the sources' states, two of each: `old`, the state that is in the target, and `new`, the state of the round under way.
 * Invariant: whatever ends the program, the round files that are kept make both of them what the target's round says, or that it
 * cannot be so is found out.
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
import type { Snapshot } from '../../model/snapshot.ts'
import { errorCode, isBusy } from '../../source/base/error-code.ts'
import { flush } from '../../source/base/hash-file.ts'
import { openWritable, type SqliteDatabase } from '../../source/base/sqlite.ts'
import { makePrivateFolder } from '../../source/files/work-folder.ts'
import { readRoundHeader, readRoundPages, writeWhole } from './round-file.ts'

/** What `old` is: the round, and where the sources' logs were then. */
export type ShadowState = {
  readonly run: string
  readonly round: number
  /** The round whose pages are being put into `old`: it is neither that round nor the one before. */
  readonly settling: number | null
  readonly takenAt: string
  readonly marks: Readonly<Record<string, Mark>>
  /** Ids of tables of which the target lacks a round: they were dropped or changed. */
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

  /** Where a round is written before anything refers to it: every owner of the following has a file of its own. */
  partFile(epoch: number): string {
    return join(this.#folder, `round.${epoch}.part`)
  }

  roundFile(round: number): string {
    return join(this.#folder, `${round}.round`)
  }

  stagingFile(state: 'old' | 'new'): string {
    return join(this.#folder, `staging.${state}.db`)
  }

  /** For files that are needed for a moment. */
  get scratch(): string {
    return this.#folder
  }

  get commandLog(): string {
    return join(this.#folder, 'on-cutover.log')
  }

  /** Which process the command is. */
  get commandNote(): string {
    return join(this.#folder, 'on-cutover.json')
  }

  /** One process works on these files: the lock goes with it. False when another one has it. */
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

  /** Makes the files from the snapshots, which are of this round. */
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

  /** Null when there are none. */
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
   * Brings the files to the target's round. Returns the header of the round after it where its file is there: it was not committed,
   * and is to be carried out. Throws `follow-diverged` when the target's round is not one that these files can be brought to.
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
    if (next !== null) this.lay(next)
    return next
  }

  /** Takes the files for those of the target's round, whatever it is: for a target whose tables are all refilled. */
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

  /** The part becomes the round's file: from here on the round is carried out, whatever happens. */
  keep(header: RoundHeader, epoch: number): void {
    renameSync(this.partFile(epoch), this.roundFile(header.round))
    flush(this.#folder)
  }

  /** Puts the round's pages into the `new` files; any number of times. */
  lay(header: RoundHeader, file = this.roundFile(header.round)): void {
    for (const part of header.databases) layPages(file, part, this.newFile(part.database), false)
  }

  /** The round is in the target: its pages go into the `old` files, and its file is not needed any more. */
  settle(header: RoundHeader): void {
    const file = this.roundFile(header.round)
    const before = this.readState()
    if (before !== null) this.#writeState({ ...before, settling: header.round })
    for (const part of header.databases) {
      layPages(file, part, this.newFile(part.database), true)
      layPages(file, part, this.oldFile(part.database), true)
    }
    const { run, round, takenAt } = header
    const marks = Object.fromEntries(header.databases.map(({ database, mark }) => [database, mark]))
    this.#writeState({ run, round, settling: null, takenAt, marks, left: before?.left ?? [] })
    rmSync(file, { force: true })
  }

  /** Notes the tables of which the target lacks a round, before the next one is read. */
  leave(left: readonly string[]): void {
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
    const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1_000_000).toLocaleString('en-US')} MB`
    throw new MigrateError(
      'source',
      'no-space-for-following',
      `Following needs ${megabytes(needed)} in ${this.#folder}, and only ${megabytes(bavail * bsize)} are free.`,
      { hint: 'Free some space, then: gpt-migrate follow.' },
    )
  }
}

/** What keeps our own files from being written, as an error with a sentence; any other error as it is. `folder`: the run's own. */
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

function layPages(roundFile: string, part: RoundDatabase, file: string, durably: boolean): void {
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
