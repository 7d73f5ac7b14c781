/**
 * Detects a pooler between us and the server, and counts the available sessions. Invariant: sessions opened here get no settings, and
 * nothing is written.
 */
import type pg from 'pg'
import type { TargetAddress } from '../address/address.ts'
import { openClient, socketOf, withinGreeting } from './open-client.ts'
import { refuseOtherServer } from './other-servers.ts'
import { TargetError } from './pg-errors.ts'

/** How long a session may take to answer before it counts as unavailable. */
const PATIENCE_MS = 3_000

/** How often both sessions are asked: a pool with idle sessions tends to return the same backend again. */
const ROUNDS = 3

/**
 * Throws `transaction-pooler` when the address leads to a pooler in transaction or statement mode, where locks, settings and snapshots do
 * not last for a session, or stay behind on a connection that others use (https://www.pgbouncer.org/features.html). Throws `other-server`
 * when the server is not PostgreSQL.
 */
export async function refuseTransactionPooling(address: TargetAddress): Promise<void> {
  const clients = await Promise.all([openClient(address), openClient(address)])
  try {
    const [one, other] = clients as [pg.Client, pg.Client]
    const shared = await withinGreeting(address, clients, async () => {
      await refuseOtherServer(one, address)
      return sharedBackend(one, other, address)
    })
    if (shared !== null) throw poolerError(address, shared)
  } finally {
    await closeAll(clients)
  }
}

/** Returns the backend that both sessions share; null when each has its own, or when they do not answer often enough to be sure. */
async function sharedBackend(
  one: pg.Client,
  other: pg.Client,
  address: TargetAddress,
): Promise<Backend | null> {
  const first = await answer(one, address)
  const second = await answer(other, address)
  if (first === null || second === null) return null
  if (first.pid === second.pid) return first
  for (let round = 0; round < ROUNDS; round++) {
    // While one session is in a transaction, the pool must give the other another backend, and so has two to choose from later.
    try {
      await one.query('begin')
    } catch (error) {
      // A pool in statement mode refuses transactions; an error from the role's own timeouts proves nothing.
      return /statement pooling/.test((error as Error).message) ? first : null
    }
    const again = await answer(other, address)
    await one.query('rollback').catch(() => undefined)
    const after = await answer(one, address)
    if (again === null || after === null) return null
    if (again.pid !== second.pid || after.pid !== first.pid) return first
  }
  return null
}

/**
 * Returns how many sessions can be open at once, at most `wanted`. Only opening them shows the combined limits of pool, role, database and
 * server. Throws the TargetError of a server that opens none.
 */
export async function countSessions(address: TargetAddress, wanted: number): Promise<number> {
  const opened = await Promise.allSettled(Array.from({ length: wanted }, () => openClient(address)))
  const clients = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const refused = opened.find((result) => result.status === 'rejected')
  if (clients.length === 0 && refused !== undefined) throw refused.reason
  try {
    const answers = await withinGreeting(address, clients, () =>
      Promise.all(clients.map((client) => answer(client, address))),
    )
    return answers.filter((backend) => backend !== null).length
  } finally {
    await closeAll(clients)
  }
}

type Backend = {
  readonly pid: number
  /** The server's own listening address, which a pooler hides; null for a Unix socket. */
  readonly host: string | null
  readonly port: number | null
}

/** Returns the backend that answers; null when none does in time, or when the role's own settings end the session. */
async function answer(client: pg.Client, address: TargetAddress): Promise<Backend | null> {
  const asked = client.query<Backend>(
    `select pg_catalog.pg_backend_pid() as pid, pg_catalog.host(pg_catalog.inet_server_addr()) as host,
            pg_catalog.inet_server_port() as port`,
  )
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, Math.min(PATIENCE_MS, address.connectTimeoutMs), null)
  })
  try {
    const result = await Promise.race([asked.catch(() => null), late])
    return result?.rows[0] ?? null
  } finally {
    clearTimeout(timer)
  }
}

async function closeAll(clients: readonly pg.Client[]): Promise<void> {
  await Promise.all(
    clients.map(async (client) => {
      const timer = setTimeout(() => socketOf(client).destroy(), PATIENCE_MS)
      await client.end().catch(() => undefined)
      clearTimeout(timer)
    }),
  )
}

function poolerError(address: TargetAddress, { host, port }: Backend): TargetError {
  const { host: named, port: namedPort } = address
  return new TargetError(
    'transaction-pooler',
    `${named}, port ${namedPort} is a connection pooler in transaction mode: sessions that are open at once share a backend, so locks, settings and snapshots of a session do not last.`,
    { hint: `Use ${betterAddress(address, host, port)}, or a pool in session mode (pool_mode = session).` },
  )
}

function betterAddress(
  { host, port }: TargetAddress,
  server: string | null,
  serverPort: number | null,
): string {
  if (/\.pooler\.supabase\.com$/.test(host) && port === 6543)
    return `port 5432 of ${host} (its session pooler), or the direct address db.<project>.supabase.co, port 5432`
  if (/-pooler\./.test(host)) return `the direct address ${host.replace('-pooler.', '.')}`
  if (server !== null && serverPort !== null && (server !== host || serverPort !== port))
    return `the server's own address (it says host ${server}, port ${serverPort})`
  return "the server's own address"
}
