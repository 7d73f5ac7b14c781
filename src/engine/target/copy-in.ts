/**
 * COPY to the server (manual section 54.2.6). Invariant: a copy settles once, whatever happens to the server or the socket, and after
 * a failure that left the connection alive the connection can be used again.
 */
import type { MigrateError } from '../model/errors.ts'
import type { Connection } from './connection.ts'

export type CopyIn = {
  /**
   * Resolves when there is room for more. The bytes must not change before `onSent`, which is called when the socket is done with
   * them, and never for those of a connection that was lost.
   */
  write(chunk: Buffer, onSent?: () => void): Promise<void>
  /** Ends the copy; the rows that the server took. */
  finish(): Promise<number>
  /** Makes the server forget what it was sent; resolves when the connection is free again. Never throws. */
  abort(): Promise<void>
}

/** Bytes on their way to the socket before `write` waits. */
const MOST_IN_FLIGHT = 1 << 20

/** Starts `copy … from stdin`. A refusal of the server comes out of the next `write` or of `finish`. */
export function copyIn(connection: Connection, sql: string): CopyIn {
  const statement = new CopyInStatement(sql)
  const forget = connection.whenLost(() => statement.handleError(connection.lost))
  if (connection.lost === null) connection.client.query(statement as never)
  else statement.handleError(connection.lost)
  let refusal: MigrateError | null = null
  const check = (): void => {
    if (statement.failure === null) return
    forget()
    refusal ??= connection.translate(statement.failure)
    throw refusal
  }
  return {
    async write(chunk, onSent) {
      check()
      if (chunk.length === 0) {
        onSent?.()
        return
      }
      if (!statement.isStarted) await connection.attend(statement.started)
      check()
      statement.send(chunk, onSent)
      if (statement.inFlight < MOST_IN_FLIGHT) return
      await connection.attend(statement.room())
      check()
    },
    async finish() {
      check()
      if (!statement.isStarted) await connection.attend(statement.started)
      check()
      statement.end()
      await connection.attend(statement.ended)
      check()
      forget()
      return statement.rows
    },
    async abort() {
      if (statement.failure === null) {
        if (!statement.isStarted) await connection.attend(statement.started)
        statement.fail('stopped by gpt-migrate')
        await connection.attend(statement.ended)
      }
      forget()
    },
  }
}

const COPY_DATA = 0x64
const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4])

type DriverConnection = {
  readonly stream: {
    cork(): void
    uncork(): void
    write(bytes: Buffer, done?: (error?: Error | null) => void): void
  }
  query(sql: string): void
  sendCopyFail(reason: string): void
}

/** What the driver asks of a query. */
class CopyInStatement {
  /** The driver replaces it when a query timeout is set. */
  callback: () => void = () => undefined
  /** The first thing that went wrong; null as long as nothing has. */
  failure: unknown = null
  rows = 0
  inFlight = 0
  isStarted = false
  /** Settles when the server waits for the rows, or has failed. */
  readonly started: Promise<void>
  /** Settles when the server is done, or has failed. */
  readonly ended: Promise<void>
  readonly #sql: string
  #connection: DriverConnection | null = null
  #start: () => void = () => undefined
  #end: () => void = () => undefined
  #makeRoom: () => void = () => undefined

  constructor(sql: string) {
    this.#sql = sql
    this.started = new Promise((resolve) => {
      this.#start = resolve
    })
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  /** One message CopyData. */
  send(chunk: Buffer, onSent: (() => void) | undefined): void {
    const head = Buffer.allocUnsafe(5)
    head[0] = COPY_DATA
    head.writeUInt32BE(chunk.length + 4, 1)
    const { stream } = this.#connection!
    this.inFlight += chunk.length
    stream.cork()
    stream.write(head)
    stream.write(chunk, (error) => {
      this.inFlight -= chunk.length
      if (this.inFlight < MOST_IN_FLIGHT) this.#makeRoom()
      if (error === null || error === undefined) onSent?.()
    })
    stream.uncork()
  }

  /** Settles when less is in flight, or the copy has failed. */
  room(): Promise<void> {
    return new Promise((resolve) => {
      this.#makeRoom = resolve
      if (this.failure !== null) resolve()
    })
  }

  end(): void {
    this.#connection!.stream.write(COPY_DONE)
  }

  fail(reason: string): void {
    if (this.failure === null) this.#connection?.sendCopyFail(reason)
  }

  submit(connection: DriverConnection): void {
    this.#connection = connection
    connection.query(this.#sql)
  }

  handleCopyInResponse(): void {
    this.isStarted = true
    this.#start()
  }

  handleError(error: unknown): void {
    this.failure ??= error
    this.callback()
    this.#settle()
  }

  handleCommandComplete(message: { readonly text: string }): void {
    this.rows = Number(/^COPY (\d+)$/.exec(message.text)?.[1] ?? 0)
  }

  handleReadyForQuery(): void {
    this.callback()
    this.#settle()
  }

  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleCopyData(): void {}

  #settle(): void {
    this.isStarted = true
    this.#start()
    this.#end()
    this.#makeRoom()
  }
}
