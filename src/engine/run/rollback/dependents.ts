/** Finds what others made that depends on the tables of a run. Invariant: read-only; finds all that `drop … restrict` would refuse. */
import type { CreatedObject } from '../../model/journal.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { othersDependOn, toTable } from './drop-objects.ts'

/**
 * Throws `others-depend` when an object that would remain depends on one of the tables and views, or on what goes with them: types, keys,
 * indexes, defaults, sequences (manual section 53.18).
 */
export async function refuseDependents(
  connection: Connection,
  objects: readonly CreatedObject[],
): Promise<void> {
  const { rows } = await connection.query<{ said: string }>(
    `with recursive own (classid, objid) as (
            select 'pg_class'::regclass::oid, to_regclass(w.name)::oid
              from unnest($1::text[]) as w (name)
             where to_regclass(w.name) is not null
             union
            select next.*
              from own w
             cross join lateral (
                   select d.classid, d.objid
                     from pg_depend d
                    where d.refclassid = w.classid and d.refobjid = w.objid and d.deptype in ('a', 'i', 'P', 'S')
                   offset 0) next)
     select pg_describe_object(d.classid, d.objid, d.objsubid) || ' depends on '
            || pg_describe_object(w.classid, w.objid, d.refobjsubid) as said
       from own w
      cross join lateral (
            select * from pg_depend d
             where d.refclassid = w.classid and d.refobjid = w.objid and d.deptype = 'n'
            offset 0) d
      where (d.classid, d.objid) not in (select classid, objid from own)
      limit 5`,
    [objects.map((object) => quoteTable(toTable(object)))],
  )
  if (rows.length > 0) throw othersDependOn(rows.map(({ said }) => said).join('; '))
}
