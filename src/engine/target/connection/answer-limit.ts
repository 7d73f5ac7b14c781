/**
 * Limits how much a server may send in one answer: a PostgreSQL message ends at 1 GB, a rogue server's never. Invariant: memory for answers
 * is bounded, whatever the server sends; the limit is checked a few times a second, so that it costs nothing per row.
 */
import type { Socket } from 'node:net'

/** The limit for the start of a session: notices and settings, normally some kilobytes. */
export const MOST_GREETING_BYTES = 8 << 20
/** The limit for a statement's answer that is kept in memory: more than any that we ask for. */
export const MOST_ANSWER_BYTES = 1_600_000_000

const LOOK_MS = 50

/** Calls `exceed` once when the socket has read more than `bytes` from now on. Returns a function that ends the check. */
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
