/**
 * The process that holds every handle on the sources while they are followed. Invariant: signals meant for the program don't end it;
 * it ends when the program does, or when asked to, and without closing what it has open.
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
  tellAbort: async () => {
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

/** A reader of the program’s output waits for its end, not for ours. */
function leaveStandardError(): void {
  closeSync(2)
  openSync(devNull, 'w')
}

/** To a program that was killed a moment ago nothing can be said; `disconnect` will come, and what it does must be done. */
function say(message: FromSource): void {
  if (process.connected) process.send!(message, () => {})
}

function sqliteFailure(error: Error): MigrateError {
  return new MigrateError('source', 'sqlite-error', `SQLite can't use a source now: ${error.message}.`, {
    cause: error,
  })
}

// One request after the other, except for those that must not wait.
let last: Promise<unknown> = Promise.resolve()
process.on('message', ({ id, request }: ToSource) => {
  const perform = async (): Promise<void> => {
    let message: FromSource
    try {
      message = { id, answer: await holder.perform(request) }
    } catch (error) {
      message = { id, error: toPlainError(isSqliteError(error) ? sqliteFailure(error) : error) }
    }
    say(message)
  }
  const isUrgent =
    request.kind === 'renew-lease' || request.kind === 'await-command' || request.kind === 'hold'
  if (isUrgent) void perform()
  else last = last.then(perform)
})
say({ ready: true })
