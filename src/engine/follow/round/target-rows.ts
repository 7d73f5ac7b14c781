/**
 * Deletes, inserts and updates rows of target tables by their key. Invariant: in the caller's transaction; exactly as many rows are deleted or
 * updated as were named, or an error says that another program has written to the table.
 */
import { RowSum } from '../../encode/rows/row-hash.ts'
import { MigrateError } from '../../model/errors.ts'
import type { QuarantineEntry } from '../../model/journal.ts'
import type { CopyPlan } from '../../model/plan.ts'
import { canonicalTuple, jsonbPositions } from '../../rows/canonical-tuple.ts'
import { copyStatement, sendTuples } from '../../rows/send-tuples.ts'
import { quoteIdentifier, quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { isRowRefusal } from '../../target/connection/pg-errors.ts'
import { byHalves, refusalOf } from '../../target/connection/savepoint.ts'
import { copyOut } from '../../target/copy/copy-out.ts'
import { type EncodedRow, NO_ORDINAL } from './encode-changes.ts'
import { identityOf, pickFields } from './tuple-fields.ts'

/** From this number of deleted rows on, analyzing the table of their keys pays. */
const WORTH_ANALYZING = 1_000

/** Rows that the server refuses, with the quarantine entries of each. */
export type Refusals = ReadonlyMap<EncodedRow, readonly QuarantineEntry[]>

export class TargetRows {
  readonly #connection: Connection
  /** Temporary tables of this connection, by purpose. */
  readonly #tables = new Map<string, string>()
  /** Temporary tables that hold rows in this transaction. */
  readonly #used = new Set<string>()

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Creates the tables for `remove`, `change` and `assign`. Call outside of a transaction. */
  async prepare(copy: CopyPlan): Promise<void> {
    await this.#keysTable(copy)
  }

  /** Call at the beginning of each transaction. */
  begin(): void {
    this.#used.clear()
  }

  /** Deletes the rows. Throws `target-changed` when one of them does not exist. */
  async remove(copy: CopyPlan, tableId: string, gone: readonly Buffer[]): Promise<void> {
    if (gone.length === 0) return
    const table = await this.#sendKeys(copy, gone)
    const keys = identityOf(copy)
    const { count } = await this.#connection.query(
      copy.identity.kind === 'columns' ? deleteByKey(copy, table, keys) : deleteEqual(copy, table, keys),
    )
    refuseMissing(copy, tableId, count, gone.length)
  }

  /** Inserts the rows. Returns those that the server refuses. */
  async add(copy: CopyPlan, tableId: string, rows: readonly EncodedRow[]): Promise<Refusals> {
    const statement = copyStatement(copy)
    return this.#eachAccepted(tableId, rows, async (part) => {
      await sendTuples(this.#connection, statement, tuplesOf(part))
    })
  }

  /** Updates rows, whose keys stay, in place. Returns those that the server refuses. */
  async change(copy: CopyPlan, tableId: string, rows: readonly EncodedRow[]): Promise<Refusals> {
    const keys = identityOf(copy)
    const set = copy.columns
      .map(({ target }) => quoteIdentifier(target))
      .filter((_, at) => !keys.includes(copy.columns[at]!.target))
      .map((column) => `${column} = n.${column}`)
    if (set.length === 0) return new Map()
    const table = await this.#newTable(copy)
    const same = keys.map((name) => `t.${quoteIdentifier(name)} = n.${quoteIdentifier(name)}`)
    return this.#eachAccepted(tableId, rows, async (part) => {
      await this.#empty(table)
      await sendTuples(this.#connection, copyStatement(copy, table), tuplesOf(part))
      const { count } = await this.#connection.query(
        `update ${quoteTable(copy.target)} t set ${set.join(', ')} from ${table} n where ${same.join(' and ')}`,
      )
      refuseMissing(copy, tableId, count, part.length)
    })
  }

  /**
   * Sets columns of the rows by `assignments`, in SQL over the table `t` and a row number `g.number`. Changes nothing when the server refuses
   * the values.
   */
  async assign(copy: CopyPlan, rows: readonly Buffer[], assignments: readonly string[]): Promise<void> {
    if (rows.length === 0 || assignments.length === 0) return
    const table = await this.#sendKeys(copy, rows)
    const same = identityOf(copy).map((name, at) => `t.${quoteIdentifier(name)} = g.k${at}`)
    const update = `update ${quoteTable(copy.target)} t set ${assignments.join(', ')}
           from (select *, row_number() over () as number from ${table}) g
          where ${same.join(' and ')}`
    await refusalOf(this.#connection, isRowRefusal, () => this.#connection.execute(update))
  }

  /** Throws `target-changed` when rows that have a key are not in the table as they were written. */
  async readBack(copy: CopyPlan, tableId: string, rows: readonly EncodedRow[]): Promise<void> {
    if (rows.length === 0 || copy.identity.kind !== 'columns') return
    const table = await this.#sendKeys(
      copy,
      rows.map(({ tuple }) => tuple!),
    )
    const columns = copy.columns.map(({ target }) => `t.${quoteIdentifier(target)}`)
    const same = identityOf(copy).map((name, at) => `t.${quoteIdentifier(name)} = g.k${at}`)
    const found = new RowSum()
    await copyOut(
      this.#connection,
      `copy (select ${columns.join(', ')} from ${quoteTable(copy.target)} t join ${table} g on ${same.join(' and ')})
         to stdout (format binary)`,
      (buffer, start, end) => found.add(buffer, start, end),
      (buffer, start, end, isLast) => {
        found.addPart(buffer, start, end)
        if (isLast) found.endRow()
      },
    )
    const written = new RowSum()
    const jsonb = jsonbPositions(copy)
    for (const { tuple } of rows) {
      const fields = canonicalTuple(tuple!, 2, tuple!.length, jsonb)
      written.add(fields, 0, fields.length)
    }
    if (found.rows === written.rows && found.toString() === written.toString()) return
    throw new MigrateError(
      'copy',
      'target-changed',
      `${quoteTable(copy.target)} does not hold ${rows.length} rows of ${tableId} as they have just been written: something in the target changes them.`,
      { hint: 'Look for a trigger or a rule on the table.' },
    )
  }

  /** Calls `work` with as many rows at a time as the server accepts, and collects rows that it refuses one by one. */
  async #eachAccepted(
    tableId: string,
    rows: readonly EncodedRow[],
    work: (part: readonly EncodedRow[]) => Promise<void>,
  ): Promise<Refusals> {
    const refused = new Map<EncodedRow, readonly QuarantineEntry[]>()
    await byHalves(this.#connection, isRowRefusal, rows, work, (row, error) => {
      if (row.ifRefused === null) throw tooManyRefused(tableId, error)
      const entries = row.ifRefused.map((entry) =>
        entry.code === 'refused-by-server' ? { ...entry, reason: error.message } : entry,
      )
      refused.set(row, entries)
    })
    return refused
  }

  async #sendKeys(copy: CopyPlan, rows: readonly Buffer[]): Promise<string> {
    const table = await this.#keysTable(copy)
    await this.#empty(table)
    const keys = identityOf(copy)
    const statement = `copy ${table} (${keys.map((_, at) => `k${at}`).join(', ')}) from stdin (format binary)`
    await sendTuples(
      this.#connection,
      statement,
      rows.map((tuple) => ({ ordinal: NO_ORDINAL, bytes: pickFields(copy, tuple, keys) })),
    )
    if (rows.length >= WORTH_ANALYZING) await this.#connection.execute(`analyze ${table}`)
    return table
  }

  /** Empties a table that was already used in this transaction, as happens when rows are updated in place. */
  async #empty(table: string): Promise<void> {
    if (this.#used.has(table)) await this.#connection.execute(`delete from ${table}`)
    this.#used.add(table)
  }

  /** Returns a temporary table with the columns by which rows are found. */
  #keysTable(copy: CopyPlan): Promise<string> {
    const columns = identityOf(copy).map((name, at) => `${quoteIdentifier(name)} as k${at}`)
    return this.#temporary('keys', copy, columns)
  }

  #newTable(copy: CopyPlan): Promise<string> {
    return this.#temporary(
      'rows',
      copy,
      copy.columns.map(({ target }) => quoteIdentifier(target)),
    )
  }

  async #temporary(kind: 'keys' | 'rows', copy: CopyPlan, columns: readonly string[]): Promise<string> {
    const target = quoteTable(copy.target)
    const place = `${kind} ${target}`
    const known = this.#tables.get(place)
    if (known !== undefined) return known
    const table = `pg_temp.gpt_migrate_${kind}_${this.#tables.size}`
    await this.#connection.execute(
      `create temporary table ${table} on commit delete rows as select ${columns.join(', ')} from ${target} with no data`,
    )
    this.#tables.set(place, table)
    return table
  }
}

