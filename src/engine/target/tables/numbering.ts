/** The sequence that numbers a column: one that the column owns, or one that its default calls `nextval` on. */

/** A SQL expression for the sequence's name; null when there is none. `$1` is the quoted table, `$2` the column. */
export const numberingSequence = numberingSequenceOf('$1', '$2')

/** The same for SQL expressions for table and column. */
export function numberingSequenceOf(table: string, column: string): string {
  return `coalesce(
  pg_get_serial_sequence(${table}, ${column}),
  (select format('%I.%I', n.nspname, s.relname)
     from pg_attribute a
     join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     join pg_depend o on o.classid = 'pg_attrdef'::regclass and o.objid = d.oid and o.refclassid = 'pg_class'::regclass
     join pg_class s on s.oid = o.refobjid and s.relkind = 'S'
     join pg_namespace n on n.oid = s.relnamespace
    where a.attrelid = ${table}::regclass and a.attname = ${column}
    limit 1))`
}

/** A SQL condition: whether the default `d` of the column `a` is `nextval` of a sequence. */
export const asksSequence = `(
  a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
  and pg_get_expr(d.adbin, d.adrelid) ~ '^nextval\\([^()]*\\)$'
  and exists (select from pg_depend o
                join pg_class s on s.oid = o.refobjid and s.relkind = 'S'
               where o.classid = 'pg_attrdef'::regclass and o.objid = d.oid and o.refclassid = 'pg_class'::regclass))`
