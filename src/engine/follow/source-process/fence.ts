/**
 * Keeps the writers of all sources out. Invariant: all or none are held; what was opened for it is never closed, since closing the
 * last connection would move the log into the file.
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

  /** Opens the files, so that taking the fence is a matter of moments. */
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

  /** Tries all files without waiting, lets go of all when one is busy, and tries again. Null: held; else the file that was busy. */
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
        // A writer that died may have left a journal, which our attempt would play back. Under a read transaction there is none,
        // and none can be played back.
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

/** A connection that could only be opened for reading begins its transactions all the same, and holds nothing. */
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
    // Not on this system: the rights have to do.
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

/** Whether somebody else keeps this process from writing: what a fence held by another process must look like. */
export function isKeptOut(path: string): boolean {
  const source = new OpenSource(path)
  // A hot journal would be played back by the attempt: a reader that can begin says that there is none.
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
