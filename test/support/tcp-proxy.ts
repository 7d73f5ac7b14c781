/** A TCP proxy in front of a server, for cutting connections in the middle of something. */
import { createConnection, createServer, type Socket } from 'node:net'

type TcpProxy = {
  readonly port: number
  /** The bytes sent to the server so far. */
  readonly sent: number
  /** Cuts all connections after `bytes` more bytes have gone to the server (`toServer`) or come from it. */
  cutAfter(bytes: number, direction: 'toServer' | 'fromServer'): void
  /** Accepts everything and forwards nothing: on all existing connections and, with `forAll`, on new ones. */
  silence(forAll: boolean): void
  /** Cuts all connections now. */
  cut(): void
  close(): Promise<void>
}

export async function startProxy(target: {
  readonly host: string
  readonly port: number
}): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  const left = { toServer: Number.POSITIVE_INFINITY, fromServer: Number.POSITIVE_INFINITY }
  let sent = 0
  let isDeaf = false
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  const silent = new Set<Socket>()
  const relay = (from: Socket, to: Socket, direction: 'toServer' | 'fromServer') => {
    sockets.add(from)
    if (isDeaf) silent.add(from)
    from.on('data', (data) => {
      if (silent.has(from)) return
      if (direction === 'toServer') sent += data.length
      left[direction] -= data.length
      if (left[direction] <= 0) return cut()
      if (!to.write(data)) {
        from.pause()
        to.once('drain', () => from.resume())
      }
    })
    from.on('end', () => to.end())
    from.on('error', () => to.destroy())
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
  }
  const server = createServer((client) => {
    const upstream = createConnection({ host: target.host, port: target.port })
    relay(client, upstream, 'toServer')
    relay(upstream, client, 'fromServer')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    get sent() {
      return sent
    },
    cutAfter(bytes, direction) {
      left[direction] = bytes
    },
    silence(forAll) {
      isDeaf = forAll
      for (const socket of sockets) silent.add(socket)
    },
    cut,
    close: () =>
      new Promise((resolve) => {
        cut()
        server.close(() => resolve())
      }),
  }
}
