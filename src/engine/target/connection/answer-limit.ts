/**
 * A bound on what a server may send at one go: a message of PostgreSQL's ends at 1 GB, and a rogue one never. Invariant: memory for
 * answers stays bounded, whatever the server sends; checked a few times a second, so that rows cost nothing.
 */
import type { Socket } from 'node:net'

/** Of a greeting: notices and settings, some kilobytes. */
export const MOST_GREETING_BYTES = 8 << 20
/** Of one statement's answer that is kept in memory: more than any that is asked for. */
export const MOST_ANSWER_BYTES = 1_600_000_000

const LOOK_MS = 50

/** Calls `exceed` once when the socket has read more than `bytes` from now on. Returns what ends the watch. */
export function limitAnswer(socket: () => Socket, bytes: number, exceed: () => void): () => void {
  const start = socket().bytesRead
  const timer = setInterval(() => {
    if (socket().bytesRead - start <= bytes) return
    clearInterval(timer)
    exceed()
  }, LOOK_MS)
  timer.unref()
  return () => clearInterval(timer)
}
