/**
 * What a table is made of, in the server's own words. Invariant: the planned shape is read from a twin of the table of our own, made
 * from the plan, so that both are spelled by the same hand and any difference is one of meaning.
 */
import type { TargetTable } from '../model/target-schema.ts'
import { quoteIdentifier, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection.ts'
import { type WorkTable, workTable } from '../target/work-table.ts'

export type ColumnShape = {
  readonly type: string
  readonly nullable: boolean
  /** Of a default or of a generated column. */
  readonly expression: string | null
  readonly isGenerated: boolean
}
export type ConstraintShape = { readonly definition: string; readonly isValidated: boolean }
export type IndexShape = {
  readonly definition: string
  readonly isUnique: boolean
  readonly isValid: boolean
  readonly isReady: boolean
}

export type TableShape = {
  /** As in `pg_class.relkind`: r for a table, p for a partitioned one (manual section 53.11). */
  readonly kind: string
  /**
   * Policies may hide rows and refuse new ones. The owner is not subject to them unless forced (manual section 5.9): where an event trigger
   * of the server may have turned them on for every new table, only what hides rows from us counts.
   */
  readonly isRowSecured: boolean
  readonly columns: ReadonlyMap<string, ColumnShape>
  /** Primary key, unique and check constraints. */
  readonly constraints: ReadonlyMap<string, ConstraintShape>
  /** Those of constraints too. */
  readonly indexes: ReadonlyMap<string, IndexShape>
}

/** The shape of the table as it is; null when there is none. */
export async function readShape(connection: Connection, table: TargetTable): Promise<TableShape | null> {
  const oid = await oidOf(connection, quoteTable(table))
  return oid === null ? null : readShapeOf(connection, oid)
}

/** The shape that the plan asks for. In a transaction that the caller rolls back. */
export async function readPlannedShape(connection: Connection, table: TargetTable): Promise<TableShape> {
  const twin = await workTable(connection, 'shape')
  await connection.execute(twinStatements(table, twin, connection.major).join(';\n'))
  return readShapeOf(connection, (await oidOf(connection, twin.name))!)
}

/** Columns that own a sequence have none in the twin: sequences are checked by themselves. */
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
    ...keys.map(({ name, kind, columns: of }) => `${quoteIdentifier(name)} ${kind} ${list(of)}`),
    ...table.checks.map(({ name, expression }) => `${quoteIdentifier(name)} check (${expression})`),
  ]
  const indexes = table.indexes.map(({ name, method, unique, parts, where }) => {
    const of = parts.map((part) => {
      const what = 'column' in part ? quoteIdentifier(part.column) : `(${part.expression})`
      const collation = part.collation === null ? '' : ` collate ${quoteIdentifier(part.collation)}`
      return `${what}${collation}${part.descending ? ' desc' : ''}`
    })
    return `create ${unique ? 'unique ' : ''}index ${quoteIdentifier(name)} on ${twin} ${method === undefined ? '' : `using ${method} `}(${of.join(', ')})${where === null ? '' : ` where ${where}`}`
  })
  return [
    `create ${create} ${twin} (${columns.join(', ')})`,
    ...constraints.map((constraint) => `alter table ${twin} add constraint ${constraint}`),
    ...indexes,
  ]
}

async function oidOf(connection: Connection, quoted: string): Promise<string | null> {
  const { oid } = await connection.queryOne<{ oid: string | null }>(
    'select to_regclass($1)::oid::text as oid',
    [quoted],
  )
  return oid
}

async function readShapeOf(connection: Connection, oid: string): Promise<TableShape> {
  const relation = await connection.queryOne<Pick<TableShape, 'kind' | 'isRowSecured'>>(RELATION, [oid])
  const columns = await connection.query<ColumnShape & { name: string }>(COLUMNS, [oid])
  const constraints = await connection.query<ConstraintShape & { name: string }>(CONSTRAINTS, [oid])
  const indexes = await connection.query<IndexShape & { name: string }>(INDEXES, [oid])
  const byName = <T extends { name: string }>(rows: readonly T[]) =>
    new Map(rows.map((row) => [row.name, row] as const))
  return {
    ...relation,
    columns: byName(columns.rows),
    constraints: byName(constraints.rows),
    indexes: byName(indexes.rows),
  }
}

const RELATION = `
  select relkind::text as kind,
         relrowsecurity and (row_security_active(oid)
           or not exists (select from pg_event_trigger where evtenabled <> 'D')) as "isRowSecured"
    from pg_class
   where oid = $1::oid`

const COLUMNS = `
  select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable,
         pg_get_expr(d.adbin, d.adrelid) as expression, a.attgenerated <> '' as "isGenerated"
    from pg_attribute a
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
   where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped`

const CONSTRAINTS = `
  select conname as name, regexp_replace(pg_get_constraintdef(oid), ' NOT VALID$', '') as definition,
         convalidated as "isValidated"
    from pg_constraint
   where conrelid = $1::oid and contype in ('p', 'u', 'c')`

/** Without the names of index and table. */
const INDEXES = `
  select c.relname as name, regexp_replace(pg_get_indexdef(c.oid), '^.*? USING ', '') as definition,
         i.indisunique as "isUnique", i.indisvalid as "isValid", i.indisready as "isReady"
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
   where i.indrelid = $1::oid`
