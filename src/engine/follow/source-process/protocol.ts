/** What is said between the engine and the process that holds the sources. Plain data: it crosses processes. */
import type { Opener } from '../../model/answers.ts'
import type { PlainError } from '../../model/errors.ts'
import type { FollowedSource, Mark, RoundDatabase } from '../../model/follow.ts'

/** A source with what is known of it: the last mark, and our file of its state at that mark. */
export type ReadingSource = FollowedSource & { readonly mark: Mark | null; readonly shadow: string }

export type SourceRequest =
  /**
   * Reads all sources as they are at one moment, and writes the pages that differ from the shadows into the file `part`, which
   * nothing refers to yet. `wholly`: compares every page, whatever the marks say.
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
  /** Keeps the writers of all sources out; tries for so long. */
  | { readonly kind: 'take-fence'; readonly withinMs: number }
  /** Whether the fence is still one: for the process that is no party to it. */
  | { readonly kind: 'probe'; readonly sources: readonly FollowedSource[] }
  /** Compares the sources with the marks of the last round once more, then starts the command. */
  | {
      readonly kind: 'start-command'
      readonly command: string
      readonly env: Readonly<Record<string, string>>
      readonly log: string
      /** The file in which the command's process is noted. */
      readonly note: string
      readonly marks: readonly (FollowedSource & { readonly mark: Mark })[]
      /** How long the fence stays after the start while others have the sources open. */
      readonly holdMs: number
    }
  /** Runs a command to its end before the fence; `onAbort` runs when the fence is opened without a command having been started. */
  | {
      readonly kind: 'run-before'
      readonly command: string
      readonly onAbort: string | null
      readonly log: string
    }
  /** The switch was made, and a person starts the application: nothing runs when the fence is opened. */
  | { readonly kind: 'forget-abort' }
  /** Keeps the fence until the command has ended and nobody else has the sources open, or its time is over. */
  | { readonly kind: 'hold'; readonly sources: readonly FollowedSource[]; readonly holdMs: number }
  | { readonly kind: 'await-command'; readonly withinMs: number }
  /** The engine is there and wants the fence to stay. */
  | { readonly kind: 'renew-lease' }
  /** Other processes that have the sources open. */
  | { readonly kind: 'find-openers'; readonly sources: readonly FollowedSource[] }
  /** Lets the writers in again, and ends the process without closing anything. */
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
  /** The pages are in the file, which is on the disk. */
  | {
      readonly kind: 'changed'
      readonly takenAt: string
      readonly databases: readonly RoundDatabase[]
      readonly how: 'log' | 'whole'
      readonly heldMs: number
      /** Whether writers waited for our reading: not those that write into a log. */
      readonly heldWriters: boolean
    }
  /** Nothing changed; the marks are newer all the same. */
  | {
      readonly kind: 'unchanged'
      readonly takenAt: string
      readonly marks: readonly Mark[]
      readonly heldMs: number
      readonly heldWriters: boolean
    }
  /** It can't be read now; a later try may do. */
  | { readonly kind: 'later'; readonly reason: string }
  /** The path leads to another file than before. */
  | { readonly kind: 'replaced'; readonly path: string }

export type ToSource = { readonly id: number; readonly request: SourceRequest }
export type FromSource =
  | { readonly ready: true }
  /** The command of `--on-abort` was started. */
  | { readonly ranAbort: true }
  | { readonly id: number; readonly answer: SourceAnswer }
  | { readonly id: number; readonly error: PlainError }
