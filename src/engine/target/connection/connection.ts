/**
 * One connection to the target. Invariant: whatever happens to the connection, every pending call settles, with a MigrateError when it
 * failed, and no 'error' event is left without a listener.
 */

import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type pg from 'pg'
import type { MigrateError } from '../../model/errors.ts'
import type { TargetAddress } from '../address/address.ts'
import { limitAnswer, MOST_ANSWER_BYTES } from './answer-limit.ts'
import { openClient, SILENCE_MS, socketOf, tooMuch, withinGreeting } from './open-client.ts'
import { TargetError, translatePgError, unsupportedVersion } from './pg-errors.ts'
import { AGAIN } from './server-errors.ts'
import { enterSession, leaveSession, type Session } from './session.ts'
import { refuseSetRole, takeRole } from './session-role.ts'
import { askServer, watchOver } from './watch.ts'

const OLDEST_SERVER = 13

/** How long to wait for the server to close the connection after our Terminate message. */
const GOODBYE_MS = 5_000

/** A row as the driver parses it: int8, numeric and times stay text; boolean, int4, float and json become values. */
type Row = Readonly<Record<string, unknown>>

type Rows<R> = { readonly rows: readonly R[]; readonly count: number }

export class Connection {
  readonly address: TargetAddress
  /** Only for this folder's files: COPY uses the driver directly. */
  readonly client: pg.Client
  /** The process id of the backend. */
  readonly processId: number
  /** As `server_version_num`: 150004 is 15.4. */
  readonly versionNumber: number
  readonly version: string
  readonly isEncrypted: boolean
  readonly #session: Session
  /** The names of prepared statements, by their text. */
  readonly #prepared = new Map<string, string>()
  #lost: MigrateError | null = null
  #ended = false
  #waiting: (() => void)[] = []

