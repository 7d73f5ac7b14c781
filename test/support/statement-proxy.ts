/**
 * A proxy that understands PostgreSQL's messages (manual section 53.7): at the N-th client message that makes the server act, it cuts the
 * connection before the server gets the message, cuts it after the server has acted and before its answer arrives, or makes the server
 * fail.
 */
import { createConnection, createServer, type Socket } from 'node:net'

export type Fault =
  /** The message does not arrive, and the connection is lost. */
  | { readonly kind: 'cut' }
  /** The server executes the message; its answer is lost with the connection. */
  | { readonly kind: 'lose-answer' }
  /** The server fails with this SQLSTATE, as in the middle of the statement. */
  | { readonly kind: 'error'; readonly sqlstate: string }

type Gate = {
  /** Resolves when the message has arrived. */
  readonly reached: Promise<void>
  release(): void
}

export type StatementProxy = {
  readonly port: number
  /** The number of messages so far that made the server act. */
  readonly seen: number
  /** The message that the fault struck, in words; null before that. */
  readonly struck: string | null
  /** Restarts the count; `at` is the number of the message, from 1. `forGood`: the fault strikes every message from there on. */
  arm(fault: Fault | null, at: number, forGood?: boolean): void
  /** Holds back the first message whose SQL matches, and its client's following messages, until released. */
  hold(sql: RegExp): Gate
  close(): Promise<void>
}

/** Query, Parse, Execute, CopyData, CopyDone, Sync; connecting counts, too. */
const COUNTED = 'QPEdcS'
/** How long to wait for an answer that is to be lost: a CopyData has none. */
const ANSWER_MS = 60

