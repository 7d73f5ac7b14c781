/**
 * The process that holds every handle on the sources while they are followed. Invariant: signals meant for the program do not end it; it ends
 * with the program, or when asked to, without closing its handles.
 */
import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import { MigrateError, toPlainError } from '../../model/errors.ts'
import { isSqliteError } from '../../source/base/sqlite-errors.ts'
import type { FromSource, ToSource } from './protocol.ts'
import { SourceHolder } from './source-holder.ts'

const holder = new SourceHolder({
  leave: () => {
    process.kill(process.pid, 'SIGKILL')
    throw new Error('a killed process went on')
  },
  reportAbort: async () => {
    if (!process.connected) return
    await new Promise<void>((resolve) => process.send!({ ranAbort: true }, () => resolve()))
  },
})

for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM', 'SIGQUIT', 'SIGTSTP'] as const) {
  process.on(signal, () => {})
}
process.on('disconnect', () => {
  leaveStandardError()
  holder.abandon()
})

/** Detaches from the program's standard error: whoever reads the output would otherwise wait for this process as well. */
function leaveStandardError(): void {
  closeSync(2)
  openSync(devNull, 'w')
}

/** Sends a message unless the program was killed; `disconnect` then follows, and its handler must run. */
function send(message: FromSource): void {
  if (process.connected) process.send!(message, () => {})
}

function sqliteFailure(error: Error): MigrateError {
  return new MigrateError('source', 'sqlite-error', `SQLite can't use a source now: ${error.message}.`, {
    cause: error,
  })
}

// Requests are handled one after the other, except for those that must not wait.
let last: Promise<unknown> = Promise.resolve()
process.on('message', ({ id, request }: ToSource) => {
  const perform = async (): Promise<void> => {
    let message: FromSource
    try {
      message = { id, answer: await holder.perform(request) }
    } catch (error) {
      message = { id, error: toPlainError(isSqliteError(error) ? sqliteFailure(error) : error) }
    }
    send(message)
  }
  const isUrgent =
    request.kind === 'renew-lease' || request.kind === 'await-command' || request.kind === 'hold'
  if (isUrgent) void perform()
  else last = last.then(perform)
})
send({ ready: true })
