import { MigrateError } from '../../model/errors.ts'
import {
  partitionNames,
  type TargetColumn,
  type TargetSchema,
  type TargetTable,
  type TargetView,
} from '../../model/target-schema.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../../syntax/postgres-names.ts'
import { NamePool } from '../../syntax/target-names.ts'
import { distributionCalls } from '../distribution/statements.ts'
import {
  writeChecks,
  writeForeignKeys,
  writeIndexes,
  writePrimaryKey,
  writeUniques,
} from './constraint-ddl.ts'
import { list, type Statement, statement } from './ddl-statement.ts'

/**
 * The target schema as SQL statements, in the order in which they run. Invariant: every name is quoted, every type is one of
 * PostgreSQL's own, and what depends on a table's rows (keys, checks, indexes, foreign keys) comes after the load.
 */

export type Ddl = { readonly beforeLoad: readonly Statement[]; readonly afterLoad: readonly Statement[] }

/**
 * Returns the statements that create the schema on a server of major version `major`, without existing tables. A constraint is added
 * `not valid` and validated by a statement of its own, so that it holds for new rows even when old ones violate it. Throws MigrateErrors
 * `unknown-type` and `unknown-action`.
 */
export function writeDdl(schema: TargetSchema, major: number): Ddl {
  const tables = schema.tables.filter((table) => !table.existing)
  const sequences = new Map(schema.schemas.map((name) => [name, new NamePool(relationNames(schema, name))]))
  const nameSequence = (table: TargetTable, column: string) => {
    const pool = sequences.get(table.schema) ?? new NamePool(relationNames(schema, table.schema))
    sequences.set(table.schema, pool)
    return pool.claim(`${table.table}_${column}_seq`)
  }
  return {
    beforeLoad: [
      ...schema.extensions.map((name) =>
        statement('extension', null, name, null, [
          `create extension if not exists ${quoteIdentifier(name)}`,
          'with schema public',
        ]),
      ),
      ...schema.schemas.map((name) =>
        statement('schema', null, name, null, [`create schema if not exists ${quoteIdentifier(name)}`]),
      ),
      ...tables.flatMap((table) => writeTable(table, major, nameSequence)),
      ...distributionCalls(tables).map(({ table, lines }) =>
        statement('distribution', table.schema, table.table, table, lines),
      ),
    ],
    afterLoad: [
      ...tables.flatMap(writePrimaryKey),
      ...tables.flatMap((table) => writeUniques(table, major)),
      ...tables.flatMap(writeChecks),
      ...tables.flatMap(writeIndexes),
      ...tables.flatMap((table) => writeForeignKeys(table)),
      ...(schema.views ?? []).map(writeView),
    ],
  }
}

export function writeView(view: TargetView): Statement {
  const columns = list(view.columns.map(({ name }) => name))
  return statement('view', view.schema, view.view, null, [
    `create view ${quoteTable({ schema: view.schema, table: view.view })} ${columns} as`,
    view.query,
  ])
}

/** Returns the statements as a script for psql. */
export function renderSql(ddl: Ddl): string {
  const render = (statements: readonly Statement[]) => statements.map(({ sql }) => `${sql};\n`).join('\n')
  return `-- Before the load\n\n${render(ddl.beforeLoad)}\n-- After the load\n\n${render(ddl.afterLoad)}`
}

/** Returns the names of tables, views, partitions and indexes, which share one namespace with the sequences of a schema. */
export function relationNames({ tables, views = [] }: TargetSchema, schema: string): string[] {
  return [
    ...tables.filter((table) => table.schema === schema).flatMap(relationsOf),
    ...views.filter((view) => view.schema === schema).map(({ view }) => view),
  ]
}

/** Returns the names that a table takes in this namespace. */
export function relationsOf(target: TargetTable): readonly string[] {
  const { table, primaryKey, uniques, indexes, partitioning } = target
  return [
    table,
    ...(primaryKey === null ? [] : [primaryKey.name]),
    ...uniques.map(({ name }) => name),
    ...indexes.map(({ name }) => name),
    ...(partitioning === null ? [] : partitionNames(partitioning)),
  ]
}