export async function startStatementProxy(target: {
  readonly host: string
  readonly port: number
}): Promise<StatementProxy> {
  const sockets = new Set<Socket>()
  let fault: Fault | null = null
  let at = 0
  let forGood = false
  let seen = 0
  let struck: string | null = null
  let gate: { readonly sql: RegExp; reach(): void; readonly released: Promise<void> } | null = null

  /** The fault for this message, if it is its turn. */
  const turn = (what: string): Fault | null => {
    seen++
    const isNow = fault !== null && (forGood ? seen >= at : seen === at)
    if (isNow) struck ??= what
    return isNow ? fault : null
  }

  const server = createServer((client) => {
    const upstream = createConnection(target)
    const both = [client, upstream]
    const cut = () => {
      for (const socket of both) socket.destroy()
    }
    for (const socket of both) {
      sockets.add(socket)
      // Otherwise each small message would wait 40 ms for the acknowledgement of the previous one.
      socket.setNoDelay(true)
      socket.on('error', cut)
      socket.on('close', () => {
        sockets.delete(socket)
        cut()
      })
    }
    let losing = false
    /** The SQLSTATE for the server's next error or, after a commit that was turned into a rollback, in place of its answer. */
    let failing: { readonly sqlstate: string; readonly inPlaceOf: 'E' | 'C' } | null = null

    const fromServer = new Messages(false, (type, message) => {
      if (losing) {
        if (type === 'Z') cut()
        return
      }
      if (failing !== null && type === failing.inPlaceOf) {
        const { sqlstate } = failing
        failing = null
        client.write(errorResponse(sqlstate))
        if (sqlstate.startsWith('57P')) client.end(() => cut())
      } else client.write(message)
    })
    upstream.on('data', (data) => fromServer.push(data))

    /** The messages that wait at a gate; null when there are none. */
    let held: [type: string, message: Buffer][] | null = null
    const fromClient = new Messages(true, (type, message) => {
      if (held !== null) {
        held.push([type, message])
        return
      }
      if (gate?.sql.test(textOf(type, message)) === true) {
        held = [[type, message]]
        gate.reach()
        void gate.released.then(() => {
          const waiting = held ?? []
          held = null
          for (const one of waiting) forward(...one)
        })
        gate = null
        return
      }
      forward(type, message)
    })
    const forward = (type: string, message: Buffer): void => {
      if (losing) return
      if (type === 'encryption') {
        client.write('N')
        return
      }
      const now =
        type === 'startup' || COUNTED.includes(type) ? turn(`${type} ${textOf(type, message)}`.trim()) : null
      switch (now?.kind) {
        case undefined:
          upstream.write(message)
          return
        case 'cut':
          cut()
          return
        case 'lose-answer':
          losing = true
          upstream.write(message)
          setTimeout(cut, ANSWER_MS)
          return
        case 'error': {
          const { sqlstate } = now
          if (type === 'startup') {
            client.end(errorResponse(sqlstate))
            upstream.destroy()
            return
          }
          const isCommit = type === 'Q' && /^commit$/i.test(textOf(type, message))
          failing = { sqlstate, inPlaceOf: isCommit ? 'C' : 'E' }
          upstream.write(isCommit ? query('rollback') : broken(type, message))
          return
        }
        default:
          now satisfies never
      }
    }
    client.on('data', (data) => fromClient.push(data))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    get seen() {
      return seen
    },
    get struck() {
      return struck
    },
    arm(what, number, isForGood = false) {
      fault = what
      at = number
      forGood = isForGood
      seen = 0
      struck = null
    },
    hold(sql) {
      const reached = Promise.withResolvers<void>()
      const released = Promise.withResolvers<void>()
      gate = { sql, reach: reached.resolve, released: released.promise }
      return { reached: reached.promise, release: released.resolve }
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

const ENCRYPTION_CODES = [80877103, 80877104]

/** Splits a stream into messages: a type, a length, a body; the client's first message has no type. */
class Messages {
  #rest: Buffer = Buffer.alloc(0)
  #isFirst: boolean
  readonly #take: (type: string, message: Buffer) => void

  constructor(startsUntyped: boolean, take: (type: string, message: Buffer) => void) {
    this.#isFirst = startsUntyped
    this.#take = take
  }

  push(data: Buffer): void {
    this.#rest = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data])
    for (;;) {
      const head = this.#isFirst ? 0 : 1
      if (this.#rest.length < head + 4) return
      const end = head + this.#rest.readUInt32BE(head)
      if (this.#rest.length < end) return
      const message = this.#rest.subarray(0, end)
      this.#rest = this.#rest.subarray(end)
      // A request for TLS or GSSAPI (manual section 53.2.10), after which the startup message follows.
      const asksEncryption = this.#isFirst && ENCRYPTION_CODES.includes(message.readUInt32BE(4))
      const usual = this.#isFirst ? 'startup' : String.fromCharCode(message[0]!)
      const type = asksEncryption ? 'encryption' : usual
      this.#isFirst = this.#isFirst && asksEncryption
      this.#take(type, message)
    }
  }
}

function textOf(type: string, message: Buffer): string {
  if (type === 'Q') return message.toString('utf8', 5, message.length - 1)
  if (type !== 'P') return ''
  const name = message.indexOf(0, 5)
  return message.toString('utf8', name + 1, message.indexOf(0, name + 1))
}

function typed(type: string, ...body: readonly Buffer[]): Buffer {
  const length = body.reduce((sum, part) => sum + part.length, 4)
  const head = Buffer.alloc(5)
  head[0] = type.charCodeAt(0)
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, ...body])
}

const query = (sql: string): Buffer => typed('Q', Buffer.from(`${sql}\0`))

/** The message changed so that the server fails at it, ending its transaction like any failed statement. */
function broken(type: string, message: Buffer): Buffer {
  switch (type) {
    case 'Q':
      return query('failed on purpose')
    case 'P':
      return typed(
        'P',
        message.subarray(5, message.indexOf(0, 5) + 1),
        Buffer.from('failed on purpose\0'),
        Buffer.alloc(2),
      )
    case 'E':
      return typed('E', Buffer.from('no such portal\0'), Buffer.alloc(4))
    case 'd':
    case 'c':
      return typed('f', Buffer.from('failed on purpose\0'))
    default:
      // A Sync cannot fail by itself.
      return message
  }
}

function errorResponse(sqlstate: string): Buffer {
  const severity = sqlstate.startsWith('57P') || sqlstate === '53300' ? 'FATAL' : 'ERROR'
  const fields = [`S${severity}`, `V${severity}`, `C${sqlstate}`, 'Mfailed on purpose']
  return typed('E', Buffer.from(`${fields.join('\0')}\0\0`))
}
