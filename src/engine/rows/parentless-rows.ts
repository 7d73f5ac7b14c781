/** Finds rows of a block whose foreign keys refer to no row, in one query for all rows. */
import type { CopyPlan } from '../model/plan.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'

export type ForeignKey = {
  readonly name: string
  readonly columns: readonly string[]
  readonly parent: { readonly schema: string; readonly table: string }
  readonly parentColumns: readonly string[]
  readonly namesItself: boolean
}

/** Returns the quoted tables in which the parent may be; null when they are unknown. */
export type ParentPlaces = (key: ForeignKey) => readonly string[] | null

/** Returns the keys whose columns are all sent, without columns that are filled later. */
export async function readForeignKeys(
  connection: Connection,
  { target, columns }: CopyPlan,
): Promise<readonly ForeignKey[]> {
  const names = (table: string, numbers: string) =>
    `array(select a.attname::text from unnest(${numbers}) with ordinality k (number, position)
             join pg_attribute a on a.attrelid = ${table} and a.attnum = k.number order by k.position)`
  const { rows } = await connection.query<ForeignKey>(
    `select t.conname::text as name, ${names('t.conrelid', 't.conkey')} as columns,
            json_build_object('schema', n.nspname, 'table', p.relname) as parent,
            ${names('t.confrelid', 't.confkey')} as "parentColumns", t.confrelid = t.conrelid as "namesItself"
       from pg_constraint t
       join pg_class p on p.oid = t.confrelid
       join pg_namespace n on n.oid = p.relnamespace
      where t.conrelid = ${quoteLiteral(quoteTable(target))}::regclass and t.contype = 'f' and t.confmatchtype = 's'
      order by t.conname collate "C"`,
  )
  const sent = new Set(columns.filter(({ from }) => from.kind !== 'nothing').map((column) => column.target))
  return rows.filter((key) => key.columns.every((name) => sent.has(name)))
}

/** Returns the positions of rows in `sent` whose key refers to no row of `parents`; keys with a null refer to none and are valid. */
export async function findParentless(
  connection: Connection,
  { columns, parentColumns }: ForeignKey,
  sent: string,
  parents: readonly string[],
  position: string,
): Promise<readonly number[]> {
  const own = columns.map((name) => `s.${quoteIdentifier(name)}`)
  const equal = own.map((column, at) => `p.${quoteIdentifier(parentColumns[at]!)} = ${column}`).join(' and ')
  const conditions = [
    ...own.map((column) => `${column} is not null`),
    ...parents.map((parent) => `not exists (select from ${parent} p where ${equal})`),
  ]
  const { rows } = await connection.query<{ position: number }>(
    `select s.${position} as position from ${sent} s where ${conditions.join(' and ')}`,
  )
  return rows.map((row) => row.position)
}