const tuplesOf = (rows: readonly EncodedRow[]) =>
  rows.map(({ tuple }) => ({ ordinal: NO_ORDINAL, bytes: tuple! }))

function refuseMissing(copy: CopyPlan, tableId: string, found: number, wanted: number): void {
  if (found === wanted) return
  throw new MigrateError(
    'copy',
    'target-changed',
    `${quoteTable(copy.target)} does not hold the rows of ${tableId} as they were moved: ${wanted - found} of ${wanted} rows that the source changed are not there.`,
    {
      hint: `Something else has written to the table. Copy it again: gpt-migrate follow --resync ${JSON.stringify(tableId)}.`,
    },
  )
}

function deleteByKey(copy: CopyPlan, table: string, keys: readonly string[]): string {
  const same = keys.map((name, at) => `t.${quoteIdentifier(name)} = g.k${at}`)
  return `delete from ${quoteTable(copy.target)} t using ${table} g where ${same.join(' and ')}`
}

/** Of indistinguishable rows, deletes as many as are gone. */
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

function tooManyRefused(tableId: string, cause: unknown): MigrateError {
  return new MigrateError(
    'copy',
    'too-many-refused',
    `${tableId}: the server refuses rows of a round that is too large to put them aside: ${(cause as Error).message}`,
    { hint: `Copy it again: gpt-migrate follow --resync ${JSON.stringify(tableId)}.`, cause },
  )
}
