/**
 * Messages that the driver cannot read. It throws while a socket hands it bytes, where nobody would catch it. Invariant: such a message
 * ends the connection with an error of the server's, and what our own code throws at a message is thrown as before.
 */
import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { TargetError } from './pg-errors.ts'

/** The driver's connection, as far as it has no public names for it. */
type Wire = EventEmitter & { attachListeners: (stream: Socket) => void }

/** The driver reads from a socket, that of TLS too, once it has attached its listeners to it. */
export function guardProtocol(wire: Wire): void {
  let isOurs = false
  const emit = wire.emit.bind(wire)
  wire.emit = (name: string | symbol, ...values: unknown[]): boolean => {
    try {
      return emit(name, ...values)
    } catch (error) {
      isOurs = true
      throw error
    }
  }
  const attach = wire.attachListeners.bind(wire)
  wire.attachListeners = (stream) => {
    attach(stream)
    const hand = stream.emit.bind(stream) as (name: string | symbol, ...values: unknown[]) => boolean
    stream.emit = (name: string | symbol, ...values: unknown[]): boolean => {
      if (name !== 'data') return hand(name, ...values)
      isOurs = false
      try {
        return hand(name, ...values)
      } catch (error) {
        if (isOurs) throw error
        stream.destroy(unreadable(error))
        return true
      }
    }
  }
}

/** Authentication codes of the protocol that are GSSAPI's and SSPI's (manual, Message Formats, AuthenticationGSS). */
const GSS_CODES = /message type ([2789])$/

function unreadable(cause: unknown): TargetError {
  const said = cause instanceof Error ? cause.message : String(cause)
  if (GSS_CODES.test(said))
    return new TargetError(
      'authentication-refused',
      'The server asks for authentication by Kerberos (GSSAPI or SSPI), which is not supported; nothing was sent.',
      { hint: 'Have the server take another method for this user (pg_hba.conf), such as scram-sha-256.' },
    )
  return new TargetError('not-postgresql', `What answers does not keep to PostgreSQL's protocol: ${said}.`, {
    hint: 'Check host and port, and what stands between.',
    cause,
  })
}
