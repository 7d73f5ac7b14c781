/**
 * The body of a thread: it opens one workplace after the other, and performs one task at a time. Invariant: `open` is answered by `ready`
 * or `failed`, a task by `done` or `failed`, and `close` by `closed`, or the thread ends.
 */
import { parentPort } from 'node:worker_threads'
import { toPlainError } from '../model/errors.ts'
import type { FromThread, OpenPlace, ToThread, Workplace } from './workplace.ts'

const port = parentPort!
const send = (message: FromThread<unknown, unknown>): void => port.postMessage(message)
let place: Workplace<unknown, unknown> | null = null
/** The last request; never rejects. */
let underWay: Promise<void> = Promise.resolve()

port.on('message', (message: ToThread) => {
  switch (message.type) {
    case 'open':
      answer(async () => {
        const { openPlace } = (await import(message.module)) as { readonly openPlace: OpenPlace }
        place = await openPlace(message.data, (notice) => send({ type: 'notice', notice }))
        return { type: 'ready' }
      })
      return
    case 'task':
      answer(async () => {
        const startedAt = performance.now()
        const result = await place!.perform(message.task)
        return { type: 'done', result, elapsedMs: performance.now() - startedAt }
      })
      return
    case 'close':
      underWay.then(close).then(
        () => send({ type: 'closed' }),
        () => port.close(),
      )
      return
    case 'end':
      port.close()
      return
    default:
      message satisfies never
  }
})

function answer(work: () => Promise<FromThread<unknown, unknown>>): void {
  underWay = work().then(send, (error: unknown) => send({ type: 'failed', error: toPlainError(error) }))
}

async function close(): Promise<void> {
  const closing = place
  place = null
  await closing?.close()
}
