/**
 * A connection pooler for tests that works like PgBouncer: few server sessions for many clients, each lent for a transaction or for a
 * client's whole session, and never reset in between. The driver opens the sessions, then their sockets carry the clients' bytes.
 */
import { createServer, type Socket } from 'node:net'
import pg from 'pg'

export type Pooler = { readonly url: string; close(): Promise<void> }

type Backend = { readonly client: pg.Client; readonly socket: Socket }

const READY = 0x5a
const SSL_REQUEST = 80_877_103

export async function startPooler(
  serverUrl: string,
  { mode, size }: { readonly mode: 'transaction' | 'session'; readonly size: number },
): Promise<Pooler> {
  const backends = await Promise.all(Array.from({ length: size }, () => openBackend(serverUrl)))
  const idle = [...backends]
  const waiting: ((backend: Backend) => void)[] = []
  const sockets = new Set<Socket>()
  const borrow = (): Promise<Backend> => {
    const backend = idle.pop()
    return backend !== undefined ? Promise.resolve(backend) : new Promise((resolve) => waiting.push(resolve))
  }
  const giveBack = (backend: Backend): void => {
    const next = waiting.shift()
    if (next !== undefined) next(backend)
    else idle.push(backend)
  }
  const server = createServer((client) => {
    sockets.add(client)
    client.on('error', () => undefined)
    serve(client, borrow, giveBack, mode)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const url = new URL(serverUrl)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  url.searchParams.set('sslmode', 'disable')
  return {
    url: url.href,
    async close() {
      for (const socket of sockets) socket.destroy()
      for (const { socket } of backends) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function openBackend(url: string): Promise<Backend> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  const socket = (client as unknown as { connection: { stream: Socket } }).connection.stream
  socket.removeAllListeners('data')
  return { client, socket }
}

function serve(
  client: Socket,
  borrow: () => Promise<Backend>,
  giveBack: (backend: Backend) => void,
  mode: 'transaction' | 'session',
): void {
  let lent: Backend | null = null
  let isStarted = false
  let isGone = false
  let pending = Buffer.alloc(0)
  let answered = Buffer.alloc(0)
  const onAnswer = (bytes: Buffer): void => {
    client.write(bytes)
    answered = Buffer.concat([answered, bytes])
    let isIdle = false
    while (answered.length >= 5 && answered.length > answered.readUInt32BE(1)) {
      const end = 1 + answered.readUInt32BE(1)
      isIdle = answered[0] === READY && answered[5] === 0x49
      answered = answered.subarray(end)
    }
    if (isIdle && answered.length === 0 && (mode === 'transaction' || isGone)) release()
  }
  const release = (): void => {
    if (lent === null) return
    lent.socket.off('data', onAnswer)
    const backend = lent
    lent = null
    giveBack(backend)
  }
  let work: Promise<void> = Promise.resolve()
  const forward = async (bytes: Buffer): Promise<void> => {
    if (lent === null) {
      const backend = await borrow()
      if (isGone) {
        giveBack(backend)
        return
      }
      lent = backend
      lent.socket.on('data', onAnswer)
    }
    lent.socket.write(bytes)
  }
  client.on('data', (bytes) => {
    pending = Buffer.concat([pending, bytes])
    while (!isStarted && pending.length >= 8 && pending.length >= pending.readUInt32BE(0)) {
      const length = pending.readUInt32BE(0)
      if (pending.readUInt32BE(4) === SSL_REQUEST) client.write('N')
      else {
        isStarted = true
        client.write(WELCOME)
      }
      pending = pending.subarray(length)
    }
    const whole: Buffer[] = []
    while (isStarted && pending.length >= 5 && pending.length >= 1 + pending.readUInt32BE(1)) {
      const end = 1 + pending.readUInt32BE(1)
      // Terminate ends the client, not the server's session.
      if (pending[0] === 0x58) client.end()
      else whole.push(pending.subarray(0, end))
      pending = pending.subarray(end)
    }
    if (whole.length > 0) work = work.then(() => forward(Buffer.concat(whole)))
  })
  client.on('close', () => {
    isGone = true
    release()
  })
}

/** AuthenticationOk, ParameterStatus server_version, BackendKeyData, ReadyForQuery (manual section 55.2.1). */
const WELCOME = Buffer.concat([
  Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]),
  message(0x53, Buffer.from('server_version\x0015.0\0')),
  message(0x4b, Buffer.alloc(8)),
  message(READY, Buffer.from('I')),
])

function message(type: number, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head[0] = type
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}
