/**
 * Locks the writers of all sources out. Invariant: either all sources are locked or none; handles opened for the fence are never closed,
 * since closing the last connection would checkpoint the log into the file.
 */
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs'
import { MigrateError } from '../../model/errors.ts'
import { isBusy } from '../../source/base/error-code.ts'
import { openForFence, type SqliteDatabase } from '../../source/base/sqlite.ts'
import { OpenSource } from './open-source.ts'
import { identityOf } from './openers.ts'

const BETWEEN_TRIES_MS = 1

export class Fence {
  readonly #handles: { readonly path: string; readonly db: SqliteDatabase; readonly guard: OpenSource }[] = []
  #isHeld = false

  get isHeld(): boolean {
    return this.#isHeld
  }

  /** Opens the files, so that taking the fence is quick. */
  prepare(guards: readonly OpenSource[]): void {
    if (this.#handles.length > 0) return
    for (const guard of guards) {
      guard.beginReadingSoon()
      const db = openForFence(guard.path)
      if (!canWrite(guard.path)) throw onlyReadable(guard.path)
      this.#handles.push({ path: guard.path, db, guard })
      // Reads the schema, so that the first `begin` has nothing else to do.
      db.prepare('select count(*) from sqlite_schema').get()
      guard.endReading()
    }
  }

  /** Tries to lock all files without waiting, and releases all when one is busy, until `withinMs` is over. Returns null, or the busy file. */
  async take(withinMs: number): Promise<string | null> {
    const deadline = performance.now() + withinMs
    for (;;) {
      const busy = this.#takeAll()
      if (busy === null) {
        this.#isHeld = true
        return null
      }
      if (performance.now() >= deadline) return busy
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_TRIES_MS))
    }
  }

  #takeAll(): string | null {
    const taken: SqliteDatabase[] = []
    for (const { path, db, guard } of this.#handles) {
      try {
        // A writer that died may have left a journal, which `begin immediate` would roll back into the file. A read transaction shows that
        // there is none, and prevents it.
        guard.beginReading()
        db.exec('begin immediate')
        taken.push(db)
      } catch (error) {
        for (const one of taken) one.exec('rollback')
        if (isBusy(error)) return path
        throw error
      } finally {
        guard.endReading()
      }
    }
    return null
  }

  /** Lets the writers in again. */
  open(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    for (const { db } of this.#handles) db.exec('rollback')
  }
}

/** Whether the file is open for writing: on a connection that could only be opened for reading, `begin immediate` locks nothing. */
function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
  } catch {
    return false
  }
  try {
    const identity = identityOf(path)
    return readdirSync('/proc/self/fd').some((descriptor) => {
      if (identityOf(`/proc/self/fd/${descriptor}`) !== identity) return false
      const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1]
      // O_RDWR
      return flags !== undefined && (Number.parseInt(flags, 8) & 3) === 2
    })
  } catch {
    // No /proc on this system: the access rights have to do.
    return true
  }
}

function onlyReadable(path: string): MigrateError {
  return new MigrateError(
    'source',
    'fence-needs-write-access',
    `${path} can only be read by this user: its writers can't be kept out.`,
    { hint: 'Run the cut-over as the user whose application writes to it. No byte of it is written.' },
  )
}

/** Whether another process's lock keeps this one from writing, as a fence does. */
export function isKeptOut(path: string): boolean {
  const source = new OpenSource(path)
  // `begin immediate` would roll back a hot journal: a read transaction that can begin shows that there is none.
  source.beginReading()
  try {
    const db = openForFence(path)
    try {
      db.exec('begin immediate')
      db.exec('rollback')
      return false
    } catch (error) {
      if (isBusy(error)) return true
      throw error
    }
  } finally {
    source.endReading()
  }
}
