/**
 * COPY from the server. Not by pg-copy-streams, which COPY IN uses: reading the messages in place takes 0.3 s of CPU for 2 million rows of
 * `trades`, the library's stream 0.5 s (Node 24, the machine of docs/performance.md). Invariant: a copy settles once; after a failure that
 * left the connection alive, the connection can be used again.
 */
import type { Connection } from '../connection/connection.ts'
import { readInPlace } from '../connection/reading-socket.ts'
import { type OnPart, type OnTuple, TupleParser } from './copy-binary.ts'

const COPY_DATA = 0x64
const COPY_DONE = 0x63
const ERROR_RESPONSE = 0x45

type Socket = {
  listeners(event: 'data'): unknown[]
  on(event: 'data', listener: (chunk: Buffer) => void): void
  removeListener(event: 'data', listener: (chunk: Buffer) => void): void
}

/** Consumes protocol messages of one row each, from `start` up to the first message of another kind. */
type WholeMessages = {
  /** The number of rows consumed. */
  readonly rows: number
  /** Returns the start of the first message that was not consumed, or `end`. */
  take(chunk: Buffer, start: number, end: number): number
}

/**
 * Executes `copy … to stdout (format binary)` and calls `onTuple` for every row, in the server's order. Returns the number of rows. Reads
 * the protocol's messages (manual section 53.7) in place: a row that arrived in one chunk costs no object and no copy. `onPart`, if given,
 * gets tuples of more than a megabyte in parts; `whole` is offered messages before they are parsed. When a callback throws, the remaining
 * rows are skipped and the error is thrown at the end.
 */
export async function copyOut(
  connection: Connection,
  sql: string,
  onTuple: OnTuple,
  onPart: OnPart | null = null,
  whole: WholeMessages | null = null,
): Promise<number> {
  if (connection.lost !== null) throw connection.lost
  let thrown: unknown = null
  const parser = new TupleParser(onTuple, onPart)
  const take = (chunk: Buffer, start: number, end: number) => {
    if (thrown !== null) return
    try {
      parser.push(chunk, start, end)
    } catch (error) {
      thrown = error ?? new Error('stopped')
    }
  }
  const takeWhole = (chunk: Buffer, start: number, end: number): number =>
    whole !== null && thrown === null && parser.isBetweenTuples ? whole.take(chunk, start, end) : start
  const copied = new Promise<void>((resolve, reject) => {
    const statement = new CopyOutStatement(sql, { take, takeWhole }, (error) => {
      if (error === null) resolve()
      else reject(connection.translate(error))
    })
    connection.client.query(statement as never)
  })
  await connection.attend(copied)
  if (thrown !== null) throw thrown
  parser.finish()
  return parser.rows + (whole?.rows ?? 0)
}

type Takers = {
  /** Gets the contents of messages. */
  readonly take: (chunk: Buffer, start: number, end: number) => void
  /** Gets whole messages; returns the start of the first one that was not consumed. */
  readonly takeWhole: (chunk: Buffer, start: number, end: number) => number
}

/** A query as the driver expects it. While rows arrive, it reads the socket instead of the driver. */
class CopyOutStatement {
  /** The driver replaces this when a query timeout is set. */
  callback: () => void = () => undefined
  readonly #sql: string
  readonly #takers: Takers
  readonly #done: (error: unknown) => void
  #socket: Socket | null = null
  #driver: ((chunk: Buffer) => void) | null = null
  /** The five bytes of a message's type and length, while they arrive in pieces. */
  readonly #head = Buffer.alloc(5)
  #headBytes = 0
  #type = 0
  /** The bytes of the current message still to come. */
  #left = 0

  constructor(sql: string, takers: Takers, done: (error: unknown) => void) {
    this.#sql = sql
    this.#takers = takers
    this.#done = done
  }

  submit(connection: { readonly stream: Socket; query(sql: string): void }): void {
    const [driver] = connection.stream.listeners('data') as ((chunk: Buffer) => void)[]
    if (driver === undefined) throw new Error('The connection has no reader.')
    this.#socket = connection.stream
    this.#driver = driver
    connection.stream.on('data', this.#read)
    connection.stream.removeListener('data', driver)
    readInPlace(connection.stream, true)
    connection.query(this.#sql)
  }

  handleError(error: unknown): void {
    this.#giveBack()
    this.callback()
    this.#done(error)
  }

  handleReadyForQuery(): void {
    this.callback()
    this.#done(null)
  }

  handleCommandComplete(): void {}
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleCopyInResponse(connection: { sendCopyFail(reason: string): void }): void {
    connection.sendCopyFail('copy to stdout was expected')
  }
  handleCopyData(): void {}

  readonly #read = (chunk: Buffer): void => {
    let at = 0
    const end = chunk.length
    while (at < end) {
      if (this.#left === 0) {
        if (this.#headBytes === 0) at = this.#takers.takeWhole(chunk, at, end)
        if (at === end) return
        let length: number
        if (this.#headBytes === 0 && end - at >= 5) {
          this.#type = chunk[at]!
          length = chunk.readUInt32BE(at + 1)
          at += 5
        } else {
          const taken = Math.min(5 - this.#headBytes, end - at)
          chunk.copy(this.#head, this.#headBytes, at, at + taken)
          this.#headBytes += taken
          at += taken
          if (this.#headBytes < 5) return
          this.#headBytes = 0
          this.#type = this.#head[0]!
          length = this.#head.readUInt32BE(1)
        }
        if (this.#endsCopy()) {
          // The driver reads on from this message.
          this.#handOver(length, chunk.subarray(at))
          return
        }
        this.#left = length - 4
      }
      const taken = Math.min(this.#left, end - at)
      if (this.#type === COPY_DATA) this.#takers.take(chunk, at, at + taken)
      at += taken
      this.#left -= taken
    }
  }

  /** Skips CopyOutResponse, notices and parameter changes; any other message is the driver's. */
  #endsCopy(): boolean {
    const type = this.#type
    if (type === COPY_DATA) return false
    return type === COPY_DONE || type === ERROR_RESPONSE || !'HNSA'.includes(String.fromCharCode(type))
  }

  #handOver(length: number, rest: Buffer): void {
    const head = Buffer.alloc(5)
    head[0] = this.#type
    head.writeUInt32BE(length, 1)
    const driver = this.#driver
    this.#giveBack()
    driver?.(Buffer.concat([head, rest]))
  }

  #giveBack(): void {
    if (this.#socket === null || this.#driver === null) return
    this.#socket.removeListener('data', this.#read)
    this.#socket.on('data', this.#driver)
    readInPlace(this.#socket, false)
    this.#socket = null
    this.#driver = null
  }
}
