/**
 * Watches over a wait for the server: TCP alone takes a quarter of an hour to notice that a peer is gone, and never does behind a silent
 * proxy. Invariant: a wait is given up only after three checks in a row in which no byte has flowed and the server's process is idle or
 * can't be asked; a statement that runs for hours is left alone.
 */
import { MigrateError } from '../../model/errors.ts'
import type { TargetAddress } from '../address/address.ts'

const LOOKS_IN_VAIN = 3

/** The watched connection. */
type Watched = {
  readonly address: TargetAddress
  readonly processId: number
  /** The bytes sent and received so far. */
  readonly flow: number
  giveUp(): void
}

/** The second connection, which asks about the server's process. */
type Inquiry = {
  query(sql: string, values: readonly unknown[]): Promise<{ readonly rows: readonly unknown[] }>
  destroy(): void
}

/** Starts the checks; `examine` returns the state of the server's process. Returns a function that ends the watch. */
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

/** Asks over a second connection what the server's process is doing (manual section 27.2.3, pg_stat_activity). */
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
