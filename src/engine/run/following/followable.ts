/** Which runs can be followed. Invariant: a change that a round could not apply is refused before the run, with the reason. */
import { existsSync } from 'node:fs'
import { TRIGGERS_BESIDE_COLUMNSTORE } from '../../journal/capture-triggers.ts'
import { MigrateError } from '../../model/errors.ts'
import type { Finding } from '../../model/finding.ts'
import { formatCount } from '../../model/format-count.ts'
import type { Plan } from '../../model/plan.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { firstDistributed } from '../../plan/distribution/table-facts.ts'
import { type FileHeader, readHeader } from '../../source/base/file-header.ts'
import { unreliableMount } from '../../source/base/mounts.ts'
import type { TargetAddress } from '../../target/address/address.ts'
import { type Connection, connect } from '../../target/connection/connection.ts'
import { isAtLeast } from '../../target/extensions/extension-version.ts'
import { readTimescale } from '../../target/extensions/timescale.ts'
import { readReferences } from '../rollback/remove-rows.ts'

type ToFollow = {
  readonly plan: Plan
  readonly snapshots: readonly Pick<Snapshot, 'path'>[]
  /** Whether the run salvages a damaged file. */
  readonly isSalvaged?: boolean
}

/** Throws `not-followable` when the run cannot be followed. */
export async function refuseUnfollowable(connection: Connection, work: ToFollow): Promise<void> {
  refuseSources(work)
  refuseTables(work.plan)
  await refuseColumnstores(connection, work.plan)
  const filled = work.plan.schema.tables.filter(({ existing }) => existing)
  if (filled.length === 0) return
  const names = new Set(filled.map(({ schema, table }) => `${schema}.${table}`))
  for (const { child, parent, name } of await readReferences(connection, filled)) {
    if (names.has(`${child.schema}.${child.table}`)) continue
    refuse(
      `${child.schema}.${child.table}, which this run does not fill, refers to ${parent.schema}.${parent.table} (${name}): rows that the source deletes would take its rows with them, or could not go`,
      `Fill it as well, or drop the foreign key: alter table "${child.schema}"."${child.table}" drop constraint "${name}".`,
    )
  }
}

async function refuseColumnstores(connection: Connection, { schema }: Plan): Promise<void> {
  const table = schema.tables.find(({ hypertable }) => hypertable?.columnstore !== undefined)
  if (table === undefined) return
  const timescale = await readTimescale(connection)
  if (timescale === null || isAtLeast(timescale.version, TRIGGERS_BESIDE_COLUMNSTORE)) return
  refuse(
    `${table.schema}.${table.table} gets a columnstore, and TimescaleDB ${timescale.version} lets no trigger keep other writers out of such a table`,
    'Follow without --columnstore (or columnstore in the mapping file), and add it after the cut-over; TimescaleDB 2.28 can do both.',
  )
}

/** Calls `refuseUnfollowable` on a connection of its own, before a run begins. */
export async function refuseUnfollowableRun(address: TargetAddress, work: ToFollow): Promise<void> {
  await using connection = await connect(address)
  await refuseUnfollowable(connection, work)
}

/** From this size on the time to read a whole file is noticeable. */
const LARGE_BYTES = 256 * 1_000_000

/** Returns what following would cost the application where it is noticeable, and known defects of the SQLite version that it uses. */
export function followingFindings({ snapshots }: Pick<ToFollow, 'snapshots'>): readonly Finding[] {
  return snapshots.flatMap(({ path }): Finding[] => {
    if (!existsSync(path)) return []
    const header = readHeader(path)
    if (header.journalMode === 'wal') return mayLoseCommits(header) ? [walResetBug(path, header)] : []
    return header.bytes < LARGE_BYTES ? [] : [writersWait(path, header)]
  })
}

function writersWait(path: string, { bytes }: FileHeader): Finding {
  const megabytes = formatCount(bytes / 1_000_000)
  return {
    severity: 'warning',
    code: 'writers-wait',
    message: `${path} (${megabytes} MB) has a rollback journal: after each change it is compared whole, which keeps its writers waiting as long as reading it takes, at most every 5 s and once more at the cut-over.`,
    hint: "In WAL mode they don't wait: pragma journal_mode = wal, where the application allows it.",
  }
}

/** The "WAL-reset bug" of https://www.sqlite.org/wal.html: from 3.7.0 to 3.51.2. */
function mayLoseCommits({ libraryVersion }: FileHeader): boolean {
  return libraryVersion !== null && libraryVersion >= 3_007_000 && libraryVersion < 3_051_003
}

function walResetBug(path: string, { libraryVersion }: FileHeader): Finding {
  const version = libraryVersion!
  const name = `${Math.floor(version / 1_000_000)}.${Math.floor(version / 1000) % 1000}.${version % 1000}`
  return {
    severity: 'notice',
    code: 'wal-reset-bug',
    message: `${path} was last written by SQLite ${name}, which can lose committed pages by itself in WAL mode when two connections checkpoint at once (the "WAL-reset bug", up to 3.51.2). Following never checkpoints.`,
    hint: "Update the application's SQLite to 3.51.3 or later.",
  }
}

/** Refuses what can be judged without the target. */
export function refuseSources({ plan, snapshots, isSalvaged }: ToFollow): void {
  const standIn = plan.findings.find(
    ({ code }) => code === 'collation-unknown' || code === 'function-unknown',
  )
  if (standIn !== undefined)
    refuse(
      `${standIn.table} is ordered or computed by what only the application has`,
      'Move it while the application is stopped.',
    )
  if (isSalvaged === true) refuse('What can be read of a damaged file is moved', 'Repair the file first.')
  for (const { path } of snapshots) {
    if (!existsSync(path)) continue
    if (!readHeader(path).isSqlite)
      refuse(`${path} is no database that an application writes to`, 'Name the database file itself.')
    const mount = unreliableMount(path)
    if (mount !== null)
      refuse(
        `${path} is on a file system that may not support the locks that keep writers out (${mount})`,
        'Run on the machine whose disk holds the file.',
      )
  }
}

/** Refuses existing tables whose rows cannot be changed in place under the application's keys, and tables that Citus keeps. */
function refuseTables(plan: Plan): void {
  const { schema, tables } = plan
  const kept = firstDistributed(plan)
  if (kept !== null)
    refuse(
      `${kept.schema}.${kept.table} is kept by Citus, which has no triggers on such tables and no snapshot of all its nodes`,
      'Move it while the application is stopped, without --follow.',
    )
  for (const { existing, schema: place, table, foreignKeys } of schema.tables) {
    const late = foreignKeys.find(({ filledLater, deferrable }) => filledLater === true && !deferrable)
    if (existing && late !== undefined)
      refuse(
        `${place}.${table} is in a cycle of foreign keys, and ${late.name} is checked at once`,
        `Let it wait for the end of a transaction: alter table "${place}"."${table}" alter constraint "${late.name}" deferrable initially deferred.`,
      )
  }
  for (const { fate } of tables) {
    if (fate.kind !== 'copy' || fate.copy.among?.kind !== 'earlier') continue
    if (fate.copy.identity.kind === 'columns') continue
    const { schema: place, table } = fate.copy.target
    refuse(
      `${place}.${table} has no key, and nothing distinguishes its rows from those that were there before`,
      'Give it a primary key, or fill it without --append.',
    )
  }
}

function refuse(why: string, hint: string): never {
  throw new MigrateError('plan', 'not-followable', `${why}: such a run can't be followed.`, { hint })
}
