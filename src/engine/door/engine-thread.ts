/** The face's end of the engine's thread. Invariant: a call settles once, also when the thread dies. */
import { Worker } from 'node:worker_threads'
import { fromPlainError, MigrateError } from '../model/errors.ts'
import type { EngineCommand, RunEvent } from '../model/event.ts'
import type { Answer, CallName, Request } from './calls.ts'
import type { FromEngine, ToEngine } from './protocol.ts'

type Pending = {
  readonly onEvent: (event: RunEvent) => void
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

const workerFile = new URL(
  import.meta.url.endsWith('.ts') ? './engine-worker.ts' : './engine-worker.js',
  import.meta.url,
)

export class EngineThread {
  readonly #worker = new Worker(workerFile, { name: 'engine' })
  readonly #pending = new Map<number, Pending>()
  #calls = 0

  constructor() {
    this.#worker.on('message', (message: FromEngine) => this.#hear(message))
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', (code) =>
      this.#fail(new MigrateError('bug', 'bug', `The engine's thread ended (exit code ${code}).`)),
    )
  }

  /** Has the engine do something; `onEvent` hears of it meanwhile. Throws the engine's MigrateError. */
  call<N extends CallName>(
    name: N,
    request: Request<N>,
    onEvent: (event: RunEvent) => void = () => {},
  ): Promise<Answer<N>> {
    const id = ++this.#calls
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { onEvent, resolve: resolve as (result: unknown) => void, reject })
      this.#say({ type: 'call', id, name, request })
    })
  }

  command(command: EngineCommand): void {
    this.#say({ type: 'command', command })
  }

  async close(): Promise<void> {
    this.#worker.removeAllListeners('exit')
    await this.#worker.terminate()
  }

  #say(message: ToEngine): void {
    this.#worker.postMessage(message)
  }

  #hear(message: FromEngine): void {
    const pending = this.#pending.get(message.id)
    if (pending === undefined) return
    if (message.type === 'event') {
      pending.onEvent(message.event)
      return
    }
    this.#pending.delete(message.id)
    if (message.type === 'answer') pending.resolve(message.result)
    else pending.reject(fromPlainError(message.error))
  }

  #fail(error: unknown): void {
    for (const pending of this.#pending.values()) pending.reject(error)
    this.#pending.clear()
  }
}
