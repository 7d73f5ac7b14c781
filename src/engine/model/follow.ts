/** What following a source is made of, as plain data. */
import type { Snapshot } from './snapshot.ts'

/** `switching`: the command that starts the application on PostgreSQL has been started, and has not been settled yet. */
export type FollowState = 'following' | 'fenced' | 'switching' | 'cut-over' | 'fallen-back'

/** A source file's state, precise enough to tell what changed since. */
export type Mark = {
  /** The file itself: another inode under the path is another source. */
  readonly device: string
  readonly inode: string
  /** Inode numbers are reused: when the file was made, in nanoseconds; 0 where the file system doesn't know. */
  readonly bornNs: string
  /** Null: nothing is known of the file's state, and it is compared whole. */
  readonly at: WalMark | RollbackMark | null
}

/** A frame of a write-ahead log (https://www.sqlite.org/walformat.html): the last one that was seen. */
export type WalMark = {
  readonly mode: 'wal'
  /** They name the log's generation. */
  readonly salt1: number
  readonly salt2: number
  /** Number of the frame, from 1; 0: before the first. */
  readonly frame: number
  /** The running checksum after it. */
  readonly checksum: readonly [number, number]
  /** Before the first frame, where the file had not been written to for a while: nothing else can have changed. */
  readonly file?: FileState
}

export type FileState = { readonly size: string; readonly mtimeNs: string; readonly ctimeNs: string }

/** `counter` is the header's change counter (https://www.sqlite.org/fileformat2.html, section 1.3.6). */
export type RollbackMark = FileState & { readonly mode: 'rollback'; readonly counter: number }

/** A database of a run that is followed. */
export type FollowedSource = { readonly database: string; readonly path: string }

/** One database's part of a round. */
export type RoundDatabase = {
  readonly database: string
  readonly pageSize: number
  /** Pages of the database after the round. */
  readonly pageCount: number
  /** Numbers of the pages that differ from the round before, in the order in which the file holds them. */
  readonly pages: readonly number[]
  /** Offset of the first of them in the round's file. */
  readonly offset: number
  readonly mark: Mark
}

/** What a round's file says of itself. */
export type RoundHeader = {
  readonly version: 1
  readonly run: string
  readonly round: number
  /** ISO 8601 instant of which the round is: all databases were read at one moment. */
  readonly takenAt: string
  readonly databases: readonly RoundDatabase[]
}

/** Rows of one table that a round changed. */
export type TableTally = {
  readonly tableId: string
  readonly inserted: number
  readonly updated: number
  readonly deleted: number
}

/** The journal's record of a run that is followed. */
export type FollowRecord = {
  readonly run: string
  readonly state: FollowState
  /** The last round that is in the target. */
  readonly round: number
  /** Raised by every process that takes the following over. */
  readonly epoch: number
  readonly owner: FollowOwner | null
  /** ISO 8601 instant of the source's state that is in the target. */
  readonly sourceAt: string
  readonly appliedAt: string
  readonly rows: { readonly inserted: number; readonly updated: number; readonly deleted: number }
  /** Of the cut-over, as it went. */
  readonly cutOver: CutOverRecord | null
}

/** Files that the application was moved back to, and that are followed in place of the run's sources. */
export type Forward = {
  /** From 1: how often it was moved back and followed again. */
  readonly number: number
  /** Absolute. */
  readonly folder: string
  /** The round that was in the target when following went on from the files. */
  readonly firstRound: number
  readonly pass: string
  /** The files as they were when the application was moved back. */
  readonly snapshots: readonly Snapshot[]
}

/** `backend`: the server process of its connection; process ids are reused, so its start is part of its name. */
export type FollowOwner = {
  readonly process: number
  readonly host: string
  readonly backend: number
  readonly backendStartedAt: string
}

export type CutOverRecord = {
  readonly fencedAt: string
  readonly child: number
  readonly switchedAt: string | null
  readonly commandEndedAt: string | null
  readonly exitCode: number | null
  readonly proof: 'proven' | 'differs' | 'not-made' | null
}
