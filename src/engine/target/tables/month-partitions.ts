/**
 * Monthly partitions of existing tables: reads which months they cover, and makes missing ones. Invariant: a row of the default partition
 * is moved in the transaction that makes its partition, or stays.
 */
import { setTimeout } from 'node:timers/promises'
import type { TableName } from '../../model/target-schema.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../../syntax/postgres-names.ts'
import { fitIdentifier } from '../../syntax/target-names.ts'
import type { Connection } from '../connection/connection.ts'
import { TargetError } from '../connection/pg-errors.ts'
import { changeShardsInTurn, readDistribution } from '../extensions/citus.ts'
import { holdTrustedTable } from '../guards/foreign-names.ts'

export type MonthPartitions = {
  readonly table: TableName
  /** The partitioning column. */
  readonly column: string
  /** The months that partitions cover, such as `2025-01`, ascending. */
  readonly months: readonly string[]
  /** The partitions of exactly one month. */
  readonly partitions: readonly { readonly name: string; readonly month: string }[]
  /** Null when there is no default partition. */
  readonly defaultName: string | null
}

/** Reads a table's partitions; null when it is not partitioned by ranges of one column. */
export async function readMonthPartitions(
  connection: Connection,
  table: TableName,
): Promise<MonthPartitions | null> {
  const { rows } = await connection.query<{ column: string; name: string | null; bound: string | null }>(
    `select a.attname as column, c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bound
       from pg_partitioned_table p
       join pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
       left join pg_inherits i on i.inhparent = p.partrelid
       left join pg_class c on c.oid = i.inhrelid
      where p.partrelid = to_regclass($1) and p.partstrat = 'r' and p.partnatts = 1`,
    [quoteTable(table)],
  )
  const [first] = rows
  if (first === undefined) return null
  const months: string[] = []
  const partitions: { name: string; month: string }[] = []
  let defaultName: string | null = null
  for (const { name, bound } of rows) {
    if (name === null || bound === null) continue
    if (bound === 'DEFAULT') defaultName = name
    const { covered, isExact } = monthsOfBound(bound)
    if (isExact && covered.length === 1) partitions.push({ name, month: covered[0]! })
    months.push(...covered)
  }
  return { table, column: first.column, months: months.toSorted(), partitions, defaultName }
}

