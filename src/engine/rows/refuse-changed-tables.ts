/** Checks that tables of the target are still as the run made them. Invariant: no value is read as one of another type. */
import { MigrateError } from '../model/errors.ts'
import type { CopyPlan } from '../model/plan.ts'
import type { TargetTable } from '../model/target-schema.ts'
import { quoteIdentifier, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'

type Difference = {
  readonly table: string
  readonly column: string
  readonly was: string
  readonly now: string | null
}

/** Throws `target-changed`, with this hint, when a table or a column is missing or a column's type has changed. */
export async function refuseChangedTables(
  connection: Connection,
  tables: readonly { readonly copy: CopyPlan; readonly target: TargetTable }[],
  hint: string,
): Promise<void> {
  const columns = tables.flatMap(({ copy, target }) =>
    copy.columns.map((column) => ({
      table: quoteTable(target),
      column: column.target,
      was: target.columns.find(({ name }) => name === column.target)!.type,
    })),
  )
  // Text and varchar have the same bytes.
  const { rows } = await connection.query<Difference & { there: boolean }>(
    `select w.*, to_regclass(w."table") is not null as there, format_type(a.atttypid, null) as now
       from unnest($1::text[], $2::text[], $3::text[]) as w ("table", "column", was)
       left join pg_attribute a
              on a.attrelid = to_regclass(w."table") and a.attname = w."column" and not a.attisdropped
      where a.attname is null
         or (a.atttypid <> coalesce(to_regtype(w.was), a.atttypid)
             and not (a.atttypid in ('text'::regtype, 'varchar'::regtype)
                      and to_regtype(w.was) in ('text'::regtype, 'varchar'::regtype)))`,
    [columns.map(({ table }) => table), columns.map(({ column }) => column), columns.map(({ was }) => was)],
  )
  if (rows.length === 0) return
  const said = rows.map(({ there, table, column, was, now }) => {
    if (!there) return `${table} is no longer there`
    const name = quoteIdentifier(column)
    return now === null ? `${table} no longer has ${name}` : `${name} of ${table} is ${now}, and was ${was}`
  })
  throw new MigrateError(
    'target',
    'target-changed',
    `The target no longer has what the run made: ${[...new Set(said)].join('; ')}.`,
    { hint },
  )
}
