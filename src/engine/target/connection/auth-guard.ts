/**
 * Watches how the server authenticates us, as libpq does for `require_auth` and `channel_binding` (PostgreSQL manual section 34.1.2).
 * Invariant: a method that is not allowed gets no answer, so no password leaves; a server that starts SCRAM is not trusted before it has
 * proved that it knows the password, too.
 */
import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { AuthMethod } from '../address/auth-methods.ts'
import { TargetError } from './pg-errors.ts'

/** What the server may request; `isBound` demands channel binding. */
type AuthDemands = { readonly methods: readonly AuthMethod[] | null; readonly isBound: boolean }

/** The driver's internal connection, whose events have no public type. */
type Wire = EventEmitter & { readonly stream: Socket }
type Offer = { readonly mechanisms?: readonly string[] }

/** Watches a connection about to be made. Returns a function that returns why it was refused, or null. */
export function guardAuthentication(wire: Wire, demands: AuthDemands): () => TargetError | null {
  let asked: AuthMethod = 'none'
  let hasProved = false
  let refusal: TargetError | null = null
  const refuse = (sentence: string, hint: string): void => {
    refusal ??= new TargetError('authentication-refused', sentence, { hint })
    wire.stream.destroy(refusal)
  }
  const take = (method: AuthMethod): void => {
    asked = method
    if (demands.methods !== null && !demands.methods.includes(method))
      refuse(
        `The server asks for authentication by ${spoken[method]}, which require_auth does not allow; nothing was sent.`,
        'Have the server use another method (pg_hba.conf), or change require_auth or PGREQUIREAUTH.',
      )
    else if (demands.isBound && method !== 'scram-sha-256') refuse(...unbound(spoken[method]))
  }
  wire.on('authenticationCleartextPassword', () => take('password'))
  wire.on('authenticationMD5Password', () => take('md5'))
  wire.on('authenticationSASL', ({ mechanisms = [] }: Offer) => {
    take('scram-sha-256')
    if (demands.isBound && !mechanisms.includes('SCRAM-SHA-256-PLUS'))
      refuse(...unbound('SCRAM without channel binding'))
  })
  wire.on('authenticationSASLFinal', () => {
    hasProved = true
  })
  wire.on('authenticationOk', () => {
    if (asked === 'none') take('none')
    else if (asked === 'scram-sha-256' && !hasProved)
      refuse(
        'What answers admits us without having proved that it knows the password: it is not the server.',
        'Check host and port, and use sslmode=verify-full.',
      )
  })
  return () => refusal
}

const spoken: Readonly<Record<AuthMethod, string>> = {
  none: 'nothing at all',
  password: 'a password in clear text',
  md5: 'an MD5 hash',
  'scram-sha-256': 'SCRAM',
}

const unbound = (what: string): [string, string] => [
  `channel_binding=require, and the server asks for authentication by ${what}; nothing was sent.`,
  'Channel binding takes TLS and scram-sha-256 on the server; or remove channel_binding.',
]
