/**
 * Makes a target table what the source's new state says. Invariant: in the caller's transaction; every row that is to go is there, once,
 * or nothing is changed and it is said: somebody else has written to the table.
 */
import {
  deleteFollowedEntries,
  readRefusedKeys,
  refusedKey,
  writeArchive,
  writeQuarantine,
} from '../../journal/entries.ts'
import { MigrateError } from '../../model/errors.ts'
import type { TableTally } from '../../model/follow.ts'
import type { QuarantineEntry } from '../../model/journal.ts'
import type { CopyPlan } from '../../model/plan.ts'
import { copyStatement, sendTuples } from '../../rows/send-tuples.ts'
import { quoteIdentifier, quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection.ts'
import { isRowRefusal, mayPass, TargetError } from '../../target/pg-errors.ts'
import { type EncodedRow, NO_ORDINAL } from './encode-changes.ts'
import type { TableDelta } from './table-delta.ts'

/** Rows that are to go, from which on their keys are worth counting for the server's planner. */
const WORTH_ANALYZING = 1_000

export class DeltaApplier {
  readonly #connection: Connection
  readonly #run: string
  /** Temporary tables of this connection, by target table. */
  readonly #tables = new Map<string, string>()
  #refused: Set<string> = new Set()

  constructor(connection: Connection, run: string) {
    this.#connection = connection
    this.#run = run
  }

  /** Outside of a transaction, before the first round: what a round needs is there then. */
  async prepare(copies: readonly CopyPlan[]): Promise<void> {
    for (const copy of copies) {
      await namingTable(copy, () => this.#goneTable(copy))
    }
  }

  /** Rows that the server refused earlier, by what names them: they are in quarantine, not in the table. */
  async readRefused(): Promise<void> {
    this.#refused = await readRefusedKeys(this.#connection, this.#run)
  }

  /** In the round's transaction. Throws what the target said, with the table's name. */
  async apply(delta: TableDelta, copy: CopyPlan): Promise<TableTally> {
    return namingTable(copy, () => this.#apply(delta, copy))
  }

  async #apply(delta: TableDelta, copy: CopyPlan): Promise<TableTally> {
    const { tableId } = delta
    const isRefused = ({ ifRefused }: EncodedRow): boolean =>
      ifRefused?.some((entry) => this.#refused.has(refusedKey(entry))) === true
    const held = delta.gone.filter((row) => row.tuple !== null && !isRefused(row))
    const gone = held.flatMap(({ tuple }) => tuple ?? [])
    if (gone.length > 0) await this.#remove(copy, tableId, gone)
    const refusedBefore = delta.gone.filter(isRefused).flatMap(({ ifRefused }) => ifRefused ?? [])
    const quarantineGone = [...delta.quarantineGone, ...refusedBefore]
    await deleteFollowedEntries(this.#connection, this.#run, 'quarantine', quarantineGone)
    await deleteFollowedEntries(this.#connection, this.#run, 'archive', delta.archiveGone)
    const refused = await this.#send(copy, tableId, delta.come)
    const come = delta.come.filter((row) => row.tuple !== null && !refused.has(row))
    const refusals = [...refused.values()].flat()
    await writeQuarantine(this.#connection, this.#run, [
      ...delta.come.flatMap((row) => row.quarantine),
      ...refusals,
    ])
    await writeArchive(
      this.#connection,
      this.#run,
      come.flatMap(({ archive }) => archive),
    )
    for (const entry of refusedBefore) this.#refused.delete(refusedKey(entry))
    for (const entry of refusals) this.#refused.add(refusedKey(entry))
    const tuples = come.flatMap(({ tuple }) => tuple ?? [])
    const updated = countKept(copy, gone, tuples)
    return { tableId, updated, inserted: tuples.length - updated, deleted: gone.length - updated }
  }

  /** Rows that the server refuses, with what quarantine is to hold of them. */
  async #send(
    copy: CopyPlan,
    tableId: string,
    rows: readonly EncodedRow[],
  ): Promise<ReadonlyMap<EncodedRow, readonly QuarantineEntry[]>> {
    const refused = new Map<EncodedRow, readonly QuarantineEntry[]>()
    const statement = copyStatement(copy)
    const send = async (part: readonly EncodedRow[]): Promise<void> => {
      if (part.length === 0) return
      await this.#connection.execute('savepoint rows')
      try {
        await sendTuples(
          this.#connection,
          statement,
          part.map(({ tuple }) => ({ ordinal: NO_ORDINAL, bytes: tuple! })),
        )
        await this.#connection.execute('release savepoint rows')
      } catch (error) {
        if (!isRowRefusal(error)) throw error
        await this.#connection.execute('rollback to savepoint rows')
        const [row] = part
        if (part.length > 1) {
          const middle = part.length >>> 1
          await send(part.slice(0, middle))
          await send(part.slice(middle))
        } else if (row?.ifRefused == null) {
          throw tooManyRefused(tableId, error)
        } else {
          const { message } = error as Error
          refused.set(
            row,
            row.ifRefused.map((entry) =>
              entry.code === 'refused-by-server' ? { ...entry, reason: message } : entry,
            ),
          )
        }
      }
    }
    await send(rows.filter(({ tuple }) => tuple !== null))
    return refused
  }

  async #remove(copy: CopyPlan, tableId: string, gone: readonly Buffer[]): Promise<void> {
    const table = await this.#goneTable(copy)
    const keys = identityOf(copy)
    const statement = `copy ${table} (${keys.map((_, at) => `k${at}`).join(', ')}) from stdin (format binary)`
    const rows = gone.map((tuple) => ({ ordinal: 0, bytes: pickFields(copy, tuple, keys) }))
    await sendTuples(this.#connection, statement, rows)
    if (gone.length >= WORTH_ANALYZING) await this.#connection.execute(`analyze ${table}`)
    const { count } = await this.#connection.query(
      copy.identity.kind === 'columns' ? deleteByKey(copy, table, keys) : deleteEqual(copy, table, keys),
    )
    if (count === gone.length) return
    throw new MigrateError(
      'copy',
      'target-changed',
      `${quoteTable(copy.target)} does not hold the rows of ${tableId} as they were moved: ${gone.length - count} of ${gone.length} rows that the source changed are not there.`,
      {
        hint: 'Something else has written to the table. Move it anew: gpt-migrate rollback, then the run again with --follow.',
      },
    )
  }

  /** A temporary table of the columns by which rows are found. */
  async #goneTable(copy: CopyPlan): Promise<string> {
    const target = quoteTable(copy.target)
    const known = this.#tables.get(target)
    if (known !== undefined) return known
    const table = `pg_temp.gpt_migrate_gone_${this.#tables.size}`
    const columns = identityOf(copy).map((name, at) => `${quoteIdentifier(name)} as k${at}`)
    await this.#connection.execute(
      `create temporary table ${table} on commit delete rows as select ${columns.join(', ')} from ${target} with no data`,
    )
    this.#tables.set(target, table)
    return table
  }
}

