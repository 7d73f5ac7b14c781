/** The engine's own process: receives calls, emits events, answers. Invariant: every call gets exactly one answer or failure. */
import { RunControl } from '../events/control.ts'
import type { RunContext } from '../events/run-context.ts'
import { toPlainError } from '../model/errors.ts'
import { watchProcess } from '../threads/watch-process.ts'
import { type CallName, calls, loadCall } from './calls.ts'
import { restoreEnvironment } from './engine-environment.ts'
import type { FromEngine, ToEngine } from './protocol.ts'

restoreEnvironment()

let control = new RunControl()
let isWatched = false
const send = (message: FromEngine): void => {
  // Without a receiver, the watch ends this process.
  if (process.connected) process.send!(message, () => {})
}

process.on('message', (message: ToEngine) => {
  if (message.type === 'command') {
    if (message.command.type === 'reset') control = new RunControl()
    else control.obey(message.command)
    return
  }
  if (message.type === 'expect') {
    // The call itself will report the error.
    loadCall(message.name as CallName).catch(() => {})
    return
  }
  const { id, name, request } = message
  const context: RunContext = { control, emit: (event) => send({ type: 'event', id, event }) }
  const perform = calls[name as CallName] as (request: unknown, context: RunContext) => Promise<unknown>
  perform(request, context).then(
    (result) => send({ type: 'answer', id, result }),
    (error: unknown) => send({ type: 'failure', id, error: toPlainError(error) }),
  )
  // Started here because a call first loads its modules: until then there is nothing to limit.
  if (!isWatched) watchProcess()
  isWatched = true
})
