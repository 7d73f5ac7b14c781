/** Planning's questions to the snapshots, as SQL. Invariant: read-only, and at most one snapshot is open beside the attached one. */
import type { Snapshot } from '../model/snapshot.ts'
import type { SqliteValue } from '../model/storage.ts'
import type { SnapshotQueries } from '../plan/questions.ts'
import { openReadOnly, type SqliteDatabase } from './sqlite.ts'

export type OpenQueries = SnapshotQueries & { close(): void }

export function openSnapshotQueries(snapshots: readonly Snapshot[]): OpenQueries {
  const open = new Map<string, SqliteDatabase>()
  const fileOf = (database: string): string => {
    const snapshot = snapshots.find((candidate) => candidate.database === database)
    if (snapshot === undefined) throw new Error(`there is no snapshot of ${database}`)
    return snapshot.file
  }
  const connectionFor = (databases: readonly string[]): SqliteDatabase => {
    const key = JSON.stringify(databases)
    const known = open.get(key)
    if (known !== undefined) return known
    const [first, other] = databases
    const db = openReadOnly(fileOf(first!), { immutable: true })
    open.set(key, db)
    if (other !== undefined) db.prepare('attach database ? as other').run(fileOf(other))
    return db
  }
  return {
    rows(databases, sql) {
      return connectionFor(databases).prepare(sql).raw().safeIntegers().all() as SqliteValue[][]
    },
    close() {
      for (const db of open.values()) db.close()
      open.clear()
    },
  }
}
