/**
 * COPY from the server. Our own instead of pg-copy-streams, which COPY IN uses: reading the messages in place takes 0.3 s of CPU for
 * 2 million rows of `trades` where the library's stream takes 0.5 s (Node 24, docs/performance.md's machine). Invariant: a copy
 * settles once, and after a failure that left the connection alive it can be used again.
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

/** Takes messages of one row each as they came: those from `start` on, until one is something else. */
type WholeMessages = {
  /** Rows taken. */
  readonly rows: number
  /** Returns where the first message begins that was not taken, or `end`. */
  take(chunk: Buffer, start: number, end: number): number
}

/**
 * `copy … to stdout (format binary)`: calls `onTuple` for every row, in the server's order; returns how many there were. Reads
 * the protocol's messages (manual section 53.7) in place: no object and no copy for a row that arrived whole in one chunk.
 * `onPart`, if given, gets tuples of more than a megabyte in parts; `whole` is offered messages before they are read. When one of them
 * throws, the rest of the rows is passed over and the error is thrown in the end.
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
  /** Bytes of messages' contents. */
  readonly take: (chunk: Buffer, start: number, end: number) => void
  /** Whole messages; returns where the first begins that was not taken. */
  readonly takeWhole: (chunk: Buffer, start: number, end: number) => number
}

/** What the driver asks of a query. While rows come it reads the socket in the driver's place. */
class CopyOutStatement {
  /** The driver replaces it when a query timeout is set. */
  callback: () => void = () => undefined
  readonly #sql: string
  readonly #takers: Takers
  readonly #done: (error: unknown) => void
  #socket: Socket | null = null
  #driver: ((chunk: Buffer) => void) | null = null
  /** The five bytes of a message's type and length, while they come apart. */
  readonly #head = Buffer.alloc(5)
  #headBytes = 0
  #type = 0
  /** Bytes of the current message still to come. */
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
          // The driver reads from this message on.
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

  /** CopyOutResponse, notices and parameter changes are passed over; anything else is not ours. */
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
