/**
 * Runs other people's statements on the target. Invariant: each runs in a transaction of its own, read-only unless requested otherwise,
 * with a time limit, and is always rolled back; a statement that acts beyond its transaction is refused before it is sent.
 */

import { quoteIdentifier, quoteLiteral } from '../../syntax/postgres-names.ts'
import type { Connection } from '../connection/connection.ts'
import { TargetError } from '../connection/pg-errors.ts'

type ForeignColumn = {
  readonly name: string
  /** The OID of its type. */
  readonly type: number
  /** The OID of the table, and the number of its column, that the result shows unchanged; 0 for an expression. */
  readonly table: number
  readonly column: number
}

type ForeignOutcome =
  | {
      readonly kind: 'rows'
      readonly columns: readonly ForeignColumn[]
      /** The values as the server prints them. */
      readonly rows: readonly (readonly (string | null)[])[]
      /** The number of rows written. */
      readonly count: number
      readonly ms: number
    }
  | { readonly kind: 'error'; readonly sqlstate: string; readonly message: string }

export type ForeignSession = {
  readonly searchPath: readonly string[]
  readonly timezone: string
  readonly timeoutMs: number
  readonly isReadOnly: boolean
}

type RawResult = {
  readonly fields: readonly { name: string; dataTypeID: number; tableID: number; columnID: number }[]
  readonly rows: readonly (readonly (string | null)[])[]
  readonly rowCount: number | null
}

const asPrinted = { getTypeParser: () => (text: string) => text }

/** Runs the statements in one transaction, up to the first that fails. Returns their outcomes, the last of which may be an error. */
export async function runForeign(
  connection: Connection,
  statements: readonly { readonly sql: string; readonly parameters: readonly (string | null)[] }[],
  session: ForeignSession,
): Promise<ForeignOutcome[]> {
  const outcomes: ForeignOutcome[] = []
  await inForeignTransaction(connection, session, async () => {
    for (const { sql, parameters } of statements) {
      const refusal = refusalOf(sql)
      const outcome = refusal ?? (await runOne(connection, sql, parameters))
      outcomes.push(outcome)
      if (outcome.kind === 'error') break
    }
  })
  return outcomes
}

/** The number of rows fetched from a cursor at a time. */
const AT_ONCE = 5_000

/** Reads a statement's result in pieces; `ms`: the time that the server took for them. */
export async function streamForeign(
  connection: Connection,
  { sql, parameters }: { readonly sql: string; readonly parameters: readonly (string | null)[] },
  session: ForeignSession,
  onRows: (columns: readonly ForeignColumn[], rows: readonly (readonly (string | null)[])[]) => void,
): Promise<{ readonly kind: 'done'; readonly ms: number } | (ForeignOutcome & { readonly kind: 'error' })> {
  let ms = 0
  let failed: (ForeignOutcome & { readonly kind: 'error' }) | null = null
  await inForeignTransaction(connection, session, async () => {
    const declared = `declare long_result no scroll cursor for ${sql.trim().replace(/;$/, '')}`
    let outcome = refusalOf(sql) ?? (await runOne(connection, declared, parameters))
    do {
      if (outcome.kind !== 'error')
        outcome = await runOne(connection, `fetch ${AT_ONCE} from long_result`, [])
      if (outcome.kind === 'error') {
        failed = outcome
        return
      }
      ms += outcome.ms
      onRows(outcome.columns, outcome.rows)
    } while (outcome.rows.length > 0)
  })
  return failed ?? { kind: 'done', ms }
}

async function inForeignTransaction(
  connection: Connection,
  session: ForeignSession,
  act: () => Promise<void>,
): Promise<void> {
  const path = session.searchPath.map(quoteIdentifier).join(', ')
  await connection.execute(
    `begin transaction isolation level repeatable read, ${session.isReadOnly ? 'read only' : 'read write'};
     set local search_path to ${path === '' ? "''" : path};
     set local timezone to ${quoteLiteral(session.timezone)};
     set local jit to default;
     set local lock_timeout to '5s';
     set local statement_timeout to ${session.timeoutMs}`,
  )
  try {
    await act()
  } finally {
    if (connection.lost === null) await connection.execute('rollback')
  }
}

async function runOne(
  connection: Connection,
  sql: string,
  parameters: readonly (string | null)[],
): Promise<ForeignOutcome> {
  const startedAt = performance.now()
  try {
    const pending = connection.client.query({
      text: sql,
      values: [...parameters],
      rowMode: 'array',
      types: asPrinted,
    } as never) as unknown as Promise<RawResult>
    const { fields, rows, rowCount } = await connection.attend(pending)
    const columns = fields.map(({ name, dataTypeID, tableID, columnID }) => ({
      name,
      type: dataTypeID,
      table: tableID,
      column: columnID,
    }))
    return { kind: 'rows', columns, rows, count: rowCount ?? 0, ms: performance.now() - startedAt }
  } catch (error) {
    const translated = connection.translate(error)
    if (!(translated instanceof TargetError) || translated.sqlstate === null || connection.lost !== null)
      throw translated
    const said = error instanceof Error ? error.message : String(error)
    return { kind: 'error', sqlstate: translated.sqlstate, message: said }
  }
}

/** Functions that reach beyond the transaction or into the server's files (manual, chapters 9.27, 9.28, 35.4). */
const forbidden =
  /\b(?:pg_(?:read_\w*file|stat_file|ls_\w+|write_\w+|file_\w+|terminate_backend|cancel_backend|reload_conf|rotate_logfile|promote|switch_wal|create_restore_point|start_backup|stop_backup|backup_\w+|wal_replay_\w+|advisory_\w+|try_advisory_\w+|logical_\w+|create_\w*slot|drop_replication_slot|copy_\w*slot|replication_\w+|notify|sleep\w*|log_\w+|stat_reset\w*|extension_config_dump|import_system_collations|current_logfile|hba_file_rules)|lo_\w+|lowrite|loread|dblink\w*|set_config|query_to_xml\w*|table_to_xml\w*|cursor_to_xml\w*|schema_to_xml\w*|database_to_xml\w*|ts_stat|copy_file|nextval|setval|txid_current|pg_current_xact_id)"?\s*\(/i

function refusalOf(sql: string): ForeignOutcome | null {
  const found = forbidden.exec(sql)
  if (found === null) return null
  const name = found[0].replace(/["\s(]/g, '')
  return {
    kind: 'error',
    sqlstate: '',
    message: `${name}() acts beyond a transaction: the statement was not sent`,
  }
}
