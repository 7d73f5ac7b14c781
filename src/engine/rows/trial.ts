/**
 * A copy of an existing table with its rules, to judge rows without writing to the table. Invariant: in the caller's transaction, which is
 * rolled back; a row is refused when the server would refuse it after the rows before it, and a rule that cannot be tried is named in
 * `left`.
 */
import type { ServerRule } from '../model/forecast.ts'
import type { CopyPlan } from '../model/plan.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { isRowRefusal, isStatementRefusal, type TargetError } from '../target/connection/pg-errors.ts'
import { byHalves, refusalOf } from '../target/connection/savepoint.ts'
import { workTable } from '../target/connection/work-table.ts'
import { type ForeignKey, findParentless, type ParentPlaces, readForeignKeys } from './parentless-rows.ts'
import { copyStatement, sendTuples, type Tuple } from './send-tuples.ts'
import { findTaken, readUniqueIndexes } from './taken-keys.ts'
import { readRules, type TargetRule } from './target-rules.ts'

/** Numbers the sent rows. */
const POSITION = '"gpt_migrate position"'

/** The ordinal of an accepted row's tuple; null for rows that existed before. */
export const ORDINAL = '"gpt_migrate ordinal"'

/** Maximum number of statements to find single rows: the server holds a lock for each until the transaction ends. */
const MOST_PIECES = 2_000

export type Trial = {
  /** Quoted name of the table with the accepted rows. */
  readonly name: string
  /** Foreign keys whose columns are sent, including those that are not tried. */
  readonly foreignKeys: readonly ForeignKey[]
  /** Rules that were not tried, and that rows may still break. */
  readonly left: readonly Omit<ServerRule, 'schema' | 'table'>[]
  /** Returns the server's reasons by the ordinals of refused rows. Throws `TooManyRefused`. */
  judge(tuples: readonly Tuple[]): Promise<ReadonlyMap<number, string>>
}

type TrialPlaces = {
  /** Which existing rows count: none, their unique keys, or also the rows that exclusion constraints compare. */
  readonly among: 'none' | 'keys' | 'rows'
  /** Quoted tables in which the parent of a foreign key may be. */
  readonly parents: ParentPlaces
}

export class TooManyRefused extends Error {}

