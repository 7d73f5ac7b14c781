/**
 * The folder of a fallback: SQLite files in the old layout, and beside them, in `.gpt-migrate-fallback/`, the state: which target row is
 * which source row. Invariant: files and state change in one transaction (https://www.sqlite.org/atomiccommit.html#_multi_file_commit), so a
 * kill at any point leaves the state of one round.
 */

import { constants, copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Catalog } from '../model/catalog.ts'
import { MigrateError } from '../model/errors.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { makeOwnFolder, refuseUnsafePlace } from '../own-files/ours.ts'
import { databaseFileIn } from '../rows/database-file.ts'
import { errorCode } from '../source/base/error-code.ts'
import { readHeader } from '../source/base/file-header.ts'
import { openReadOnly, openWritable, type SqliteDatabase } from '../source/base/sqlite.ts'
import { ASIDE_DDL, type AsideRow, listAside } from './aside-rows.ts'
import { OldTable } from './old-table.ts'
import { withoutTriggers } from './triggers.ts'

/** SQLite attaches at most ten databases. */
const MOST_DATABASES = 10

/** How long to wait for readers of the files. */
const READERS_MS = 10_000

/** In the folder of the files. */
export const STATE_FOLDER = '.gpt-migrate-fallback'

const STATE_DDL = `
create table state (name text primary key, value text) without rowid;
${ASIDE_DDL};
`

export class FallbackFolder {
  readonly db: SqliteDatabase
  readonly folder: string
  readonly #catalogs: readonly Catalog[]
  readonly #tables = new Map<string, OldTable>()

  private constructor(db: SqliteDatabase, folder: string, catalogs: readonly Catalog[]) {
    this.db = db
    this.folder = folder
    this.#catalogs = catalogs
  }

  /** Whether the folder is complete and belongs to the run. Throws the errors of `open`. */
  static isReady(folder: string, run: string): boolean {
    refuseUnsafePlace(join(resolve(folder), STATE_FOLDER, 'state.db'), 'fallback')
    const state = join(folder, STATE_FOLDER, 'state.db')
    return existsSync(state) && readState(state, folder, run)
  }

  /**
   * Opens the run's folder, or makes it from `bases`, the files as of when PostgreSQL took over. Throws `fallback-folder` when the folder holds
   * something else, `not-ours` when another user could change it, `fallback-busy` while another process keeps it current.
   */
  static open(
    folder: string,
    run: string,
    catalogs: readonly Catalog[],
    bases: readonly Snapshot[],
  ): { readonly opened: FallbackFolder; readonly isNew: boolean } {
    if (catalogs.length > MOST_DATABASES) {
      throw new MigrateError(
        'plan',
        'too-many-databases',
        `The run moved ${catalogs.length} databases; at most ${MOST_DATABASES} can be kept in step, because one SQLite transaction writes them all.`,
        { hint: 'Export them instead: gpt-migrate export --to-sqlite DIR.' },
      )
    }
    const state = join(folder, STATE_FOLDER, 'state.db')
    const ready = FallbackFolder.isReady(folder, run)
    if (!ready) makeFiles(folder, catalogs, bases)
    const db = openState(state, folder, catalogs)
    const opened = new FallbackFolder(db, folder, catalogs)
    if (!ready) {
      db.exec(STATE_DDL)
      opened.set('run', run)
      for (const { database, path } of bases) opened.set(`journal ${database}`, journalModeOf(path))
    }
    return { opened, isNew: !ready }
  }

  get files(): readonly { readonly database: string; readonly file: string }[] {
    return this.#catalogs.map(({ database }) => ({ database, file: databaseFileIn(this.folder, database) }))
  }

  /** A folder for temporary files. */
  get scratch(): string {
    return join(this.folder, STATE_FOLDER)
  }

  get(name: string): string | null {
    const row = this.db
      .prepare<[string], { value: string }>('select value from state where name = ?')
      .get(name)
    return row?.value ?? null
  }

  set(name: string, value: string): void {
    this.db.prepare('insert or replace into state (name, value) values (?, ?)').run(name, value)
  }

  /** Rows of the target that the old layout refuses. */
  listAside(): readonly AsideRow[] {
    return listAside(this.db)
  }

  /** Returns null when the table no longer exists, or when its rows cannot be named. */
  tableOf(database: string, name: string): OldTable | null {
    const id = `${database}/${name}`
    const known = this.#tables.get(id)
    if (known !== undefined) return known
    const index = this.#catalogs.findIndex((catalog) => catalog.database === database)
    const table = this.#catalogs[index]?.tables.find((one) => one.name === name)
    if (table === undefined || table.key.kind === 'none') return null
    const opened = new OldTable(this.db, schemaOf(index), table)
    this.#tables.set(id, opened)
    return opened
  }

  /** Performs `work` in one transaction over all files, without their triggers. */
  transaction<T>(work: () => T): T {
    this.db.exec('begin immediate')
    try {
      const schemas = this.#catalogs.map((_, index) => schemaOf(index))
      const result = withoutTriggers(this.db, schemas, work)
      this.db.exec('commit')
      return result
    } catch (error) {
      if (this.db.inTransaction) this.db.exec('rollback')
      throw error
    }
  }