  constructor(
    address: TargetAddress,
    client: pg.Client,
    server: Session & { readonly isEncrypted: boolean },
  ) {
    this.address = address
    this.client = client
    this.processId = server.processId
    this.versionNumber = server.versionNumber
    this.version = server.version
    this.isEncrypted = server.isEncrypted
    this.#session = server
    client.on('error', (error) => this.#lose(error))
    client.on('end', () => {
      if (!this.#ended) this.#lose(new Error('Connection terminated unexpectedly'))
    })
  }

  get major(): number {
    return Math.floor(this.versionNumber / 10_000)
  }

  /** The bytes sent and received on the socket. */
  get flow(): number {
    const { bytesRead, bytesWritten, writableLength } = socketOf(this.client)
    return bytesRead + bytesWritten - writableLength
  }

  /** The socket under the driver, TLS included. */
  get socket(): Socket {
    return socketOf(this.client)
  }

  /** Why the connection was lost; null while it is up. */
  get lost(): MigrateError | null {
    return this.#lost
  }

  /** Executes one statement with parameters ($1, …). */
  async query<R = Row>(text: string, values: readonly unknown[] = []): Promise<Rows<R>> {
    const result = await this.#settle(this.client.query<Row>({ text, values: [...values] }))
    return { rows: result.rows as readonly R[], count: result.rowCount ?? 0 }
  }

  /** Like `query`, for a statement that a session executes many times: the server parses it once and plans it a few times. */
  async queryPrepared<R = Row>(text: string, values: readonly unknown[]): Promise<Rows<R>> {
    // A unique name, because a pooler may hand us a session in which an earlier client of ours prepared statements and died.
    const name = this.#prepared.get(text) ?? `gpt_migrate ${randomUUID()}`
    this.#prepared.set(text, name)
    const result = await this.#settle(this.client.query<Row>({ name, text, values: [...values] }))
    return { rows: result.rows as readonly R[], count: result.rowCount ?? 0 }
  }

  /** Returns the single row of a query that returns exactly one. */
  async queryOne<R = Row>(text: string, values: readonly unknown[] = []): Promise<R> {
    const { rows } = await this.query<R>(text, values)
    if (rows.length !== 1) throw new Error(`A statement gave ${rows.length} rows where one was expected.`)
    return rows[0]!
  }

  /** Executes statements without parameters, separated by `;`. Outside a transaction they form one. */
  async execute(text: string): Promise<void> {
    await this.#settle(this.client.query(text))
  }

  /**
   * Runs `work` in a transaction, which commits when `work` returns and rolls back when it throws. `durably`: the commit waits for the
   * disk, whatever `synchronous_commit` says in the server, database or role.
   */
  async transaction<T>(
    work: () => Promise<T>,
    { durably = false }: { readonly durably?: boolean } = {},
  ): Promise<T> {
    let result: T
    try {
      await this.execute(durably ? 'begin; set local synchronous_commit = on' : 'begin')
      result = await work()
    } catch (error) {
      if (this.#lost === null) await this.execute('rollback').catch(() => undefined)
      throw error
    }
    await this.execute('commit')
    return result
  }

  /**
   * Runs `work` in a transaction whose commit waits for the disk, or for what the server's own `synchronous_commit` says; all earlier
   * commits, of any connection, are then durable too (manual section 30.4: there is one log in one order).
   */
  async commitDurably<T>(work: () => Promise<T>): Promise<T> {
    return this.transaction(async () => {
      await this.execute('set local synchronous_commit to default')
      return work()
    })
  }

  /** Calls `listener` once when the connection is lost, but not when we end it. Returns a function that removes the listener. */
  whenLost(listener: () => void): () => void {
    this.#waiting.push(listener)
    return () => {
      this.#waiting = this.#waiting.filter((one) => one !== listener)
    }
  }

  /** Waits for an answer of the server; gives the connection up when the server stops answering. */
  async attend<T>(pending: Promise<T>): Promise<T> {
    const stop = watchOver(this, this.address.silenceMs ?? SILENCE_MS, (connection) =>
      askServer(connection, (address) => connect(withoutRole(address))),
    )
    try {
      return await pending
    } finally {
      stop()
    }
  }

  /** Treats the connection as lost: every pending call fails. */
  giveUp(): void {
    const { host, port } = this.address
    this.#lose(
      new TargetError('connection-lost', `The server on ${host}, port ${port} has stopped answering.`, {
        hint: AGAIN,
      }),
    )
    socketOf(this.client).destroy()
  }

  translate(error: unknown): MigrateError {
    const translated = translatePgError(error, this.address)
    const isAftermath = translated.code === 'target-failed' || translated.code === 'connection-lost'
    return this.#lost !== null && isAftermath ? this.#lost : translated
  }

  /** Restores the session and ends it. Resolves when the socket is closed, whatever state the connection was in. */
  async end(): Promise<void> {
    this.#ended = true
    if (this.#lost !== null) return this.destroy()
    const impatience = setTimeout(() => this.destroy(), GOODBYE_MS)
    await leaveSession(this.client, this.#session, [...this.#prepared.values()]).catch(() => undefined)
    await this.client.end().catch(() => undefined)
    clearTimeout(impatience)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end()
  }

  /** Cuts the connection without a Terminate message: the server rolls back an open transaction. */
  destroy(): void {
    this.#ended = true
    socketOf(this.client).destroy()
  }

  async #settle<T>(pending: Promise<T>): Promise<T> {
    const stopLimit = limitAnswer(
      () => socketOf(this.client),
      MOST_ANSWER_BYTES,
      () => {
        this.#lose(tooMuch(this.address))
        socketOf(this.client).destroy()
      },
    )
    try {
      return await this.attend(pending)
    } catch (error) {
      throw this.translate(error)
    } finally {
      stopLimit()
    }
  }

  #lose(error: Error): void {
    if (this.#lost !== null || this.#ended) return
    const translated = translatePgError(error, this.address)
    this.#lost =
      translated.code === 'connection-lost'
        ? translated
        : new TargetError('connection-lost', `The connection to the target was lost: ${translated.message}`, {
            hint: AGAIN,
            cause: translated,
          })
    for (const listener of this.#waiting) listener()
  }
}

/**
 * Connects, checks the server's version and configures the session. TLS follows libpq (PostgreSQL manual section 34.19): `prefer` encrypts
 * if possible and continues unencrypted otherwise; only a root certificate turns verification on. `lockTimeoutMs`: how long a statement
 * waits for other sessions' locks before it fails with `locked`. `commitsLater`: commits don't wait for the disk; until a later one does
 * (`commitDurably`), a crash of the server may undo the last of them, in order.
 */
export async function connect(
  address: TargetAddress,
  options: { readonly lockTimeoutMs?: number; readonly commitsLater?: boolean } = {},
): Promise<Connection> {
  const client = await openClient(address)
  const enter = async (): Promise<Connection> => {
    if (address.session !== undefined) await refuseOtherSession(client, address.session)
    const session = await enterSession(client, [
      ['lock_timeout', String(options.lockTimeoutMs ?? 300_000)],
      ...(options.commitsLater === true ? [['synchronous_commit', 'off'] as const] : []),
    ])
    if (session.versionNumber < OLDEST_SERVER * 10_000) throw unsupportedVersion(session.version, address)
    if (address.role === undefined) await refuseSetRole(client)
    else await takeRole(client, address.role)
    const isEncrypted = 'encrypted' in socketOf(client)
    return new Connection(address, client, { ...session, isEncrypted })
  }
  try {
    return await withinGreeting(address, [client], enter)
  } catch (error) {
    client.on('error', () => undefined)
    const translated = translatePgError(error, address)
    if (translated.code === 'timeout' || translated.code === 'answer-too-large') socketOf(client).destroy()
    else await client.end().catch(() => undefined)
    throw translated
  }
}

/** Checks target_session_attrs as libpq does, before our own settings (manual section 34.1.2). */
async function refuseOtherSession(client: pg.Client, session: 'read-write' | 'primary'): Promise<void> {
  const { rows } = await client.query<{ standby: boolean; readonly: boolean }>(
    `select pg_catalog.pg_is_in_recovery() as standby,
            pg_catalog.current_setting('default_transaction_read_only') operator(pg_catalog.=) 'on' as readonly`,
  )
  const { standby, readonly } = rows[0]!
  if (!standby && !(readonly && session === 'read-write')) return
  throw new TargetError(
    'read-only-server',
    `The server is no ${session} one, which target_session_attrs demands: it ${standby ? 'is a standby' : 'takes no writes by default'}.`,
    { hint: 'Connect to the primary and not to a standby.' },
  )
}

/** The address without a role: only the user itself may see the state of its other sessions. */
function withoutRole(address: TargetAddress): TargetAddress {
  // The server reads `none` as no role; it overrides a role in the address's options.
  return { ...address, role: 'none' }
}