/** The whole months within the bound `FOR VALUES FROM ('2025-01-01 …') TO ('2025-02-01 …')`, as pg_get_expr prints it in UTC. */
function monthsOfBound(bound: string): { readonly covered: readonly string[]; readonly isExact: boolean } {
  const ends = [...bound.matchAll(/\('(\d{4,})-(\d\d)-(\d\d)( [^']*)?'\)/g)]
  if (ends.length !== 2) return { covered: [], isExact: false }
  const [from, to] = ends.map(([, year, month, day, clock = '']) => {
    const isStart = day === '01' && /^(?: 00:00:00(?:\+00)?)?$/.test(clock)
    return { index: indexOfMonth(year!, month!), isStart }
  }) as [MonthEnd, MonthEnd]
  const first = from.isStart ? from.index : from.index + 1
  const covered = Array.from({ length: Math.max(0, to.index - first) }, (_, step) => monthAt(first + step))
  return { covered, isExact: from.isStart && to.isStart }
}

type MonthEnd = { readonly index: number; readonly isStart: boolean }

/** The months of rows in the default partition, with their numbers of rows. */
export async function readStranded(
  connection: Connection,
  { table, column, defaultName }: MonthPartitions,
): Promise<readonly { readonly month: string; readonly rows: number }[]> {
  if (defaultName === null) return []
  const time = quoteIdentifier(column)
  const { rows } = await connection.query<{ month: string; rows: number }>(
    `select to_char(date_trunc('month', ${time}), 'YYYY-MM') as month, count(*)::int8 as rows
       from only ${quoteTable({ schema: table.schema, table: defaultName })}
      where isfinite(${time}) and ${time} >= '0001-01-01' and ${time} < '9999-12-01'
      group by 1 order by 1`,
  )
  return rows.map(({ month, rows: count }) => ({ month, rows: Number(count) }))
}

function indexOfMonth(year: string, month: string): number {
  return Number(year) * 12 + Number(month) - 1
}

function monthAt(index: number): string {
  const year = String(Math.floor(index / 12)).padStart(4, '0')
  return `${year}-${String((index % 12) + 1).padStart(2, '0')}`
}

/** The month `count` months after `month`. */
export function monthAfter(month: string, count: number): string {
  const [year, number] = month.split('-') as [string, string]
  return monthAt(indexOfMonth(year, number) + count)
}

/** How often to try to make a partition while others hold locks. */
const TRIES = 8
const LOCK_TIMEOUT_MS = 2_000

/**
 * Runs a durable transaction that needs locks which others may hold: waits two seconds for each at most, then releases everything and tries
 * again, so that the application is not blocked. Throws `locked` in the end.
 */
export async function withLockRetries<T>(
  connection: Connection,
  work: () => Promise<T>,
  onRetry: (attempt: number) => void,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await connection.commitDurably(async () => {
        await connection.execute(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`)
        return work()
      })
    } catch (error) {
      const isLock = error instanceof TargetError && ['55P03', '40P01'].includes(error.sqlstate ?? '')
      if (!isLock || attempt === TRIES) throw error
      onRetry(attempt)
      // Statements that queued behind our lock request run first.
      await setTimeout(LOCK_TIMEOUT_MS / 4 + Math.random() * LOCK_TIMEOUT_MS)
    }
  }
}

/**
 * Makes the partition of a month and moves its rows out of the default one. Returns its name and the number of rows moved. Throws `locked`.
 */
export async function makeMonthPartition(
  connection: Connection,
  partitions: MonthPartitions,
  month: string,
  onRetry: (attempt: number) => void,
): Promise<{ readonly name: string; readonly rows: number }> {
  return withLockRetries(connection, () => makeOnce(connection, partitions, month), onRetry)
}

async function makeOnce(
  connection: Connection,
  partitions: MonthPartitions,
  month: string,
): Promise<{ readonly name: string; readonly rows: number }> {
  const { table, column, defaultName } = partitions
  const parent = quoteTable(table)
  await holdTrustedTable(connection, table)
  if ((await readDistribution(connection, table)) !== null) await changeShardsInTurn(connection)
  const [from, to] = [`${month}-01 00:00:00+00`, `${monthAfter(month, 1)}-01 00:00:00+00`].map(quoteLiteral)
  const name = await freeName(connection, table, nextName(partitions, month))
  const partition = quoteTable({ schema: table.schema, table: name })
  await connection.execute(`create table ${partition} (like ${parent} including all)`)
  await takeOwner(connection, table, partition)
  let rows = 0
  if (defaultName !== null) {
    const stored = await storedColumns(connection, table)
    const moved = await connection.query(
      `with moved as (
         delete from only ${quoteTable({ schema: table.schema, table: defaultName })}
          where ${quoteIdentifier(column)} >= ${from} and ${quoteIdentifier(column)} < ${to}
         returning ${stored}
       )
       insert into ${partition} (${stored}) overriding system value select ${stored} from moved`,
    )
    rows = moved.count
  }
  await connection.execute(
    `alter table ${parent} attach partition ${partition} for values from (${from}) to (${to})`,
  )
  return { name, rows }
}

/** Returns the name of a month's partition as pg_partman gives it: `_p2025_01` in version 4, `_p20250101` since 5, shortening the table's. */
export function partmanName(table: string, month: string, major: number): string {
  const suffix = major < 5 ? `_p${month.replace('-', '_')}` : `_p${month.replace('-', '')}01`
  return `${table.slice(0, 63 - suffix.length)}${suffix}`
}

/** Returns the name of a new partition. pg_partman fails at a month whose partition it does not find by the name that it gives. */
function nextName({ table, partitions }: MonthPartitions, month: string): string {
  const major = [4, 5].find((one) =>
    partitions.some((made) => made.name === partmanName(table.table, made.month, one)),
  )
  if (major !== undefined) return partmanName(table.table, month, major)
  return `${table.table}_${month.replace('-', '_')}`
}

/** The wanted name, with the first free number when it is taken. */
async function freeName(connection: Connection, { schema }: TableName, wanted: string): Promise<string> {
  for (let number = 1; ; number++) {
    const name = fitIdentifier(number === 1 ? wanted : `${wanted}_${number}`)
    const { taken } = await connection.queryOne<{ taken: boolean }>(
      `select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                       where n.nspname = $1 and c.relname = $2) as taken`,
      [schema, name],
    )
    if (!taken) return name
  }
}

/** Gives the partition the owner of its table. */
async function takeOwner(connection: Connection, table: TableName, partition: string): Promise<void> {
  const { owner, mine } = await connection.queryOne<{ owner: string; mine: boolean }>(
    `select pg_get_userbyid(relowner) as owner, relowner = current_user::regrole as mine
       from pg_class where oid = $1::regclass`,
    [quoteTable(table)],
  )
  if (!mine) await connection.execute(`alter table ${partition} owner to ${quoteIdentifier(owner)}`)
}

async function storedColumns(connection: Connection, table: TableName): Promise<string> {
  const { rows } = await connection.query<{ name: string }>(
    `select attname as name from pg_attribute
      where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''
      order by attnum`,
    [quoteTable(table)],
  )
  return rows.map(({ name }) => quoteIdentifier(name)).join(', ')
}