  /** Closes the files for an application to open: in their original journal mode, and flushed to disk. */
  close(): void {
    for (const [index, { database }] of this.#catalogs.entries()) {
      if (this.get(`journal ${database}`) === 'wal') this.db.pragma(`${schemaOf(index)}.journal_mode = wal`)
    }
    this.db.close()
  }

  /** Closes the files at once, in the state of the last round. */
  abandon(): void {
    if (this.db.open) this.db.close()
  }

  /** Removes the state; the files stay. */
  forget(): void {
    this.close()
    rmSync(this.scratch, { recursive: true, force: true })
  }
}

/** Returns the refused rows of a folder whose files the application uses. */
export function readAside(folder: string): readonly AsideRow[] {
  using db = openReadOnly(join(folder, STATE_FOLDER, 'state.db'))
  return listAside(db)
}

/** Returns the journal mode of the source itself: snapshots are always in rollback mode. */
function journalModeOf(source: string): string {
  try {
    return readHeader(source).journalMode
  } catch {
    return 'rollback'
  }
}

const schemaOf = (index: number): string => `old${index}`

/** Whether the state is complete. Throws when it belongs to another run. */
function readState(state: string, folder: string, run: string): boolean {
  const db = openWritable(state)
  try {
    const rows = db.prepare<[], { name: string; value: string }>('select name, value from state').all()
    const found = rows.find(({ name }) => name === 'run')?.value
    if (found !== undefined && found !== run) {
      throw new MigrateError(
        'usage',
        'fallback-folder',
        `${folder} is the fallback of run ${found}, not of ${run}.`,
        { hint: 'Name another folder: gpt-migrate fallback --to DIR.' },
      )
    }
    return rows.some(({ name }) => name === 'ready')
  } catch (error) {
    if (errorCode(error) === 'SQLITE_BUSY') throw busy(folder, error)
    // Making the folder was interrupted before its tables existed.
    if (errorCode(error).startsWith('SQLITE_')) return false
    throw error
  } finally {
    db.close()
  }
}

function busy(folder: string, cause: unknown): MigrateError {
  return new MigrateError('usage', 'fallback-busy', `Another process keeps the files in ${folder} current.`, {
    hint: 'Stop it first, or name another folder.',
    cause,
  })
}

/** Copies the bases into the folder, and removes what an interrupted attempt left. */
function makeFiles(folder: string, catalogs: readonly Catalog[], bases: readonly Snapshot[]): void {
  const scratch = join(folder, STATE_FOLDER)
  const isOurs = existsSync(scratch)
  for (const { database } of catalogs) {
    const file = databaseFileIn(folder, database)
    if (!existsSync(file)) continue
    if (!isOurs) {
      throw new MigrateError(
        'usage',
        'fallback-folder',
        `${file} is there already, and no fallback made it.`,
        { hint: 'Name a folder that is empty or not there yet: gpt-migrate fallback --to DIR.' },
      )
    }
    for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
  }
  rmSync(scratch, { recursive: true, force: true })
  makeOwnFolder(scratch, 'fallback', 0o700)
  for (const { database } of catalogs) {
    const base = bases.find((one) => one.database === database)
    if (base === undefined) throw new TypeError(`there is no snapshot of ${database}`)
    const file = databaseFileIn(folder, database)
    mkdirSync(dirname(file), { recursive: true })
    copyFileSync(base.file, file, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
  }
}

function openState(state: string, folder: string, catalogs: readonly Catalog[]): SqliteDatabase {
  const db = openWritable(state, { timeoutMs: 0 })
  try {
    const encodings = new Set(catalogs.map(({ encoding }) => encoding))
    if (encodings.size > 1) {
      throw new MigrateError(
        'plan',
        'mixed-encodings',
        'The databases have different text encodings; SQLite cannot write them in one transaction.',
        { hint: 'Export them instead: gpt-migrate export --to-sqlite DIR.' },
      )
    }
    db.pragma(`encoding = '${catalogs[0]?.encoding ?? 'UTF-8'}'`)
    db.pragma('foreign_keys = off')
    db.pragma('recursive_triggers = off')
    db.pragma('temp_store = memory')
    // The schema is the source's own, with which the application trusted it.
    db.pragma('trusted_schema = on')
    db.pragma('main.locking_mode = exclusive')
    db.exec('begin immediate; commit')
    // Other processes may be reading the files.
    db.pragma(`busy_timeout = ${READERS_MS}`)
    for (const [index, { database }] of catalogs.entries()) {
      db.prepare(`attach ? as ${schemaOf(index)}`).run(databaseFileIn(folder, database))
      // A transaction over several files is atomic only with rollback journals.
      db.pragma(`${schemaOf(index)}.journal_mode = delete`)
    }
    return db
  } catch (error) {
    db.close()
    if (errorCode(error).startsWith('SQLITE_BUSY')) throw busy(folder, error)
    throw error
  }
}
