/** SQL queries on the snapshots for planning. Invariant: they only read, and at most one snapshot is open besides the attached one. */

import { countCharacters } from '../../encode/text/utf8.ts'
import { MigrateError } from '../../model/errors.ts'
import { IS_UTF8_TEXT, type Snapshot, type SnapshotQueries } from '../../model/snapshot.ts'
import type { SqliteValue } from '../../model/storage.ts'
import { openReadOnly, type SqliteDatabase } from '../base/sqlite.ts'
import { isDamage } from '../base/sqlite-errors.ts'

type OpenQueries = SnapshotQueries & { close(): void }

export function openSnapshotQueries(snapshots: readonly Snapshot[]): OpenQueries {
  const open = new Map<string, SqliteDatabase>()
  const snapshotOf = (database: string): Snapshot => {
    const snapshot = snapshots.find((candidate) => candidate.database === database)
    if (snapshot === undefined) throw new Error(`there is no snapshot of ${database}`)
    return snapshot
  }
  const connectionFor = (databases: readonly string[]): SqliteDatabase => {
    const key = JSON.stringify(databases)
    const known = open.get(key)
    if (known !== undefined) return known
    const [first, other] = databases
    const db = openReadOnly(snapshotOf(first!).file, { immutable: true })
    defineTextCheck(db)
    open.set(key, db)
    if (other !== undefined) db.prepare('attach database ? as other').run(snapshotOf(other).file)
    return db
  }
  const prepared = (databases: readonly string[], sql: string) =>
    connectionFor(databases).prepare(sql).raw().safeIntegers()
  /** The check of the pages does not cover everything, such as indexes. */
  const explained = (error: unknown, databases: readonly string[]): unknown => {
    if (!isDamage(error)) return error
    const { path } = snapshotOf(databases[0]!)
    return new MigrateError(
      'source',
      'database-corrupt',
      `${path} is damaged where no check of its pages looks, as in an index: ${(error as Error).message}.`,
      {
        hint: 'Recover it (sqlite3 FILE .recover | sqlite3 recovered.db), and move what was recovered.',
        cause: error,
      },
    )
  }
  return {
    rows(databases, sql) {
      try {
        return prepared(databases, sql).all() as SqliteValue[][]
      } catch (error) {
        throw explained(error, databases)
      }
    },
    *iterate(databases, sql) {
      try {
        yield* prepared(databases, sql).iterate() as Iterable<SqliteValue[]>
      } catch (error) {
        throw explained(error, databases)
      }
    },
    close() {
      for (const db of open.values()) db.close()
      open.clear()
    },
  }
}

/** Registers the SQL function that checks whether bytes are valid text. */
export function defineTextCheck(db: SqliteDatabase): void {
  db.function(IS_UTF8_TEXT, { deterministic: true }, (bytes: unknown) =>
    bytes instanceof Uint8Array && countCharacters(bytes, 0, bytes.length) >= 0 ? 1 : 0,
  )
}