function writeTable(
  table: TargetTable,
  major: number,
  nameSequence: (table: TargetTable, column: string) => string,
): Statement[] {
  const name = quoteTable(table)
  const sequences: Statement[] = []
  const owners: Statement[] = []
  const lines = table.columns.map((column) => {
    if (!ownsSequence(table, column, major)) return `  ${writeColumn(column, table.schema, null)}`
    const sequence = nameSequence(table, column.name)
    const quoted = quoteTable({ schema: table.schema, table: sequence })
    const type = /^(smallint|integer)$/.test(column.type) ? column.type : 'bigint'
    sequences.push(
      statement('sequence', table.schema, sequence, table, [`create sequence ${quoted}`, `  as ${type}`]),
    )
    owners.push(
      statement('sequence-owner', table.schema, sequence, table, [
        `alter sequence ${quoted}`,
        `  owned by ${name}.${quoteIdentifier(column.name)}`,
      ]),
    )
    return `  ${writeColumn(column, table.schema, `nextval(${quoteLiteral(quoted)}::regclass)`)}`
  })
  const { partitioning } = table
  const closing =
    partitioning === null ? [')'] : [')', `partition by range (${quoteIdentifier(partitioning.column)})`]
  return [
    ...sequences,
    statement('table', table.schema, table.table, table, [
      `create table ${name} (`,
      ...lines.map((line, index) => (index < lines.length - 1 ? `${line},` : line)),
      ...closing,
    ]),
    ...owners,
    ...writePartitions(table),
    ...writeHypertable(table),
    ...writeComments(table),
  ]
}

/** Whether the column has a sequence rather than an identity, which partitioned tables can have from version 17 on. */
function ownsSequence(table: TargetTable, column: TargetColumn, major: number): boolean {
  if (column.sequence === null) return false
  return column.sequence !== 'identity' || (table.partitioning !== null && major < 17)
}

function sequenceName({ sequenceName: name }: TargetColumn, schema: string): string {
  return name === undefined ? '' : ` (sequence name ${quoteIdentifier(schema)}.${quoteIdentifier(name)})`
}

function writeColumn(column: TargetColumn, schema: string, nextValue: string | null): string {
  const parts = [quoteIdentifier(column.name), checkType(column.type)]
  if (!column.nullable) parts.push('not null')
  if (nextValue !== null) parts.push(`default ${nextValue}`)
  else if (column.generated !== null) parts.push(`generated always as (${column.generated}) stored`)
  else if (column.sequence === 'identity')
    parts.push(`generated by default as identity${sequenceName(column, schema)}`)
  else if (column.default !== null) parts.push(`default ${column.default}`)
  return parts.join(' ')
}

const typeForm =
  /^[a-z][a-z0-9_]*( [a-z][a-z0-9_]*)?( ?\( ?\d+ ?(, ?-?\d+ ?)?\))?( with(out)? time zone)?( ?\[\])*$/i

/** A type is written into the SQL without quotes, so that nothing but a type may pass. Throws MigrateError `unknown-type`. */
function checkType(type: string): string {
  if (typeForm.test(type)) return type
  throw new MigrateError(
    'plan',
    'unknown-type',
    `${JSON.stringify(type)} is not the name of a PostgreSQL type.`,
    {
      hint: 'Name a type such as text, bigint, numeric(20,8) or timestamp with time zone.',
    },
  )
}

function writePartitions(table: TargetTable): Statement[] {
  const { partitioning } = table
  if (partitioning === null) return []
  const begin = (name: string) => [
    `create table ${quoteTable({ schema: table.schema, table: name })}`,
    `  partition of ${quoteTable(table)}`,
  ]
  return [
    ...partitioning.months.map(({ name, from, to }) =>
      statement('partition', table.schema, name, table, [
        ...begin(name),
        `  for values from (${quoteLiteral(from)}) to (${quoteLiteral(to)})`,
      ]),
    ),
    statement('partition', table.schema, partitioning.defaultName, table, [
      ...begin(partitioning.defaultName),
      '  default',
    ]),
  ]
}

/** From version 2.13 on (https://docs.timescale.com/api/latest/hypertable/create_hypertable/). The plan has its own indexes. */
function writeHypertable(table: TargetTable): Statement[] {
  const { hypertable } = table
  if (hypertable === undefined) return []
  const schema = quoteIdentifier(hypertable.extensionSchema)
  return [
    statement('hypertable', table.schema, table.table, table, [
      `select ${schema}.create_hypertable(`,
      `  ${quoteLiteral(quoteTable(table))}::regclass,`,
      `  ${schema}.by_range(${quoteLiteral(hypertable.column)}, interval ${quoteLiteral(hypertable.chunk)}),`,
      '  create_default_indexes => false',
      ')',
    ]),
  ]
}

function writeComments(table: TargetTable): Statement[] {
  const name = quoteTable(table)
  const comments: Statement[] = []
  if (table.comment !== null) {
    comments.push(
      statement('comment', table.schema, table.table, table, [
        `comment on table ${name}`,
        `  is ${quoteComment(table.comment)}`,
      ]),
    )
  }
  for (const column of table.columns) {
    if (column.comment === null) continue
    comments.push(
      statement('comment', table.schema, `${table.table}.${column.name}`, table, [
        `comment on column ${name}.${quoteIdentifier(column.name)}`,
        `  is ${quoteComment(column.comment)}`,
      ]),
    )
  }
  return comments
}

function quoteComment(text: string): string {
  return quoteLiteral(text.replaceAll('\0', '\ufffd'))
}
