/** The engine's own process: takes calls, emits events, answers. Invariant: every call gets exactly one answer or failure. */
import { RunControl } from '../events/control.ts'
import type { RunContext } from '../events/run-context.ts'
import { toPlainError } from '../model/errors.ts'
import { watchProcess } from '../threads/watch-process.ts'
import { type CallName, calls, loadCall } from './calls.ts'
import type { FromEngine, ToEngine } from './protocol.ts'

let control = new RunControl()
let isWatched = false
const say = (message: FromEngine): void => {
  // Nothing receives it any more: the watch ends the process.
  if (process.connected) process.send!(message, () => {})
}

process.on('message', (message: ToEngine) => {
  if (message.type === 'command') {
    if (message.command.type === 'reset') control = new RunControl()
    else control.obey(message.command)
    return
  }
  if (message.type === 'expect') {
    // The call itself says what is wrong.
    loadCall(message.name as CallName).catch(() => {})
    return
  }
  const { id, name, request } = message
  const context: RunContext = { control, emit: (event) => say({ type: 'event', id, event }) }
  const perform = calls[name as CallName] as (request: unknown, context: RunContext) => Promise<unknown>
  perform(request, context).then(
    (result) => say({ type: 'answer', id, result }),
    (error: unknown) => say({ type: 'failure', id, error: toPlainError(error) }),
  )
  // A call waits for its code at first: until then there is nothing to limit, and without a starter nothing that continues.
  if (!isWatched) watchProcess()
  isWatched = true
})
