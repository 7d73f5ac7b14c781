/** The messages between the engine and the process that holds the sources. Plain data, since it crosses processes. */

import type { PlainError } from '../../model/errors.ts'
import type { FollowedSource, Mark, RoundDatabase } from '../../model/follow.ts'
import type { Opener } from '../../model/live-answers.ts'

/** A source with its last mark, and our copy of its state at that mark. */
export type ReadingSource = FollowedSource & { readonly mark: Mark | null; readonly shadow: string }

export type SourceRequest =
  /**
   * Reads all sources as of one moment, and writes the pages that differ from the shadows into the file `part`, to which nothing refers
   * yet. `wholly`: compares every page, whatever the marks say.
   */
  | {
      readonly kind: 'read'
      readonly sources: readonly ReadingSource[]
      readonly part: string
      readonly run: string
      readonly round: number
      readonly wholly: boolean
    }
  /** Opens what the fence needs, so that it can be taken at once. */
  | { readonly kind: 'prepare-fence'; readonly sources: readonly FollowedSource[] }
  /** Locks the writers of all sources out; tries for `withinMs`. */
  | { readonly kind: 'take-fence'; readonly withinMs: number }
  /** Tests the fence from the witness, a process that does not hold it. */
  | { readonly kind: 'probe'; readonly sources: readonly FollowedSource[] }
  /** Checks that the sources are still the files of the marks, then starts the command. */
  | {
      readonly kind: 'start-command'
      readonly command: string
      readonly env: Readonly<Record<string, string>>
      readonly log: string
      /** The file in which the command's process is recorded. */
      readonly note: string
      readonly marks: readonly (FollowedSource & { readonly mark: Mark })[]
      /** How long the fence is held after the start while other processes have the sources open. */
      readonly holdMs: number
    }
  /** Runs a command to its end before the fence; `onAbort` runs when the fence is opened before the cut-over's command was started. */
  | {
      readonly kind: 'run-before'
      readonly command: string
      readonly onAbort: string | null
      readonly log: string
    }
  /** The switch was made and the user starts the application: opening the fence then runs no command. */
  | { readonly kind: 'forget-abort' }
  /** Keeps the fence until the command has ended and no other process has the sources open, for at most `holdMs`. */
  | { readonly kind: 'hold'; readonly sources: readonly FollowedSource[]; readonly holdMs: number }
  | { readonly kind: 'await-command'; readonly withinMs: number }
  /** Extends the lease: the engine is alive and wants the fence to stay. */
  | { readonly kind: 'renew-lease' }
  /** Lists other processes that have the sources open. */
  | { readonly kind: 'find-openers'; readonly sources: readonly FollowedSource[] }
  /** Lets the writers in again, and ends the process without closing its handles. */
  | { readonly kind: 'end' }

export type SourceAnswer =
  | { readonly kind: 'read'; readonly outcome: ReadOutcome }
  | { readonly kind: 'done' }
  | { readonly kind: 'fenced'; readonly at: string }
  | { readonly kind: 'busy'; readonly path: string }
  | {
      readonly kind: 'probed'
      readonly results: readonly { readonly path: string; readonly isBusy: boolean }[]
    }
  | { readonly kind: 'command-started'; readonly process: number; readonly at: string }
  | { readonly kind: 'command-ended'; readonly exitCode: number | null }
  | { readonly kind: 'command-running' }
  | { readonly kind: 'openers'; readonly openers: readonly Opener[]; readonly isComplete: boolean }

export type ReadOutcome =
  /** The differing pages are in the file, which is flushed to disk. */
  | {
      readonly kind: 'changed'
      readonly takenAt: string
      readonly databases: readonly RoundDatabase[]
      readonly how: 'log' | 'whole'
      readonly heldMs: number
      /** Whether writers had to wait for our reading; those in WAL mode do not. */
      readonly heldWriters: boolean
    }
  /** Nothing changed, but the marks are newer. */
  | {
      readonly kind: 'unchanged'
      readonly takenAt: string
      readonly marks: readonly Mark[]
      readonly heldMs: number
      readonly heldWriters: boolean
    }
  /** The sources cannot be read now; a retry may succeed. */
  | { readonly kind: 'later'; readonly reason: string }
  /** The path leads to a different file than before. */
  | { readonly kind: 'replaced'; readonly path: string }

export type ToSource = { readonly id: number; readonly request: SourceRequest }
export type FromSource =
  | { readonly ready: true }
  /** The command of `--on-abort` was started. */
  | { readonly ranAbort: true }
  | { readonly id: number; readonly answer: SourceAnswer }
  | { readonly id: number; readonly error: PlainError }
