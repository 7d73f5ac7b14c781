/**
 * Handles messages that the driver cannot read: it throws while a socket passes it bytes, where nobody would catch the error. Invariant:
 * such a message ends the connection with an error that blames the server, while errors that our own code throws in an event handler pass
 * through.
 */
import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { TargetError } from './pg-errors.ts'

/** The driver's internal connection, whose members have no public type. */
type Wire = EventEmitter & { attachListeners: (stream: Socket) => void }

/** Wraps every stream that the driver attaches its listeners to, which for TLS is a second one. */
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

/** The protocol's authentication codes for GSSAPI and SSPI (manual, Message Formats, AuthenticationGSS). */
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
