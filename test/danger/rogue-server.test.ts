/** What answers on the target's port need not be the server: it gets no password, no data, no memory and no time. */
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { RunEvent } from '../../src/engine/model/event.ts'
import { resolveTarget } from '../../src/engine/target/address/address.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { countSessions, refuseTransactionPooling } from '../../src/engine/target/connection/pooling.ts'
import { runForTest } from '../support/run.ts'

const servers: Server[] = []
const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const server of servers.splice(0)) server.close()
})

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5)
  head.write(type, 0, 'latin1')
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}
const authentication = (code: number, more = Buffer.alloc(0)): Buffer => {
  const body = Buffer.alloc(4)
  body.writeUInt32BE(code)
  return message('R', Buffer.concat([body, more]))
}
const ok = authentication(0)
const ready = message('Z', Buffer.from('I'))
const scram = authentication(10, Buffer.from('SCRAM-SHA-256\0\0'))

/** Listens; `answer` gets each piece that the client sends, the start-up packet first. Returns the port and what came in. */
async function rogue(
  answer: (socket: Socket, piece: Buffer, number: number) => void,
): Promise<{ port: number; received: Buffer[] }> {
  const received: Buffer[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    let number = 0
    socket.on('error', () => undefined)
    socket.on('data', (piece) => {
      received.push(piece)
      answer(socket, piece, number++)
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { port: address.port, received }
}

const PASSWORD = 'dearest-secret'
const attempt = (port: number, query = ''): ReturnType<typeof connect> =>
  connect(
    resolveTarget({
      target: `postgres://u:${PASSWORD}@127.0.0.1:${port}/d?sslmode=disable&connect_timeout=1${query}`,
      env: {},
    }),
  )
const expectNoPassword = (received: readonly Buffer[]): void =>
  expect(Buffer.concat(received).toString('latin1')).not.toContain(PASSWORD)

describe('a server that asks for less than was demanded', () => {
  it.each([
    ['a password in clear', authentication(3), '&require_auth=scram-sha-256', /clear text/],
    ['an MD5 hash', authentication(5, Buffer.from('salt')), '&require_auth=!md5', /MD5/],
    ['nothing', Buffer.concat([ok, ready]), '&require_auth=scram-sha-256', /nothing at all/],
    [
      'a password in clear',
      authentication(3),
      '&sslmode=prefer&channel_binding=require',
      /channel_binding=require/,
    ],
    ['SCRAM without binding', scram, '&sslmode=prefer&channel_binding=require', /channel_binding=require/],
  ])('%s: nothing is sent', async (_what, asks, query, why) => {
    const { port, received } = await rogue((socket, piece) => {
      // The request for TLS.
      if (piece.length === 8) socket.write('N')
      else socket.write(asks)
    })
    await expect(attempt(port, query)).rejects.toThrow(why)
    expectNoPassword(received)
    expect(received.every((piece) => piece[0] !== 'p'.charCodeAt(0))).toBe(true)
  })
})

describe('what the driver cannot read ends in a sentence', () => {
  it.each<[string, Buffer, RegExp]>([
    ['authentication by GSSAPI', authentication(7), /Kerberos/],
    ['authentication that nobody knows', authentication(77), /does not keep to PostgreSQL's protocol/],
    [
      'a message shorter than it says within',
      Buffer.concat([ok, message('S', Buffer.alloc(0)), message('K', Buffer.alloc(1))]),
      /protocol/,
    ],
  ])('%s', async (_what, answer, why) => {
    const { port, received } = await rogue((socket) => socket.write(answer))
    await expect(attempt(port)).rejects.toThrow(why)
    expectNoPassword(received)
  })

  it('and answers without the rows that were asked for', async () => {
    const { port } = await rogue((socket, _piece, number) => {
      const nothing = message('C', Buffer.from('SELECT 0\0'))
      socket.write(Buffer.concat(number === 0 ? [ok, ready] : [nothing, ready]))
    })
    await expect(attempt(port)).rejects.toMatchObject({ code: 'not-postgresql' })
  })
})

it('a server that begins SCRAM and then admits us without proof is not believed', async () => {
  const { port, received } = await rogue((socket, _piece, number) => {
    socket.write(number === 0 ? scram : Buffer.concat([ok, ready]))
  })
  await expect(attempt(port)).rejects.toMatchObject({ code: 'authentication-refused' })
  expectNoPassword(received)
})

describe('a server that keeps silent ends in a sentence, within the time to connect', () => {
  it.each<[string, (number: number) => Buffer | null]>([
    ['at once', () => null],
    ['after admitting us', (number) => (number === 0 ? ok : null)],
    ['before the first answer', (number) => (number === 0 ? Buffer.concat([ok, ready]) : null)],
  ])('%s', async (_when, answer) => {
    const { port } = await rogue((socket, _piece, number) => {
      const bytes = answer(number)
      if (bytes !== null) socket.write(bytes)
    })
    await expect(attempt(port)).rejects.toMatchObject({ code: 'timeout' })
  })
})

it('a run says that it connects before a silent server answers', async () => {
  const { port } = await rogue(() => {})
  const events: RunEvent[] = []
  const url = `postgres://u@127.0.0.1:${port}/d?sslmode=disable&connect_timeout=1`
  const run = runForTest({ sources: ['.'], url, workFolder: '.', onEvent: (event) => events.push(event) })
  await expect(run).rejects.toMatchObject({ code: 'timeout' })
  expect(events).toMatchObject([{ type: 'phase-started', phase: 'connect' }])
})

describe('a server that sends without end is cut off', () => {
  it.each<[string, Buffer]>([
    ['before it admits us', Buffer.alloc(0)],
    ['as its first answer', Buffer.concat([ok, ready])],
  ])('%s', async (_when, before) => {
    const { port } = await rogue((socket, _piece, number) => {
      if (number > (before.length > 0 ? 1 : 0)) return
      if (number === 0 && before.length > 0) {
        socket.write(before)
        return
      }
      const head = Buffer.from([0x4e, 0x7f, 0xff, 0xff, 0xff])
      socket.write(head)
      const chunk = Buffer.alloc(1 << 20)
      const pour = (): void => {
        while (!socket.destroyed && socket.write(chunk));
      }
      socket.on('drain', pour)
      pour()
    })
    await expect(attempt(port, '&connect_timeout=20')).rejects.toMatchObject({ code: 'answer-too-large' })
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(1_000_000_000)
  })
})

describe('sessions that are tried out before one is used', () => {
  const notice = message('N', Buffer.from('SNOTICE\0C00000\0Mhello\0\0'))
  /** One column of type text. */
  const columns = message('T', Buffer.from('0001610000000000000000000019ffffffffffff0000', 'hex'))
  const row = message('D', Buffer.from([0, 1, 0, 0, 0, 1, 0x61]))

  it.each<[string, (socket: Socket) => void]>([
    [
      'notices, one after the other',
      (socket) => {
        const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write(notice)), 100)
      },
    ],
    [
      'rows without end',
      (socket) => {
        socket.write(columns)
        const rows = Buffer.concat(Array.from({ length: 10_000 }, () => row))
        const pour = (): void => {
          while (!socket.destroyed && socket.write(rows));
        }
        socket.on('drain', pour)
        pour()
      },
    ],
  ])('%s in answer to the first question: cut off in the time to connect', async (_what, answer) => {
    const { port } = await rogue((socket, _piece, number) => {
      if (number === 0) socket.write(Buffer.concat([ok, ready]))
      else if (number === 1) answer(socket)
    })
    const target = `postgres://u@127.0.0.1:${port}/d?sslmode=disable&connect_timeout=2`
    const address = resolveTarget({ target, env: {} })
    const before = process.memoryUsage().rss
    const began = performance.now()
    await refuseTransactionPooling(address)
    expect(await countSessions(address, 2)).toBe(0)
    expect(performance.now() - began).toBeLessThan(10_000)
    await expect(connect(address)).rejects.toMatchObject({
      code: expect.stringMatching(/^(timeout|answer-too-large)$/),
    })
    expect(process.memoryUsage().rss - before).toBeLessThan(1_000_000_000)
  })
})