/** Returns null when the copy cannot be created. `number` distinguishes the trials of a transaction. */
export async function openTrial(
  connection: Connection,
  copy: CopyPlan,
  places: TrialPlaces,
  number = 0,
): Promise<Trial | null> {
  const target = quoteTable(copy.target)
  const columns = copy.columns.map((column) => quoteIdentifier(column.target)).join(', ')
  await connection.execute('savepoint trial')
  const { name: trial, create } = await workTable(connection, `gpt_migrate_trial_${number}`)
  const { name: sent } = await workTable(connection, `gpt_migrate_sent_${number}`)
  const rules = await readRules(connection, target)
  let kept: ReadonlySet<string>
  try {
    kept = await createLike(connection, copy, trial, create)
    const types = new Map(
      rules.flatMap(({ baseType, columns: [name] }) => (baseType === null ? [] : [[name, baseType]])),
    )
    const typed = copy.columns.map(({ target: name }) => {
      const quoted = quoteIdentifier(name)
      return types.has(name) ? `${quoted}::${types.get(name)} as ${quoted}` : quoted
    })
    await connection.execute(
      `create ${create} ${sent} as select ${typed.join(', ')} from ${target} with no data;
       alter table ${sent} add column ${POSITION} integer generated always as identity;
       alter table ${trial} add column ${POSITION} integer, add column ${ORDINAL} double precision`,
    )
    if (places.among === 'rows' && rules.some((rule) => rule.kind === 'exclusion' && isTried(rule, kept)))
      await connection.execute(`insert into ${trial} (${columns}) select ${columns} from ${target}`)
    await connection.execute('release savepoint trial')
  } catch (error) {
    // The right to create one is missing, or existing rows break a rule that is not validated.
    if (!isStatementRefusal(error) && !isRowRefusal(error)) throw error
    await connection.execute('rollback to savepoint trial')
    return null
  }
  const judgeable = rules.filter((rule) => isTried(rule, kept))
  const indexes = places.among === 'none' ? [] : await readUniqueIndexes(connection, copy)
  const foreignKeys = await readForeignKeys(connection, copy)
  const keys = foreignKeys.flatMap((key) => {
    const parents = places.parents(key)
    return parents === null ? [] : [{ ...key, parents }]
  })
  const checks = judgeable.flatMap(({ name, check }) => (check === null ? [] : [{ name, check }]))

  /** Records rows as refused and removes them from those to try. */
  const refuse = async (
    refused: Map<number, string>,
    positions: readonly number[],
    reason: string,
  ): Promise<void> => {
    const fresh = positions.filter((position) => !refused.has(position))
    for (const position of fresh) refused.set(position, reason)
    if (fresh.length > 0)
      await connection.query(`delete from ${sent} where ${POSITION} = any ($1::integer[])`, [fresh])
  }

  const insert = async (from: number, through: number): Promise<readonly number[]> => {
    const { rows } = await connection.query<{ position: number }>(
      `insert into ${trial} (${columns}, ${POSITION})
       select ${columns}, ${POSITION} from ${sent}
        where ${POSITION} between $1 and $2
        order by ${POSITION}
           on conflict do nothing
       returning ${POSITION} as position`,
      [from, through],
    )
    return rows.map(({ position }) => position)
  }

  /** Finds rows that are refused by something no single query can test, such as a domain or the length of an index entry. */
  const insertByHalves = async (
    count: number,
    refused: Map<number, string>,
  ): Promise<ReadonlySet<number>> => {
    const taken = new Set<number>()
    let pieces = 0
    const positions = Array.from({ length: count }, (_, at) => at + 1)
    const take = async (some: readonly number[]): Promise<void> => {
      if (++pieces > MOST_PIECES) throw new TooManyRefused()
      for (const position of await insert(some[0]!, some.at(-1)!)) taken.add(position)
    }
    await byHalves(connection, isRowRefusal, positions, take, (position, { message }) =>
      refuse(refused, [position], message),
    )
    return taken
  }

  return {
    name: trial,
    foreignKeys,
    left: rules
      .filter(
        (rule) =>
          !isTried(rule, kept) ||
          (rule.kind === 'foreign-key' && !keys.some(({ name }) => name === rule.name)),
      )
      .map(({ kind, name }) => ({ kind, name })),
    async judge(tuples) {
      const refused = new Map<number, string>()
      if (tuples.length === 0) return refused
      await connection.execute(`truncate ${sent} restart identity`)
      await sendTuples(connection, copyStatement(copy, sent), tuples)
      await connection.execute(`analyze ${sent}`)
      for (const index of indexes)
        await refuse(refused, await findTaken(connection, copy, index, sent, POSITION), brokenKey(index.name))
      for (const key of keys) {
        if (key.namesItself) continue
        const parentless = await findParentless(connection, key, sent, key.parents, POSITION)
        await refuse(refused, parentless, brokenReference(copy.target, key.name))
      }
      for (const { name, check } of checks)
        await refuse(refused, await findBroken(connection, check, sent), brokenCheck(copy, name))
      const taken = await insertByHalves(tuples.length, refused)
      const repeated = tuples.flatMap((_, at) => (taken.has(at + 1) || refused.has(at + 1) ? [] : [at + 1]))
      await refuse(refused, repeated, 'duplicate key value violates a unique or exclusion constraint')
      for (const key of keys.filter(({ namesItself }) => namesItself)) {
        const parents = [...key.parents, trial]
        for (;;) {
          const parentless = await findParentless(connection, key, sent, parents, POSITION)
          if (parentless.length === 0) break
          await connection.query(`delete from ${trial} where ${POSITION} = any ($1::integer[])`, [parentless])
          await refuse(refused, parentless, brokenReference(copy.target, key.name))
        }
      }
      await connection.query(
        `update ${trial} set ${ORDINAL} = ($1::double precision[])[${POSITION}], ${POSITION} = null where ${POSITION} is not null`,
        [tuples.map(({ ordinal }) => ordinal)],
      )
      return new Map(Array.from(refused, ([position, reason]) => [tuples[position - 1]!.ordinal, reason]))
    },
  }

  async function findBroken(on: Connection, check: string, from: string): Promise<readonly number[]> {
    let found: readonly number[] = []
    // The query fails for an expression that fails for a row, or uses a computed column: such rows are found one by one.
    await refusalOf(on, isRefusal, async () => {
      const { rows } = await on.query<{ position: number }>(
        `select ${POSITION} as position from ${from} where (${check}) is false`,
      )
      found = rows.map(({ position }) => position)
    })
    return found
  }
}

