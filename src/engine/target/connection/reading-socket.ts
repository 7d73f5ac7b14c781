/**
 * A socket that reads into one buffer again and again: a fresh one for every read costs memory that is collected late, 64 MB of it.
 * Invariant: who listens to `data` gets bytes of its own to keep, unless it has asked for those in place, which hold during the call.
 */
import { Socket } from 'node:net'

/** What Node's own sockets read at a time. */
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

/** Whether the listeners of `socket` are done with the bytes when they return. Sockets of another kind take no notice. */
export function readInPlace(socket: object, isDone: boolean): void {
  if (isDone) inPlace.add(socket)
  else inPlace.delete(socket)
}
