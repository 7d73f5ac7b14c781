/** Calls the engine. The declarations of the library's functions must not refer to this file, because it refers to all of the engine. */
import {
  type Answer,
  type CallName,
  EngineProcess,
  MigrateError,
  type Request,
} from '../engine/door/index.ts'
import { openEngine, type Watching } from './engine.ts'

/** Returns the engine's answer. Throws its MigrateError, `not-an-engine`, or the signal's reason when it was aborted before the call. */
export async function call<N extends CallName>(
  name: N,
  request: Request<N>,
  { signal, onEvent, engine }: Watching,
): Promise<Answer<N>> {
  signal?.throwIfAborted()
  const process = engine ?? openEngine()
  if (!(process instanceof EngineProcess))
    throw new MigrateError('usage', 'not-an-engine', 'The option "engine" takes what openEngine() returns.')
  const stop = (): void =>
    process.command({ type: 'stop', signal: signal?.reason === 'SIGTERM' ? 'SIGTERM' : 'SIGINT' })
  signal?.addEventListener('abort', stop, { once: true })
  try {
    return await process.call(name, request, onEvent)
  } finally {
    signal?.removeEventListener('abort', stop)
    if (engine === undefined) await process.close()
  }
}
