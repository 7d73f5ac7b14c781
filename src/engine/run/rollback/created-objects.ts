/** Which objects that a run created still exist. Invariant: read-only. */
import type { CreatedObject } from '../../model/journal.ts'
import type { TableName } from '../../model/target-schema.ts'
import type { Connection } from '../../target/connection/connection.ts'

/** Returns the objects that still exist. */
export async function existingObjects(
  connection: Connection,
  objects: readonly CreatedObject[],
): Promise<readonly CreatedObject[]> {
  const { rows } = await connection.query<{ position: number }>(
    `select o.position::integer as position
       from unnest($1::text[], $2::text[], $3::text[]) with ordinality as o (kind, schema, name, position)
      where case o.kind
              when 'schema' then exists (select from pg_namespace n where n.nspname = o.name)
              when 'extension' then exists (select from pg_extension e where e.extname = o.name)
              when 'type' then exists (select from pg_type t join pg_namespace n on n.oid = t.typnamespace
                                        where n.nspname = o.schema and t.typname = o.name)
              else exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                            where n.nspname = o.schema and c.relname = o.name
                              and case o.kind when 'view' then c.relkind = 'v' else c.relkind in ('r', 'p') end)
            end
      order by o.position`,
    [
      objects.map((object) => object.kind),
      objects.map((object) => object.schema),
      objects.map((object) => object.name),
    ],
  )
  return rows.map((row) => objects[row.position - 1]!)
}

/** Returns those of the tables that exist, by their names. */
export async function existingTables<T extends TableName>(
  connection: Connection,
  tables: readonly T[],
): Promise<readonly T[]> {
  const wanted = tables.map(({ schema, table }): CreatedObject => ({ kind: 'table', schema, name: table }))
  const found = new Set(await existingObjects(connection, wanted))
  return tables.filter((_, index) => found.has(wanted[index]!))
}

export async function tableExists(connection: Connection, name: TableName): Promise<boolean> {
  return (await existingTables(connection, [name])).length === 1
}
