/**
 * The structure of a table, as the server spells it. Invariant: the planned shape is read from a temporary twin of the table, created from
 * the plan, so that the server spells both, and any difference is one of meaning.
 */

import type { TargetTable } from '../model/target-schema.ts'
import { writeIndexPart } from '../plan/ddl/constraint-ddl.ts'
import { quoteIdentifier, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { type WorkTable, workTables } from '../target/connection/work-table.ts'

type ColumnShape = {
  readonly type: string
  readonly nullable: boolean
  /** Expression of a default or generated column. */
  readonly expression: string | null
  readonly isGenerated: boolean
  /** Null for the type's own. */
  readonly collation: string | null
  /** An identity that takes no numbers from outside, as none is planned. */
  readonly isAlwaysNumbered: boolean
}
type ConstraintShape = { readonly definition: string; readonly isValidated: boolean }
type IndexShape = {
  readonly definition: string
  readonly isUnique: boolean
  readonly isValid: boolean
  readonly isReady: boolean
}

export type TableShape = {
  /** As in `pg_class.relkind`: r for a table, p for a partitioned one (manual section 53.11). */
  readonly kind: string
  /**
   * Whether policies hide rows and refuse new ones. The owner is exempt unless forced (manual section 5.9): where an event trigger may have
   * enabled them for every new table, only policies that hide rows from us count.
   */
  readonly isRowSecured: boolean
  /** Whether a crash of the server empties the table. */
  readonly isUnlogged: boolean
  readonly columns: ReadonlyMap<string, ColumnShape>
  /** Primary key, unique and check constraints. */
  readonly constraints: ReadonlyMap<string, ConstraintShape>
  /** Includes the indexes of constraints. */
  readonly indexes: ReadonlyMap<string, IndexShape>
}

/** Returns the actual shapes in the order of the tables; null for a missing table. */
export async function readShapes(
  connection: Connection,
  tables: readonly TargetTable[],
): Promise<(TableShape | null)[]> {
  return readShapesOf(connection, tables.map(quoteTable))
}

/**
 * Returns the planned shapes. In a transaction that the caller rolls back; no two of the tables may have an index or constraint of the same
 * name, which only tables of different schemas can.
 */
export async function readPlannedShapes(
  connection: Connection,
  tables: readonly TargetTable[],
): Promise<TableShape[]> {
  const twins = await workTables(
    connection,
    tables.map((_, index) => `shape_${index}`),
  )
  const statements = tables.flatMap((table, index) => twinStatements(table, twins[index]!, connection.major))
  await connection.execute(statements.join(';\n'))
  const shapes = await readShapesOf(
    connection,
    twins.map(({ name }) => name),
  )
  return shapes.map((shape) => shape!)
}

/** Returns the statements that create the twin, without sequences, which are checked separately. */
function twinStatements(table: TargetTable, { name: twin, create }: WorkTable, major: number): string[] {
  const columns = table.columns.map(({ name, type, nullable, default: value, generated, sequence }) =>
    [
      quoteIdentifier(name),
      type,
      nullable ? '' : 'not null',
      generated !== null ? `generated always as (${generated}) stored` : '',
      generated === null && sequence === null && value !== null ? `default ${value}` : '',
    ].join(' '),
  )
  const list = (names: readonly string[]) => `(${names.map(quoteIdentifier).join(', ')})`
  const keys = [
    ...(table.primaryKey === null ? [] : [{ ...table.primaryKey, kind: 'primary key' }]),
    ...table.uniques.map((unique) => ({
      ...unique,
      kind: unique.nullsNotDistinct === true && major >= 15 ? 'unique nulls not distinct' : 'unique',
    })),
  ]
  const constraints = [
    ...keys.map(({ name, kind, columns: of }) => `constraint ${quoteIdentifier(name)} ${kind} ${list(of)}`),
    ...table.checks.map(
      ({ name, expression }) => `constraint ${quoteIdentifier(name)} check (${expression})`,
    ),
  ]
  const indexes = table.indexes.map(({ name, method, unique, parts, where }) => {
    const of = parts.map(writeIndexPart)
    return `create ${unique ? 'unique ' : ''}index ${quoteIdentifier(name)} on ${twin} ${method === undefined ? '' : `using ${method} `}(${of.join(', ')})${where === null ? '' : ` where ${where}`}`
  })
  const parts = [...columns, ...constraints].join(', ')
  const column = columnOfAllKeys(table)
  const storage = column === null ? '' : ` partition by list (${quoteIdentifier(column)})`
  return [`create ${create} ${twin} (${parts})${storage}`, ...indexes]
}

/**
 * Returns a column by which to partition the twin: a partitioned table and its indexes have no files, whose creation takes most of the time.
 * Null when no column is part of every unique key without an expression (manual section 5.12.2.3).
 */
function columnOfAllKeys({ columns, primaryKey, uniques, indexes }: TargetTable): string | null {
  const unique = indexes.filter((index) => index.unique)
  const isPlain = unique.every(
    ({ parts, where }) =>
      where === null && parts.every((part) => 'column' in part && part.collation === null),
  )
  if (!isPlain) return null
  const [first = [], ...others] = [
    ...(primaryKey === null ? [] : [primaryKey.columns]),
    ...uniques.map((key) => key.columns),
    ...unique.map(({ parts }) => parts.flatMap((part) => ('column' in part ? part.column : []))),
  ]
  const isStored = (name: string) => columns.some((one) => one.name === name && one.generated === null)
  return first.find((name) => isStored(name) && others.every((key) => key.includes(name))) ?? null
}

async function readShapesOf(
  connection: Connection,
  names: readonly string[],
): Promise<(TableShape | null)[]> {
  const { rows: relations } = await connection.query<Relation>(RELATIONS, [names])
  const oids = relations.flatMap(({ oid }) => oid ?? [])
  const byTable = async <T extends Part>(sql: string) =>
    Map.groupBy((await connection.query<T>(sql, [oids])).rows, ({ table }) => table)
  const columns = await byTable<ColumnShape & Part>(COLUMNS)
  const constraints = await byTable<ConstraintShape & Part>(CONSTRAINTS)
  const indexes = await byTable<IndexShape & Part>(INDEXES)
  return relations.map(({ oid, kind, isRowSecured, isUnlogged }) =>
    oid === null
      ? null
      : {
          kind,
          isRowSecured,
          isUnlogged,
          columns: byName(columns.get(oid)),
          constraints: byName(constraints.get(oid)),
          indexes: byName(indexes.get(oid)),
        },
  )
}

type Relation = Pick<TableShape, 'kind' | 'isRowSecured' | 'isUnlogged'> & { readonly oid: string | null }
/** `table`: its oid. */
type Part = { readonly table: string; readonly name: string }

function byName<T extends Part>(parts: readonly T[] = []): ReadonlyMap<string, Omit<T, keyof Part>> {
  return new Map(parts.map(({ table: _, name, ...shape }) => [name, shape] as const))
}

const RELATIONS = `
  select c.oid::text as oid, c.relkind::text as kind, c.relpersistence = 'u' as "isUnlogged",
         c.relrowsecurity and (row_security_active(c.oid)
           or not exists (select from pg_event_trigger where evtenabled <> 'D')) as "isRowSecured"
    from unnest($1::text[]) with ordinality t (name, position)
    left join pg_class c on c.oid = to_regclass(t.name)
   order by t.position`

const COLUMNS = `
  select a.attrelid::text as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable,
         pg_get_expr(d.adbin, d.adrelid) as expression, a.attgenerated <> '' as "isGenerated",
         a.attidentity = 'a' as "isAlwaysNumbered",
         case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end as collation
    from pg_attribute a
    join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
   where a.attrelid = any ($1::oid[]) and a.attnum > 0 and not a.attisdropped`

const CONSTRAINTS = `
  select conrelid::text as table, conname as name, regexp_replace(pg_get_constraintdef(oid), ' NOT VALID$', '') as definition,
         convalidated as "isValidated"
    from pg_constraint
   where conrelid = any ($1::oid[]) and contype in ('p', 'u', 'c')`

/** Selects definitions without the names of index and table. */
const INDEXES = `
  select i.indrelid::text as table, c.relname as name, regexp_replace(pg_get_indexdef(c.oid), '^.*? USING ', '') as definition,
         i.indisunique as "isUnique", i.indisvalid as "isValid", i.indisready as "isReady"
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
   where i.indrelid = any ($1::oid[])`
