/**
 * A socket that reads into one reused buffer: a new buffer for every read costs 64 MB of memory that is collected late. Invariant:
 * listeners to `data` get bytes of their own to keep, unless they asked to read in place, where the bytes are valid during the call only.
 */
import { Socket } from 'node:net'

/** The size of a read by Node's own sockets. */
const READ_BYTES = 1 << 16

const inPlace = new WeakSet<object>()

export function openReadingSocket(): Socket {
  const socket: Socket = new Socket({
    onread: {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback(bytes, memory) {
        const read = Buffer.from(memory.buffer, memory.byteOffset, bytes)
        socket.emit('data', inPlace.has(socket) ? read : Buffer.from(read))
        return true
      },
    },
  })
  return socket
}

/** Whether listeners of `socket` are done with the bytes when they return, so that no copy is needed. Ignored by other sockets. */
export function readInPlace(socket: object, isDone: boolean): void {
  if (isDone) inPlace.add(socket)
  else inPlace.delete(socket)
}
