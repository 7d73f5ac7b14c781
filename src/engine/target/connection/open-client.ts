/** Opens sessions and leaves their settings as the server has them. */

import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import pg from 'pg'
import type { TargetAddress } from '../address/address.ts'
import { limitAnswer, MOST_GREETING_BYTES } from './answer-limit.ts'
import { guardAuthentication } from './auth-guard.ts'
import { isTlsFailure, TargetError, translatePgError } from './pg-errors.ts'
import { guardProtocol } from './protocol-guard.ts'
import { openReadingSocket } from './reading-socket.ts'
import { tlsOptions } from './tls-options.ts'

/** How long the server may be silent before its process is checked; `keepalives_idle` in the address overrides it. */
export const SILENCE_MS = 30_000

/** Opens a session without any of our settings. */
export async function openClient(address: TargetAddress): Promise<pg.Client> {
  const { mode } = address.tls
  // TLS is never used over a Unix socket.
  if (mode === 'disable' || address.host.startsWith('/')) return attempt(address, false)
  if (mode === 'allow') {
    try {
      return await attempt(address, false)
    } catch (error) {
      if (translatePgError(error, address).code !== 'tls-required') throw translatePgError(error, address)
      return attempt(address, true)
    }
  }
  if (mode !== 'prefer') return attempt(address, true)
  try {
    return await attempt(address, true)
  } catch (error) {
    const translated = translatePgError(error, address)
    if (
      translated.code !== 'tls-refused' &&
      translated.code !== 'certificate-invalid' &&
      translated.code !== 'not-admitted'
    )
      throw translated
    return attempt(address, false)
  }
}

async function attempt(address: TargetAddress, encrypted: boolean): Promise<pg.Client> {
  const client = new pg.Client({
    host: address.host,
    port: address.port,
    database: address.database,
    user: address.user,
    // A function, so that the driver does not look into the environment or ~/.pgpass.
    password: () => address.password ?? '',
    ssl: encrypted ? await tlsOptions(address) : false,
    // TLS reads the socket itself.
    ...(encrypted ? {} : { stream: openReadingSocket }),
    sslnegotiation: address.tls.isDirect === true && encrypted ? 'direct' : 'postgres',
    enableChannelBinding: address.tls.channelBinding,
    connectionTimeoutMillis: address.connectTimeoutMs,
    application_name: address.applicationName,
    options: address.options ?? '',
    keepAlive: address.keepAlive ?? true,
    keepAliveInitialDelayMillis: 10_000,
    types,
  })
  // Ignores errors after the first while the connection is being made.
  const ignore = () => undefined
  client.on('error', ignore)
  guardProtocol(wireOf(client))
  const refusal = guardAuthentication(wireOf(client), {
    methods: address.authMethods ?? null,
    isBound: address.tls.channelBinding,
  })
  const stopLimit = limitAnswer(
    () => socketOf(client),
    MOST_GREETING_BYTES,
    () => socketOf(client).destroy(tooMuch(address)),
  )
  try {
    await client.connect()
    const refused = refusal()
    if (refused !== null) throw refused
    return client
  } catch (error) {
    socketOf(client).destroy()
    const translated = translatePgError(error, address)
    // When TLS is only preferred, a bad certificate is not reported: the caller continues without TLS.
    throw encrypted && isTlsFailure(error) && translated.code !== 'certificate-invalid'
      ? new TargetError('certificate-invalid', translated.message, { cause: translated })
      : translated
  } finally {
    stopLimit()
  }
}

/**
 * Limits how much the server may send, and how long it may take, until the sessions are ready. Past either limit, their sockets are
 * destroyed and `ask` fails with `timeout` or `answer-too-large`.
 */
export async function withinGreeting<T>(
  address: TargetAddress,
  clients: readonly pg.Client[],
  ask: () => Promise<T>,
): Promise<T> {
  const impatience = setTimeout(() => {
    for (const client of clients) socketOf(client).destroy(new Error('timeout expired'))
  }, address.connectTimeoutMs)
  const stopLimits = clients.map((client) =>
    limitAnswer(
      () => socketOf(client),
      MOST_GREETING_BYTES,
      () => socketOf(client).destroy(tooMuch(address)),
    ),
  )
  try {
    return await ask()
  } finally {
    clearTimeout(impatience)
    for (const stop of stopLimits) stop()
  }
}

export function tooMuch({ host, port }: TargetAddress): TargetError {
  return new TargetError(
    'answer-too-large',
    `What answers on ${host}, port ${port} sends more than PostgreSQL does: it was cut off.`,
    { hint: 'Check host and port, and what stands between.' },
  )
}

/** Types of times, which stay text; the driver parses all others. */
const TIME_TYPES: ReadonlySet<number> = new Set([1082, 1083, 1114, 1184, 1186, 1266])

export const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') =>
    TIME_TYPES.has(oid)
      ? (text: string) => text
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
}

type Wire = EventEmitter & { readonly stream: Socket; attachListeners: (stream: Socket) => void }

/** The driver's socket, which has no public name. */
export function socketOf(client: pg.Client): Socket {
  return wireOf(client).stream
}

export function wireOf(client: pg.Client): Wire {
  return (client as unknown as { connection: Wire }).connection
}
