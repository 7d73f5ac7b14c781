/**
 * Citus, which spreads tables over several servers (https://docs.citusdata.com). Invariant: only the coordinator is asked, and nothing is
 * asked when Citus is absent.
 */
import type { CitusProbe } from '../../model/target-probe.ts'
import type { Distribution, TableName } from '../../model/target-schema.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../connection/connection.ts'

/** Reads the facts of the database's Citus; null when the extension is not created. */
export async function readCitus(connection: Connection): Promise<CitusProbe | null> {
  const version = await readVersion(connection)
  if (version === null) return null
  const { nodes, coordinator, tables } = await connection.queryOne<{
    nodes: number
    coordinator: boolean
    tables: string[]
  }>(
    `select (select count(*)::integer from pg_dist_node where isactive and shouldhaveshards and noderole = 'primary') as nodes,
            (select groupid = 0 from pg_dist_local_group) as coordinator,
            array(select n.nspname || '.' || c.relname
                    from pg_dist_partition p
                    join pg_class c on c.oid = p.logicalrelid
                    join pg_namespace n on n.oid = c.relnamespace
                   where not p.autoconverted
                   order by 1) as tables`,
  )
  return { version, nodes, isCoordinator: coordinator, tables }
}

/** Since this version, a table can be on a single node and a schema can be distributed. */
const OLDEST_CITUS = 12

/** Returns why Citus cannot distribute tables there, as a clause; null when it can. */
export function refusalOfCitus(citus: CitusProbe | null): string | null {
  if (citus === null) return 'the database has no extension citus'
  if (Number.parseInt(citus.version, 10) < OLDEST_CITUS)
    return `its Citus is ${citus.version}, and ${OLDEST_CITUS}.0 is the oldest that is used`
  if (!citus.isCoordinator) return 'it is a worker of Citus: connect to the coordinator'
  if (citus.nodes === 0) return 'Citus knows no node that takes shards: add one with citus_add_node'
  return null
}

async function readVersion(connection: Connection): Promise<string | null> {
  const { rows } = await connection.query<{ version: string }>(
    `select extversion as version from pg_extension where extname = 'citus'`,
  )
  return rows[0]?.version ?? null
}

/** Returns how Citus keeps the table; null for a table that it does not manage. */
export async function readDistribution(
  connection: Connection,
  table: TableName,
): Promise<Distribution | null> {
  if ((await readVersion(connection)) === null) return null
  const { rows } = await connection.query<{ kind: Distribution['kind'] | null; column: string | null }>(
    `select case when p.partmethod = 'h' then 'column'
                 when exists (select from pg_dist_schema s where s.schemaid = c.relnamespace) then 'schema'
                 when p.repmodel = 't' then 'reference' end as kind,
            column_to_column_name(p.logicalrelid, p.partkey) as "column"
       from pg_dist_partition p
       join pg_class c on c.oid = p.logicalrelid
      where p.logicalrelid = to_regclass($1)`,
    [quoteTable(table)],
  )
  const [found] = rows
  if (found === undefined || found.kind === null) return null
  return found.kind === 'column' ? { kind: 'column', column: found.column ?? '' } : { kind: found.kind }
}

/**
 * Makes Citus change one shard after the other for the rest of the transaction: a change to a reference table must not run in parallel with
 * changes to the tables that refer to it.
 */
export async function changeShardsInTurn(connection: Connection): Promise<void> {
  await connection.execute("set local citus.multi_shard_modify_mode to 'sequential'")
}

/**
 * Settles transactions that a crash of the coordinator left prepared on the nodes; until then, their committed rows are invisible. The
 * maintenance daemon does so once a minute, and a role without the right waits for it.
 */
export async function settlePrepared(connection: Connection): Promise<void> {
  const { allowed } = await connection.queryOne<{ allowed: boolean }>(
    `select has_function_privilege('pg_catalog.recover_prepared_transactions()', 'execute') as allowed`,
  )
  if (allowed) await connection.query('select pg_catalog.recover_prepared_transactions()')
}
