import type { SqliteValue } from './storage.ts'

/** A database file found while searching, as the wizard's first screen shows it. Nothing has been copied yet. */
export type FoundDatabase = {
  /** The name used from then on: the file's name, with as many parent folders as make it unique in the run. */
  readonly database: string
  /** Absolute path. */
  readonly path: string
  /** Bytes of the main file and its `-wal`. */
  readonly bytes: number
  readonly journalMode: 'wal' | 'rollback'
  /** `rows` is null where they were not counted. */
  readonly tables: readonly { readonly name: string; readonly rows: number | null }[]
  readonly health:
    | { readonly kind: 'ok' }
    /** Can be opened; its pages are checked when its snapshot is taken. */
    | { readonly kind: 'unchecked' }
    | { readonly kind: 'empty' }
    /** `quick_check` found damage; `tables` lists those that could still be counted. */
    | { readonly kind: 'damaged'; readonly detail: string }
    /** Cannot be opened: encrypted, truncated, locked, unreadable. `code` is a finding's code. */
    | { readonly kind: 'unreadable'; readonly code: string; readonly detail: string }
}

/** A path that the search passed over, with the reason as a sentence. */
export type PassedOver = { readonly path: string; readonly reason: string }

/** Shortens a sentence that begins with the path, to stand beside the path: "it is damaged" for "/x/y.db is damaged". */
export function besidePath(path: string, sentence: string): string {
  return sentence.startsWith(`${path} `) ? `it${sentence.slice(path.length)}` : sentence
}

export type Discovery = {
  readonly databases: readonly FoundDatabase[]
  readonly passedOver: readonly PassedOver[]
}

/** An immutable, checkpointed copy of one source database in the work folder, from which everything is read. */
export type Snapshot = {
  readonly database: string
  /** Absolute path of the source. */
  readonly path: string
  /** Absolute path of the copy. */
  readonly file: string
  readonly bytes: number
  /** Lower-case hex SHA-256 of the copy's bytes. */
  readonly sha256: string
  /** ISO 8601 instant at which the read transaction was opened. */
  readonly takenAt: string
}

/** Read-only SQL on the snapshots; implemented in `source/snapshot`. */
export type SnapshotQueries = {
  /** Returns all rows of a select on the snapshot of `databases[0]`, with that of `databases[1]`, if any, attached as `other`. */
  rows(databases: readonly string[], sql: string): readonly (readonly SqliteValue[])[]
  /** Yields the same rows one by one, for selects of as many rows as a table has. No other query may be made meanwhile. */
  iterate(databases: readonly string[], sql: string): Iterable<readonly SqliteValue[]>
}

/** Name of a SQL function for `SnapshotQueries`: 1 for a BLOB that is UTF-8 without U+0000, else 0. */
export const IS_UTF8_TEXT = 'gpt_migrate_is_utf8_text'
