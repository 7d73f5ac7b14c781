/**
 * The target as of the moment when the fence was held, and its comparison with our copies of the sources. Invariant: a table is called
 * equal only when every cell was compared, by other code than the rounds read with; one that could not be compared is reported.
 */

import { REFUSED_BY_SERVER } from '../../encode/rows/row-encoder.ts'
import { RowEntries } from '../../encode/rows/row-entries.ts'
import { quarantinedName, readRefused } from '../../journal/entries.ts'
import { uncutBlock } from '../../model/block.ts'
import type { QuarantineEntry } from '../../model/journal.ts'
import { type CopyPlan, copyPlanOf, type Plan, type TablePlan } from '../../model/plan.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { comparedTable } from '../../rows/compared.ts'
import { comparedTableOf, sumSource, sumTarget, type WasRefused } from '../../rows/sum-rows.ts'
import { openReader } from '../../source/readers/readers.ts'
import { findOrphans, type OrphanSets, orphanTestsOf } from '../../source/staging/orphans.ts'
import { buildStaging, needsStaging } from '../../source/staging/staging.ts'
import { quoteLiteral, quoteTable } from '../../syntax/postgres-names.ts'
import { type Connection, connect } from '../../target/connection/connection.ts'
import { isStatementRefusal } from '../../target/connection/pg-errors.ts'
import { holdForReading } from '../../target/guards/foreign-names.ts'
import { keylessTables } from '../round/apply-delta.ts'
import { NO_BLOCK } from '../round/encode-changes.ts'
import { type EntriesWork, entriesInJournal, entriesOfSource } from './kept-entries.ts'

export class FrozenTarget {
  readonly #keeper: Connection
  readonly #snapshot: string
  readonly #files: ReadonlyMap<string, string>

  private constructor(keeper: Connection, snapshot: string, files: ReadonlyMap<string, string>) {
    this.#keeper = keeper
    this.#snapshot = snapshot
    this.#files = files
  }

  /** Exports a snapshot, which `keeper` holds until `release`; it locks no table. */
  static async freeze(keeper: Connection, plan: Plan): Promise<FrozenTarget> {
    await keeper.execute('begin isolation level repeatable read read only')
    const { id } = await keeper.queryOne<{ id: string }>('select pg_export_snapshot() as id')
    return new FrozenTarget(keeper, id, await filesOf(keeper, plan))
  }

  async release(): Promise<void> {
    await this.#keeper.end()
  }

  /**
   * Returns the tables that differ from the sources, in their rows or in their entries in quarantine and archive, and those that could not
   * be compared. `states`: our copies of the sources as of the fence.
   */
  async compare(
    work: { readonly run: string; readonly plan: Plan },
    states: readonly Snapshot[],
    stagingFile: string,
    leftOut: ReadonlySet<string>,
  ): Promise<{ readonly differing: readonly string[]; readonly unproven: readonly string[] }> {
    const { plan } = work
    const staging = needsStaging(plan) ? stagingFile : null
    if (staging !== null) buildStaging(plan, states, staging)
    const orphans = findOrphans(plan, states)
    const differing: string[] = []
    const unproven: string[] = []
    await using connection = await connect(this.#keeper.address)
    const compared: ComparedWork = {
      ...work,
      states,
      staging,
      orphans,
      isNamedByCells: keylessTables(plan),
    }
    for (const table of plan.tables) {
      if (table.fate.kind !== 'copy' || leftOut.has(table.id)) continue
      try {
        const isEqual = await this.#inSnapshot(connection, () => isTableEqual(connection, compared, table))
        if (!isEqual) differing.push(table.id)
      } catch (error) {
        // The application may have dropped or altered the table since.
        if (!isStatementRefusal(error)) throw error
        unproven.push(table.id)
      }
    }
    const now = await filesOf(connection, plan)
    for (const [name, file] of this.#files) if (now.get(name) !== file) unproven.push(name)
    return { differing, unproven }
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

type ComparedWork = EntriesWork & { readonly orphans: OrphanSets }

/** Compares, in the frozen snapshot, the sum over all cells and the table's entries in quarantine and archive. */
async function isTableEqual(connection: Connection, work: ComparedWork, table: TablePlan): Promise<boolean> {
  const { plan, run, states, staging, orphans, isNamedByCells } = work
  const copy = copyPlanOf(table)
  const encoded = comparedTableOf(plan, table, orphanTestsOf(orphans, table))
  const refused = await readRefused(connection, run, isNamedByCells, table.id)
  const entriesOf = new RowEntries(table.id, copy, NO_BLOCK)
  const isNamed = (entry: QuarantineEntry): boolean => refused.has(quarantinedName(entry, isNamedByCells))
  const read = comparedTable(table)
  const reader = openReader('sqlite', read, copyPlanOf(read), states, staging)
  const block = { ...uncutBlock(table.id), number: NO_BLOCK }
  let entries: number
  try {
    const wasRefused: WasRefused = (row) =>
      refused.size > 0 && entriesOf.ofRefused(row, REFUSED_BY_SERVER, null).some(isNamed)
    const source = sumSource(encoded, reader, block, wasRefused)
    await holdForReading(connection, [copy.target])
    const found = await sumTarget(connection, copy, run, null)
    if (found.rows !== source.rows || found.sum !== source.canonical) return false
    entries = source.entries.rows
  } finally {
    reader.close()
  }
  const kept = await entriesInJournal(connection, work, table)
  // Most tables have no entries, and are read once.
  if (entries === 0 && kept.rows === 0 && !mayKeepMore(copy)) return true
  const expected = await entriesOfSource(
    work,
    table,
    encoded,
    ({ ifRefused }) => ifRefused?.some(isNamed) === true,
  )
  return kept.equals(expected)
}

/** Whether there may be entries besides those of encoding a row: for orphaned references, and for child rows without a parent. */
function mayKeepMore({ references, folds }: CopyPlan): boolean {
  return (
    folds.length > 0 ||
    references.some(({ onOrphan, originalIn }) => onOrphan === 'null-reference' && originalIn === null)
  )
}

/**
 * Returns the file nodes of the tables and their partitions: a table that was rewritten or truncated looks empty to older snapshots. Reads
 * only the catalog, since `pg_partition_tree` would lock the partitions for as long as the snapshot is held.
 */
async function filesOf(connection: Connection, plan: Plan): Promise<ReadonlyMap<string, string>> {
  const names = [
    ...new Set(
      plan.tables.flatMap(({ fate }) => (fate.kind === 'copy' ? [quoteTable(fate.copy.target)] : [])),
    ),
  ]
  const { rows } = await connection.query<{ name: string; files: string }>(
    `with recursive part (name, relid) as (
       select t.name, to_regclass(t.name)::oid from unnest($1::text[]) as t (name)
        union
       select p.name, i.inhrelid from part p join pg_inherits i on i.inhparent = p.relid)
     select p.name, string_agg(c.oid::text || ':' || c.relfilenode::text, ' ' order by c.oid) as files
       from part p
       join pg_class c on c.oid = p.relid
      group by p.name`,
    [names],
  )
  return new Map(rows.map(({ name, files }) => [name, files]))
}
