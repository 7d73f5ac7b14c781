/** What operators can do about indexes and foreign keys after a run. Pure. */
import type { OperationStep } from '../model/operations.ts'
import type { TargetTable } from '../model/target-schema.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../syntax/postgres-names.ts'
import { inPsql, type Operating, tablesOf } from './operating.ts'

type OrderedKey = {
  readonly name: string
  readonly columns: readonly string[]
  /** The columns with their directions. */
  readonly parts: readonly string[]
  readonly isUnique: boolean
}

/** Returns keys and indexes of plain columns without a condition. */
export function orderedKeys({ primaryKey, uniques, indexes }: TargetTable): readonly OrderedKey[] {
  const plain = indexes.flatMap(({ name, unique, parts, where }): OrderedKey[] => {
    const columns = parts.flatMap((part) => ('column' in part ? [part.column] : []))
    if (where !== null || columns.length !== parts.length) return []
    const directed = parts.map((part, index) => `${columns[index]} ${part.descending} ${part.collation}`)
    return [{ name, columns, parts: directed, isUnique: unique }]
  })
  const keys = [...(primaryKey === null ? [] : [primaryKey]), ...uniques].map(({ name, columns }) => ({
    name,
    columns,
    parts: columns.map((column) => `${column} false null`),
    isUnique: true,
  }))
  return [...keys, ...plain]
}

/** Returns pairs of which the first index is a prefix of the second and enforces nothing. */
export function redundantIndexes(table: TargetTable): readonly (readonly [string, string])[] {
  const keys = orderedKeys(table)
  return keys.flatMap((one, index) => {
    if (one.isUnique) return []
    const wider = keys.find(
      (other, at) =>
        other !== one &&
        one.parts.every((part, position) => other.parts[position] === part) &&
        (other.parts.length > one.parts.length || other.isUnique || at < index),
    )
    return wider === undefined ? [] : [[one.name, wider.name] as const]
  })
}

/** Returns foreign keys whose columns lead no key or index: deleting a parent row reads the whole table. */
export function unindexedReferences(
  table: TargetTable,
): readonly { name: string; columns: readonly string[] }[] {
  const keys = orderedKeys(table)
  return table.foreignKeys.filter(
    ({ columns }) =>
      !keys.some((key) => {
        const leading = key.columns.slice(0, columns.length)
        return columns.every((column) => leading.includes(column))
      }),
  )
}

/** With more indexes or keys than this, one step covers all of them. */
const MOST_STEPS = 3

export function indexSteps(operating: Operating): readonly OperationStep[] {
  const tables = tablesOf(operating).filter(({ existing }) => !existing)
  return [
    inPsql(
      operating,
      'indexes nobody used',
      'The indexes are those of the plan, and nothing has used them yet. After some weeks of the application, those that nothing needs:',
      'select schemaname, relname, indexrelname, pg_size_pretty(pg_relation_size(indexrelid)) as size from pg_stat_user_indexes where idx_scan = 0 order by pg_relation_size(indexrelid) desc',
    ),
    ...droppable(operating, tables),
    ...unserved(operating, tables),
  ]
}

function droppable(operating: Operating, tables: readonly TargetTable[]): readonly OperationStep[] {
  const topic = 'redundant index'
  const redundant = tables.flatMap((table) =>
    redundantIndexes(table).map(([name, wider]) => ({ table, name, wider })),
  )
  const nameOf = ({ table, name }: (typeof redundant)[number]): string =>
    quoteTable({ schema: table.schema, table: name })
  if (redundant.length > MOST_STEPS) {
    const examples = redundant
      .slice(0, MOST_STEPS)
      .map(({ table, name, wider }) => `${name} of ${table.schema}.${table.table} (${wider})`)
    return [
      inPsql(
        operating,
        topic,
        `${redundant.length} indexes are each the beginning of another, which serves the same searches: ${examples.join(', ')} and others. To drop them all:`,
        `drop index ${redundant.map(nameOf).join(', ')}`,
      ),
    ]
  }
  return redundant.map((one) =>
    inPsql(
      operating,
      topic,
      `${one.name} of ${one.table.schema}.${one.table.table} is the beginning of ${one.wider}, which serves the same searches. To drop it:`,
      `drop index ${nameOf(one)}`,
    ),
  )
}

function unserved(operating: Operating, tables: readonly TargetTable[]): readonly OperationStep[] {
  const topic = 'foreign key without an index'
  const open = tables.flatMap((table) =>
    unindexedReferences(table).map(({ name, columns }) => ({ table, name, columns })),
  )
  if (open.length > MOST_STEPS) {
    const examples = open
      .slice(0, MOST_STEPS)
      .map(({ table, name }) => `${name} of ${table.schema}.${table.table}`)
    return [
      inPsql(
        operating,
        topic,
        `${open.length} foreign keys have no index on their columns: ${examples.join(', ')} and others. Deleting a row that one of them refers to reads its whole table. The statements that create the indexes, of which you choose:`,
        unservedQuery([...new Set(open.map(({ table }) => table.schema))]),
      ),
    ]
  }
  return open.map(({ table, name, columns }) =>
    inPsql(
      operating,
      topic,
      `${name} of ${table.schema}.${table.table} has no index on ${columns.join(', ')}: deleting a row that it refers to reads the whole table. Where that happens:`,
      `create index on ${quoteTable(table)} (${columns.map(quoteIdentifier).join(', ')})`,
    ),
  )
}

/** Returns a query that finds what `unindexedReferences` finds, from PostgreSQL's catalog (`pg_constraint`, `pg_index`). */
function unservedQuery(schemas: readonly string[]): string {
  return `select format($$create index on %s (%s);$$, c.conrelid::regclass, (select string_agg(quote_ident(attname), $$, $$ order by array_position(c.conkey, attnum)) from pg_attribute where attrelid = c.conrelid and attnum = any (c.conkey))) from pg_constraint c where c.contype = $$f$$ and c.conparentid = 0 and c.connamespace in (select oid from pg_namespace where nspname in (${schemas.map(quoteLiteral).join(', ')})) and not exists (select from pg_index i where i.indrelid = c.conrelid and i.indpred is null and (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey) order by 1`
}
