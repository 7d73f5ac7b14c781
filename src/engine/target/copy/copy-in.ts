/**
 * COPY to the server (manual section 54.2.6), by pg-copy-streams. Invariant: a copy settles once, whatever happens to the server or the
 * socket; after a failure that left the connection alive, the connection can be used again.
 */
import { from as copyFrom } from 'pg-copy-streams'
import type { MigrateError } from '../../model/errors.ts'
import type { Connection } from '../connection/connection.ts'

export type CopyIn = {
  /**
   * Resolves when there is room for more. The bytes must not change until `onSent`, which is called when the socket no longer needs them,
   * and never after the connection was lost.
   */
  write(chunk: Buffer, onSent?: () => void): Promise<void>
  /** Ends the copy. Returns the number of rows that the server accepted. */
  finish(): Promise<number>
  /** Makes the server discard what was sent. Resolves when the connection is free again; never throws. */
  abort(): Promise<void>
}

const NOTHING = Buffer.alloc(0)

/** Starts `copy … from stdin`. The next `write` or `finish` throws a refusal by the server. */
export function copyIn(connection: Connection, sql: string): CopyIn {
  const stream = copyFrom(sql)
  let failure: unknown = null
  let refusal: MigrateError | null = null
  /** Ends the current wait, if there is one. */
  let wake: () => void = () => undefined
  const fail = (error: unknown): void => {
    failure ??= error
    wake()
  }
  const forget = connection.whenLost(() => fail(connection.lost))
  stream.on('error', fail)
  if (connection.lost === null) connection.client.query(stream)
  else fail(connection.lost)

  const check = (): void => {
    if (failure === null) return
    forget()
    refusal ??= connection.translate(failure)
    throw refusal
  }
  /** Waits until `begin` calls `done`, or until the copy fails. */
  const settled = (begin: (done: () => void) => void): Promise<void> =>
    connection.attend(
      new Promise((resolve) => {
        wake = resolve
        begin(resolve)
      }),
    )
  // The library gets one chunk at a time: it would go on sending a longer queue after the server refused a row.
  let isSending = false
  let whenSent: () => void = () => undefined
  const room = async (): Promise<void> => {
    if (isSending && failure === null) {
      await settled((done) => {
        whenSent = done
      })
    }
    check()
  }
  return {
    async write(chunk, onSent) {
      check()
      if (chunk.length === 0) {
        onSent?.()
        return
      }
      await room()
      isSending = true
      stream.write(chunk, (error) => {
        isSending = false
        whenSent()
        if (onSent === undefined || error) return
        // The socket works in order: once it has written the empty chunk, it is done with the one before.
        connection.socket.write(NOTHING, (lost) => {
          if (!lost) onSent()
        })
      })
    },
    async finish() {
      await room()
      await settled((done) => stream.end(done))
      check()
      forget()
      return stream.rowCount
    },
    async abort() {
      if (failure === null) {
        await settled((done) => stream.once('close', done).destroy(new Error('stopped by gpt-migrate')))
      }
      forget()
    },
  }
}
