/** Databases on a real Citus cluster, whose coordinator GPT_MIGRATE_CITUS names. */
import { randomBytes } from 'node:crypto'
import { quoteLiteral } from '../../src/engine/syntax/postgres-names.ts'
import { resolveTarget, type TargetAddress } from '../../src/engine/target/address/address.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { type FreshDatabase, freshDatabase } from './databases.ts'

export const citusServer = process.env.GPT_MIGRATE_CITUS

export type CitusDatabase = FreshDatabase & {
  /** The coordinator's database, then those of the workers. */
  readonly nodes: readonly TargetAddress[]
}

type Node = { readonly host: string; readonly port: number; readonly coordinator: boolean }

/** Creates a database with Citus under one name on each node of the cluster. */
export async function citusDatabase(): Promise<CitusDatabase> {
  const nodes = await query<Node>(
    resolveTarget({ target: citusServer!, env: {} }),
    `select nodename as host, nodeport as port, groupid = 0 as coordinator
       from pg_dist_node where noderole = 'primary' order by groupid`,
  )
  const name = `t_${randomBytes(6).toString('hex')}`
  const made: FreshDatabase[] = []
  for (const { host, port } of nodes) {
    const url = new URL(citusServer!)
    url.hostname = host
    url.port = String(port)
    made.push(await freshDatabase(url.href, name))
    await query(made.at(-1)!.address, 'create extension citus')
  }
  const [main] = made
  for (const { host, port, coordinator } of nodes) {
    const call = coordinator ? 'citus_set_coordinator_host' : 'citus_add_node'
    await query(main!.address, `select ${call}(${quoteLiteral(host)}, ${port})`)
  }
  return {
    ...main!,
    nodes: made.map(({ address }) => address),
    drop: async () => {
      for (const one of made) await one.drop()
    },
  }
}

/** Returns the rows of one statement, executed in a session of its own. */
export async function query<R>(address: TargetAddress, sql: string): Promise<readonly R[]> {
  await using connection = await connect(address)
  return (await connection.query<R>(sql)).rows
}
