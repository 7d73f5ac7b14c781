/**
 * Looks after a wait for the server: TCP alone takes a quarter of an hour to find out that a peer is gone, and never does behind a
 * proxy that keeps quiet. Invariant: a wait is given up only when nothing has flowed and the server's process has nothing to do
 * for us, or can't be asked, at three looks in a row; a statement that runs for hours is left alone.
 */
import { MigrateError } from '../../model/errors.ts'
import type { TargetAddress } from '../address/address.ts'

const LOOKS_IN_VAIN = 3

/** What is watched: a connection. */
type Watched = {
  readonly address: TargetAddress
  readonly processId: number
  /** Bytes so far in both directions. */
  readonly flow: number
  giveUp(): void
}

/** The other connection, by which the server is asked. */
type Inquiry = {
  query(sql: string, values: readonly unknown[]): Promise<{ readonly rows: readonly unknown[] }>
  destroy(): void
}

/** Begins to watch; `examine` returns the state of the server's process. Returns the function that ends it. */
export function watchOver(
  connection: Watched,
  everyMs: number,
  examine: (connection: Watched) => Promise<'working' | 'silent'>,
): () => void {
  let isOver = false
  let inVain = 0
  let flow = connection.flow
  const look = async (): Promise<void> => {
    const state = await examine(connection)
    if (isOver) return
    inVain = state === 'working' || connection.flow !== flow ? 0 : inVain + 1
    flow = connection.flow
    if (inVain >= LOOKS_IN_VAIN) connection.giveUp()
    else timer = setTimeout(look, everyMs)
  }
  let timer = setTimeout(look, everyMs)
  return () => {
    isOver = true
    clearTimeout(timer)
  }
}

/** What the server's process is doing, asked over another connection (manual section 27.2.3, pg_stat_activity). */
export async function askServer(
  connection: Watched,
  connect: (address: TargetAddress) => Promise<Inquiry>,
): Promise<'working' | 'silent'> {
  try {
    const other = await connect(connection.address)
    try {
      const { rows } = await other.query(
        `select 1 from pg_stat_activity where pid = $1 and state = 'active' and wait_event is distinct from 'ClientRead'`,
        [connection.processId],
      )
      return rows.length === 1 ? 'working' : 'silent'
    } finally {
      other.destroy()
    }
  } catch (error) {
    return error instanceof MigrateError && unreachable.has(error.code) ? 'silent' : 'working'
  }
}

const unreachable: ReadonlySet<string> = new Set([
  'connection-refused',
  'connection-lost',
  'host-unknown',
  'host-unreachable',
  'timeout',
])
