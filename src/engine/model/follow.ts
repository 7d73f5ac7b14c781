/** The data of following a source, as plain data. */
import type { Snapshot } from './snapshot.ts'

/** `switching`: the command that starts the application on PostgreSQL was started, and the switch is not settled yet. */
export type FollowState = 'following' | 'fenced' | 'switching' | 'cut-over' | 'fallen-back'

/** A source file's state, precise enough to determine what changed since. */
export type Mark = {
  /** Identity of the file: another inode at the path is another source. */
  readonly device: string
  readonly inode: string
  /** The file's creation time in nanoseconds, since inode numbers are reused; 0 when the file system does not record it. */
  readonly bornNs: string
  /** Null when the file's state is unknown: then all pages are compared. */
  readonly at: WalMark | RollbackMark | null
}

/** The last frame of a write-ahead log that was read (https://www.sqlite.org/walformat.html). */
export type WalMark = {
  readonly mode: 'wal'
  /** The salts identify the log, which changes with each restart. */
  readonly salt1: number
  readonly salt2: number
  /** Number of the frame, from 1; 0 before the first. */
  readonly frame: number
  /** The running checksum after the frame. */
  readonly checksum: readonly [number, number]
  /** At frame 0: the file's state when it had not been written to for a while, so that any later change shows. */
  readonly file?: FileState
}

export type FileState = { readonly size: string; readonly mtimeNs: string; readonly ctimeNs: string }

/** `counter` is the header's change counter (https://www.sqlite.org/fileformat2.html, section 1.3.6). */
export type RollbackMark = FileState & { readonly mode: 'rollback'; readonly counter: number }

/** A database of a followed run. */
export type FollowedSource = { readonly database: string; readonly path: string }

/** One database's part of a round. */
export type RoundDatabase = {
  readonly database: string
  readonly pageSize: number
  /** Number of the database's pages after the round. */
  readonly pageCount: number
  /** Numbers of the pages that differ from the previous round, in the order of the round's file. */
  readonly pages: readonly number[]
  /** Offset of the first of these pages in the round's file. */
  readonly offset: number
  readonly mark: Mark
}

/** The header of a round's file. */
export type RoundHeader = {
  readonly version: 1
  readonly run: string
  readonly round: number
  /** ISO 8601 instant at which all databases were read. */
  readonly takenAt: string
  readonly databases: readonly RoundDatabase[]
}

/** Number of rows of one table that a round changed. */
export type TableTally = {
  readonly tableId: string
  readonly inserted: number
  readonly updated: number
  readonly deleted: number
}

/** The journal's record of a followed run. */
export type FollowRecord = {
  readonly run: string
  readonly state: FollowState
  /** The last committed round. */
  readonly round: number
  /** Increased by every process that takes the following over. */
  readonly epoch: number
  readonly owner: FollowOwner | null
  /** ISO 8601 instant up to which the target is current. */
  readonly sourceAt: string
  readonly appliedAt: string
  readonly rows: { readonly inserted: number; readonly updated: number; readonly deleted: number }
  /** The progress of the cut-over; null before one. */
  readonly cutOver: CutOverRecord | null
}

/** Files to which the application was moved back, and which are followed instead of the run's sources. */
export type Forward = {
  /** Number of times that it was moved back and followed again, from 1. */
  readonly number: number
  /** Absolute path. */
  readonly folder: string
  /** The target's round when following continued from the files. */
  readonly firstRound: number
  readonly pass: string
  /** The files as of the move back. */
  readonly snapshots: readonly Snapshot[]
}

/** `backend`: the server process of its connection; process ids are reused, so its start time identifies it as well. */
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