/** What does not pass by itself is said of the table that it concerns. */
async function namingTable<T>({ target }: CopyPlan, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof TargetError) || mayPass(error)) throw error
    const { code, message, detail, hint, sqlstate, constraint, column } = error
    const said = detail === null ? message : `${message} ${detail}`
    throw new TargetError(
      code,
      `Rows of ${target.schema}.${target.table} can't be brought up to date. ${said}`,
      {
        ...{ detail, sqlstate, constraint, column, cause: error },
        hint: `${hint ?? 'Put that right in the target.'} Then: gpt-migrate follow.`,
      },
    )
  }
}

/** Target columns by which a row is found: its key, or all of them. */
function identityOf(copy: CopyPlan): readonly string[] {
  return copy.identity.kind === 'columns' ? copy.identity.columns : copy.columns.map(({ target }) => target)
}

function deleteByKey(copy: CopyPlan, table: string, keys: readonly string[]): string {
  const same = keys.map((name, at) => `t.${quoteIdentifier(name)} = g.k${at}`)
  return `delete from ${quoteTable(copy.target)} t using ${table} g where ${same.join(' and ')}`
}

/** Of rows that nothing tells apart, as many are removed as are to go. */
function deleteEqual(copy: CopyPlan, table: string, keys: readonly string[]): string {
  const target = quoteTable(copy.target)
  const text = `row(${keys.map((name) => quoteIdentifier(name)).join(', ')})::text`
  const goneText = `row(${keys.map((_, at) => `k${at}`).join(', ')})::text`
  return `delete from ${target}
      where (tableoid, ctid) in (
        select a."table", a.place
          from (select tableoid as "table", ctid as place, ${text} as text,
                       row_number() over (partition by ${text}) as number
                  from ${target}
                 where ${text} in (select ${goneText} from ${table})) a
          join (select ${goneText} as text, count(*) as rows from ${table} group by 1) g
            on g.text = a.text and a.number <= g.rows)`
}

/** The fields of these columns as a tuple of their own. */
function pickFields(copy: CopyPlan, tuple: Buffer, columns: readonly string[]): Buffer {
  if (columns.length === copy.columns.length) return tuple
  const fields = fieldsOf(tuple)
  const picked = columns.map((name) => fields[copy.columns.findIndex(({ target }) => target === name)]!)
  const count = Buffer.alloc(2)
  count.writeInt16BE(columns.length)
  return Buffer.concat([count, ...picked])
}

/** Each with its length before it. */
function fieldsOf(tuple: Buffer): Buffer[] {
  const fields: Buffer[] = []
  for (let at = 2; at < tuple.length; ) {
    const end = at + 4 + Math.max(0, tuple.readInt32BE(at))
    fields.push(tuple.subarray(at, end))
    at = end
  }
  return fields
}

/** Rows that go and come with the same key: they were updated. */
function countKept(copy: CopyPlan, gone: readonly Buffer[], come: readonly Buffer[]): number {
  if (copy.identity.kind !== 'columns' || gone.length === 0 || come.length === 0) return 0
  const { columns } = copy.identity
  const keyOf = (tuple: Buffer): string => pickFields(copy, tuple, columns).toString('latin1')
  const before = new Set(gone.map(keyOf))
  return come.filter((tuple) => before.has(keyOf(tuple))).length
}

function tooManyRefused(tableId: string, cause: unknown): MigrateError {
  return new MigrateError(
    'copy',
    'too-many-refused',
    `${tableId}: the server refuses rows of a round that is too large to put them aside: ${(cause as Error).message}`,
    { hint: 'Move it anew: gpt-migrate rollback, then the run again with --follow.', cause },
  )
}
