/** Errors sorted by who must act. Anything else than a MigrateError is a bug (exit code 70). */

import { fileReason, pathOfFileError } from './file-error.ts'

export type ErrorKind = 'usage' | 'source' | 'target' | 'plan' | 'copy' | 'verify' | 'bug'

export const exitCodes = {
  ok: 0,
  usage: 2,
  source: 3,
  target: 4,
  plan: 5,
  copy: 6,
  verify: 7,
  quarantined: 8,
  queries: 9,
  bug: 70,
  interrupted: 130,
  terminated: 143,
} as const

export type ExitCodeName = keyof typeof exitCodes
export type ExitCode = (typeof exitCodes)[ExitCodeName]

/** The table of exit codes, from which `--help`, the README and the tests are made. */
export const exitCodeMeanings: readonly { readonly code: ExitCode; readonly meaning: string }[] = [
  { code: 0, meaning: 'everything moved and verified' },
  { code: 2, meaning: 'wrong usage; nothing was done' },
  { code: 3, meaning: 'a source database cannot be read' },
  { code: 4, meaning: 'the target cannot be used, or already holds the tables' },
  { code: 5, meaning: 'the plan has an error; nothing was written' },
  { code: 6, meaning: 'the copy failed; run again to resume' },
  { code: 7, meaning: 'verification found differences' },
  { code: 8, meaning: 'moved and verified, with rows in quarantine or lost to damage' },
  { code: 9, meaning: 'statements of the application differ or fail on the target' },
  { code: 70, meaning: 'a bug in gpt-migrate' },
  { code: 130, meaning: 'stopped by Ctrl+C; run again to resume' },
  { code: 143, meaning: 'stopped by SIGTERM; run again to resume' },
]

export class MigrateError extends Error {
  readonly kind: ErrorKind
  /** Stable code, such as `target-not-empty`. */
  readonly code: string
  /** What to type or do next; null when there is nothing. */
  readonly hint: string | null

  constructor(
    kind: ErrorKind,
    code: string,
    message: string,
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'MigrateError'
    this.kind = kind
    this.code = code
    this.hint = options.hint ?? null
  }

  get exitCode(): ExitCode {
    return exitCodes[this.kind]
  }
}

/** An error as plain data, which crosses threads. */
export type PlainError = {
  readonly kind: ErrorKind
  readonly code: string
  readonly message: string
  readonly hint: string | null
}

export function toPlainError(error: unknown): PlainError {
  if (error instanceof MigrateError) {
    return { kind: error.kind, code: error.code, message: error.message, hint: error.hint }
  }
  const path = pathOfFileError(error)
  if (path !== null) {
    return {
      kind: 'usage',
      code: 'file-error',
      message: `${path} cannot be used: ${fileReason(error)}.`,
      hint: 'Check the path, and that you may read and write there.',
    }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { kind: 'bug', code: 'bug', message, hint: 'Please report this with the report file of the run.' }
}

/** Turns an error of the target during a run into a failure of the copy, which the next start resumes. */
export function asCopyFailure(error: PlainError): PlainError {
  return error.kind === 'target' ? { ...error, kind: 'copy' } : error
}

export function fromPlainError(plain: PlainError): MigrateError {
  return new MigrateError(
    plain.kind,
    plain.code,
    plain.message,
    plain.hint === null ? {} : { hint: plain.hint },
  )
}
