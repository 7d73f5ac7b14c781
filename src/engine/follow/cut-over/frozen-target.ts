/**
 * The target as it was when the fence was held, and its comparison with our files of the sources. Invariant: what is called equal was
 * compared cell by cell, by another reader than the rounds' own; what could not be compared is not called equal.
 */
import { copyPlanOf, type Plan, targetTableOf } from '../../model/plan.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { comparedTable } from '../../rows/compared.ts'
import { sumSource, sumTarget } from '../../rows/sum-rows.ts'
import { openReader } from '../../source/readers/readers.ts'
import { findOrphans, orphanTestsOf } from '../../source/staging/orphans.ts'
import { buildStaging, needsStaging } from '../../source/staging/staging.ts'
import { quoteLiteral, quoteTable } from '../../syntax/postgres-names.ts'
import { type Connection, connect } from '../../target/connection.ts'

export class FrozenTarget {
  readonly #keeper: Connection
  readonly #snapshot: string
  readonly #files: ReadonlyMap<string, string>

  private constructor(keeper: Connection, snapshot: string, files: ReadonlyMap<string, string>) {
    this.#keeper = keeper
    this.#snapshot = snapshot
    this.#files = files
  }

  /** `keeper` keeps the snapshot until `release`; it holds no lock on any table. */
  static async freeze(keeper: Connection, plan: Plan): Promise<FrozenTarget> {
    await keeper.execute('begin isolation level repeatable read read only')
    const { id } = await keeper.queryOne<{ id: string }>('select pg_export_snapshot() as id')
    return new FrozenTarget(keeper, id, await filesOf(keeper, plan))
  }

  async release(): Promise<void> {
    await this.#keeper.end()
  }

  /** The tables that differ from the sources, and those that could not be compared. `states`: our files of the fence's moment. */
  async compare(
    work: { readonly run: string; readonly plan: Plan },
    states: readonly Snapshot[],
    stagingFile: string,
    leftOut: ReadonlySet<string>,
  ): Promise<{ readonly differing: readonly string[]; readonly unproven: readonly string[] }> {
    const { plan, run } = work
    const staging = needsStaging(plan) ? stagingFile : null
    if (staging !== null) buildStaging(plan, states, staging)
    const orphans = findOrphans(plan, states)
    const differing: string[] = []
    const unproven: string[] = []
    const connection = await connect(this.#keeper.address)
    try {
      for (const table of plan.tables) {
        if (table.fate.kind !== 'copy' || leftOut.has(table.id)) continue
        const { copy } = table.fate
        const target = targetTableOf(plan, copy.target)
        const read = comparedTable(table)
        const reader = openReader('sqlite', read, copyPlanOf(read), states, staging)
        const block = {
          tableId: table.id,
          number: 0,
          range: { after: null, through: null },
          rowsBefore: 0,
          rows: 0,
        }
        try {
          const compared = {
            tableId: table.id,
            copy,
            target,
            orphans: orphanTestsOf(orphans, table),
            exact: plan.options.exact,
          }
          const source = sumSource(compared, reader, block, new Set())
          const found = await this.#inSnapshot(connection, () => sumTarget(connection, copy, run, null))
          if (found.rows !== source.rows || found.sum !== source.canonical) differing.push(table.id)
        } finally {
          reader.close()
        }
      }
      const now = await filesOf(connection, plan)
      for (const [name, file] of this.#files) if (now.get(name) !== file) unproven.push(name)
      return { differing, unproven }
    } finally {
      await connection.end()
    }
  }

  async #inSnapshot<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
    await connection.execute(
      `begin isolation level repeatable read read only; set transaction snapshot ${quoteLiteral(this.#snapshot)}`,
    )
    try {
      return await work()
    } finally {
      if (connection.lost === null) await connection.execute('commit')
    }
  }
}

/** Files of the tables and their partitions: a table that was written again, or emptied, shows nothing to older snapshots. */
async function filesOf(connection: Connection, plan: Plan): Promise<ReadonlyMap<string, string>> {
  const names = [
    ...new Set(
      plan.tables.flatMap(({ fate }) => (fate.kind === 'copy' ? [quoteTable(fate.copy.target)] : [])),
    ),
  ]
  const { rows } = await connection.query<{ name: string; files: string }>(
    `select t.name, string_agg(p.relid::text || ':' || coalesce(pg_relation_filenode(p.relid), 0)::text, ' ' order by p.relid) as files
       from unnest($1::text[]) as t (name)
      cross join lateral (select t.name::regclass as relid
                          union select relid from pg_partition_tree(t.name::regclass) where relid is not null) p
      group by t.name`,
    [names],
  )
  return new Map(rows.map(({ name, files }) => [name, files]))
}