const isRefusal = (error: unknown): error is TargetError => isStatementRefusal(error) || isRowRefusal(error)

/** Creates the copy with the sent columns and those computed from them. Returns their names. */
async function createLike(
  connection: Connection,
  copy: CopyPlan,
  trial: string,
  create: string,
): Promise<ReadonlySet<string>> {
  const target = quoteTable(copy.target)
  await connection.execute(
    `create ${create} ${trial} (like ${target} including constraints including indexes including generated)`,
  )
  const sent = copy.columns.map((column) => column.target)
  const { rows: others } = await connection.query<{ name: string }>(
    `select attname::text as name from pg_attribute
      where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attname <> all ($2::name[])`,
    [trial, sent],
  )
  for (const { name } of others)
    await connection.execute(`alter table ${trial} drop column ${quoteIdentifier(name)} cascade`)
  // `on conflict` only handles constraints that are checked immediately.
  const { rows: deferrable } = await connection.query<{ name: string; definition: string }>(
    `select conname::text as name, pg_get_constraintdef(oid) as definition from pg_constraint
      where conrelid = $1::regclass and condeferrable`,
    [trial],
  )
  for (const { name, definition } of deferrable) {
    const atOnce = definition.replace(/ DEFERRABLE( INITIALLY DEFERRED)?$/, '')
    await connection.execute(`alter table ${trial} drop constraint ${quoteIdentifier(name)}, add ${atOnce}`)
  }
  const { home } = await connection.queryOne<{ home: string | null }>(
    `select case when c.relkind = 'p'
                 then (select coalesce(string_agg(format('(%s)', coalesce(pg_get_partition_constraintdef(p.relid), 'true')), ' or '), 'false')
                         from pg_partition_tree(c.oid) p
                        where p.isleaf and p.relid <> c.oid) end as home
       from pg_class c
      where c.oid = ${quoteLiteral(target)}::regclass`,
  )
  if (home !== null) await connection.execute(`alter table ${trial} add check (${home})`)
  const { rows } = await connection.query<{ name: string }>(
    `select attname::text as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
    [trial],
  )
  return new Set(rows.map(({ name }) => name))
}

function isTried({ kind, columns, isSimple }: TargetRule, kept: ReadonlySet<string>): boolean {
  return kind !== 'trigger' && isSimple && columns.every((name) => kept.has(name))
}

const brokenKey = (name: string): string => `duplicate key value violates unique constraint "${name}"`
const brokenCheck = ({ target }: CopyPlan, name: string): string =>
  `new row for relation "${target.table}" violates check constraint "${name}"`
/** Returns the server's message for a row whose foreign key refers to no row. */
export const brokenReference = ({ table }: { readonly table: string }, name: string): string =>
  `insert or update on table "${table}" violates foreign key constraint "${name}"`
