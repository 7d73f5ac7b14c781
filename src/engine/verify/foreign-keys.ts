/** Reads the target's actual foreign keys, all in one query. */
import { partitionNames, type TargetTable } from '../model/target-schema.ts'
import { quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'

export type ForeignKeyRow = {
  readonly name: string
  readonly columns: readonly string[]
  readonly parent: string
  readonly parentColumns: readonly string[]
  readonly onDelete: string
  readonly onUpdate: string
  readonly deferrable: boolean
  readonly validated: boolean
  /** False while a trigger of it is disabled. */
  readonly enforced: boolean
}

/** By the quoted name of the table or partition, then by the key's name. */
export type ForeignKeys = ReadonlyMap<string, ReadonlyMap<string, ForeignKeyRow>>

export async function readForeignKeys(
  connection: Connection,
  tables: readonly TargetTable[],
): Promise<ForeignKeys> {
  const relations = tables
    .filter(({ foreignKeys }) => foreignKeys.length > 0)
    .flatMap(({ schema, table, partitioning }) => [
      quoteTable({ schema, table }),
      ...(partitioning === null
        ? []
        : partitionNames(partitioning).map((name) => quoteTable({ schema, table: name }))),
    ])
  if (relations.length === 0) return new Map()
  const { rows } = await connection.query<ForeignKeyRow & { relation: string }>(FOREIGN_KEYS, [relations])
  return new Map(
    Array.from(
      Map.groupBy(rows, ({ relation }) => relation),
      ([relation, keys]) => [relation, new Map(keys.map((key) => [key.name, key]))],
    ),
  )
}

const columnNames = (relation: string, numbers: string) =>
  `array(select a.attname::text from unnest(${numbers}) with ordinality k (number, position)
           join pg_attribute a on a.attrelid = ${relation} and a.attnum = k.number order by k.position)`

const action = (letter: string) =>
  `case ${letter} when 'c' then 'cascade' when 'n' then 'set null' when 'd' then 'set default'
     when 'r' then 'restrict' else 'no action' end`

const FOREIGN_KEYS = `
  select r.relation, t.conname as name, ${columnNames('t.conrelid', 't.conkey')} as columns,
         '"' || replace(n.nspname, '"', '""') || '"."' || replace(c.relname, '"', '""') || '"' as parent,
         ${columnNames('t.confrelid', 't.confkey')} as "parentColumns",
         ${action('t.confdeltype')} as "onDelete", ${action('t.confupdtype')} as "onUpdate",
         t.condeferrable as deferrable, t.convalidated as validated,
         not exists (select from pg_trigger g where g.tgconstraint = t.oid and g.tgenabled in ('D', 'R')) as enforced
    from unnest($1::text[]) r (relation)
    join pg_constraint t on t.conrelid = to_regclass(r.relation)
    join pg_class c on c.oid = t.confrelid
    join pg_namespace n on n.oid = c.relnamespace
   where t.contype = 'f'`
