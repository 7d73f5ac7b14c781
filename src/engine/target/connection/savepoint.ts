/**
 * Tries work in a transaction that the server may refuse. Invariant: refused work leaves nothing behind and the transaction continues; any
 * other error is thrown.
 */
import type { Connection } from './connection.ts'

/** Returns the server's refusal, or null when it accepted the work. May be nested. */
export async function refusalOf<E>(
  connection: Connection,
  isRefusal: (error: unknown) => error is E,
  work: () => Promise<unknown>,
): Promise<E | null> {
  await connection.execute('savepoint attempt')
  try {
    await work()
    await connection.execute('release savepoint attempt')
    return null
  } catch (error) {
    if (!isRefusal(error)) throw error
    await connection.execute('rollback to savepoint attempt; release savepoint attempt')
    return error
  }
}

/** Performs `work` on as many items at once as the server accepts, and calls `onRefused` for each item that it refuses. */
export async function byHalves<T, E>(
  connection: Connection,
  isRefusal: (error: unknown) => error is E,
  items: readonly T[],
  work: (some: readonly T[]) => Promise<void>,
  onRefused: (item: T, error: E) => void | Promise<void>,
): Promise<void> {
  if (items.length === 0) return
  const refusal = await refusalOf(connection, isRefusal, () => work(items))
  if (refusal === null) return
  if (items.length === 1) return onRefused(items[0]!, refusal)
  const middle = items.length >>> 1
  await byHalves(connection, isRefusal, items.slice(0, middle), work, onRefused)
  await byHalves(connection, isRefusal, items.slice(middle), work, onRefused)
}
