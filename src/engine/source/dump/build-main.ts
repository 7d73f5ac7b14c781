/** The process that builds one database from a dump. Invariant: it writes only that file, and reports the outcome once. */
import { type PlainError, toPlainError } from '../../model/errors.ts'
import type { Finding } from '../../model/finding.ts'
import { watchProcess } from '../../threads/watch-process.ts'
import { translateSqliteError } from '../base/sqlite-errors.ts'
import { type BuildRequest, buildFromDump } from './build.ts'

export type BuildMessage =
  | { readonly kind: 'statement'; readonly line: number }
  | { readonly kind: 'bytes'; readonly bytes: number }
  | { readonly kind: 'built'; readonly findings: readonly Finding[] }
  | { readonly kind: 'failed'; readonly error: PlainError }

watchProcess()

const say = (message: BuildMessage): void => {
  process.send!(message)
}

process.once('message', (request: BuildRequest) => {
  buildFromDump(
    request,
    (line) => say({ kind: 'statement', line }),
    (bytes) => say({ kind: 'bytes', bytes }),
  ).then(
    (findings) => say({ kind: 'built', findings }),
    (error: unknown) =>
      say({ kind: 'failed', error: toPlainError(translateSqliteError(error, request.path)) }),
  )
})
