import { MigrateError } from '../model/errors.ts'
import type {
  TableName,
  TargetColumn,
  TargetForeignKey,
  TargetIndex,
  TargetSchema,
  TargetTable,
  TargetView,
} from '../model/target-schema.ts'
import { partitionNames } from '../model/target-schema.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../syntax/postgres-names.ts'
import { NamePool } from '../syntax/target-names.ts'
import { distributionCalls } from './distribution/statements.ts'

/**
 * The target schema as SQL statements, in the order in which they run. Invariant: every name is quoted, every type is one of
 * PostgreSQL's own, and what depends on a table's rows (keys, checks, indexes, references) comes after the load.
 */

export type Statement = {
  /** One statement without the semicolon, one clause a line. */
  readonly sql: string
  /** What it makes, or what it says something of. */
  readonly object: { readonly kind: ObjectKind; readonly schema: string | null; readonly name: string }
  /** The table that it belongs to, if one. */
  readonly table: TableName | null
}

export type ObjectKind =
  | 'extension'
  | 'schema'
  | 'sequence'
  | 'table'
  | 'sequence-owner'
  | 'partition'
  | 'hypertable'
  | 'distribution'
  | 'comment'
  | 'primary-key'
  | 'unique'
  | 'check'
  | 'check-validation'
  | 'index'
  | 'foreign-key'
  | 'foreign-key-validation'
  | 'view'

export type Ddl = { readonly beforeLoad: readonly Statement[]; readonly afterLoad: readonly Statement[] }

/**
 * The statements that create the schema on a server of major version `major`; tables that were there before are left out.
 * A constraint that should be valid is added `not valid` and validated by a statement of its own, so that rows which violate it
 * don't keep it from being there for new ones. Throws a `plan` error for a type or a rule that PostgreSQL doesn't have.
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

/** The statements as a script for psql. */
export function renderSql(ddl: Ddl): string {
  const render = (statements: readonly Statement[]) => statements.map(({ sql }) => `${sql};\n`).join('\n')
  return `-- Before the load\n\n${render(ddl.beforeLoad)}\n-- After the load\n\n${render(ddl.afterLoad)}`
}

/** Tables, views, partitions and indexes share one space of names in a schema with sequences. */
export function relationNames({ tables, views = [] }: TargetSchema, schema: string): string[] {
  return [
    ...tables.filter((table) => table.schema === schema).flatMap(relationsOf),
    ...views.filter((view) => view.schema === schema).map(({ view }) => view),
  ]
}

/** The names that a table takes of that space. */
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

function statement(
  kind: ObjectKind,
  schema: string | null,
  name: string,
  table: TableName | null,
  lines: readonly string[],
): Statement {
  const owner = table === null ? null : { schema: table.schema, table: table.table }
  return { sql: lines.join('\n'), object: { kind, schema, name }, table: owner }
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

/** Identity columns came to partitioned tables with version 17. */
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

/** A type's name goes into the SQL as it is, so nothing but a type may be in it. */
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

/** From version 2.13 on (https://docs.timescale.com/api/latest/hypertable/create_hypertable/). The plan makes the indexes. */
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

function list(columns: readonly string[]): string {
  return `(${columns.map(quoteIdentifier).join(', ')})`
}

function writePrimaryKey(table: TargetTable): Statement[] {
  const { primaryKey } = table
  if (primaryKey === null) return []
  return [
    statement('primary-key', table.schema, primaryKey.name, table, [
      `alter table ${quoteTable(table)}`,
      `  add constraint ${quoteIdentifier(primaryKey.name)}`,
      `  primary key ${list(primaryKey.columns)}`,
    ]),
  ]
}

/** `nulls not distinct` came with version 15; before it, nulls of such a constraint are distinct. */
function writeUniques(table: TargetTable, major: number): Statement[] {
  return table.uniques.map(({ name, columns, nullsNotDistinct }) =>
    statement('unique', table.schema, name, table, [
      `alter table ${quoteTable(table)}`,
      `  add constraint ${quoteIdentifier(name)}`,
      `  unique ${nullsNotDistinct === true && major >= 15 ? 'nulls not distinct ' : ''}${list(columns)}`,
    ]),
  )
}

function writeChecks(table: TargetTable): Statement[] {
  return table.checks.flatMap(({ name, expression, brokenBy = 0 }) => [
    statement('check', table.schema, name, table, [
      `alter table ${quoteTable(table)}`,
      `  add constraint ${quoteIdentifier(name)}`,
      `  check (${expression})`,
      '  not valid',
    ]),
    ...(brokenBy > 0 ? [] : [writeValidation('check-validation', table, name)]),
  ])
}

function writeValidation(
  kind: 'check-validation' | 'foreign-key-validation',
  table: TargetTable,
  name: string,
): Statement {
  return statement(kind, table.schema, name, table, [
    `alter table ${quoteTable(table)}`,
    `  validate constraint ${quoteIdentifier(name)}`,
  ])
}

function writeIndexes(table: TargetTable): Statement[] {
  return table.indexes.map((index) =>
    statement('index', table.schema, index.name, table, [
      `create ${index.unique ? 'unique ' : ''}index ${quoteIdentifier(index.name)}`,
      `  on ${quoteTable(table)} ${index.method === undefined ? '' : `using ${index.method} `}(${index.parts.map(writeIndexPart).join(', ')})`,
      ...(index.where === null ? [] : [`  where ${index.where}`]),
    ]),
  )
}

function writeIndexPart(part: TargetIndex['parts'][number]): string {
  const what = 'column' in part ? quoteIdentifier(part.column) : `(${part.expression})`
  const collation = part.collation === null ? '' : ` collate ${quoteIdentifier(part.collation)}`
  return `${what}${collation}${part.descending ? ' desc' : ''}`
}

/** The statements that make a reference which rows of the table break: for new rows only. */
export function writeUnvalidated(table: TargetTable, foreignKey: TargetForeignKey): readonly Statement[] {
  return writeForeignKeys({ ...table, foreignKeys: [{ ...foreignKey, validated: false }] })
}

/** A partitioned table can't have a reference that is not valid (before version 18), but each of its partitions can. */
function writeForeignKeys(table: TargetTable): Statement[] {
  return table.foreignKeys.flatMap((foreignKey) => {
    const { name, validated } = foreignKey
    const { partitioning } = table
    if (partitioning === null) {
      const added = writeForeignKey(table, table.table, foreignKey, ['  not valid'])
      return validated ? [added, writeValidation('foreign-key-validation', table, name)] : [added]
    }
    if (validated) return [writeForeignKey(table, table.table, foreignKey, [])]
    return partitionNames(partitioning).map((partition) =>
      writeForeignKey(table, partition, foreignKey, ['  not valid']),
    )
  })
}

function writeForeignKey(
  table: TargetTable,
  relation: string,
  { name, columns, references, onDelete, onUpdate, deferrable }: TargetForeignKey,
  closing: readonly string[],
): Statement {
  return statement('foreign-key', table.schema, name, table, [
    `alter table ${quoteTable({ schema: table.schema, table: relation })}`,
    `  add constraint ${quoteIdentifier(name)}`,
    `  foreign key ${list(columns)}`,
    `  references ${quoteTable(references)} ${list(references.columns)}`,
    ...writeAction('delete', onDelete),
    ...writeAction('update', onUpdate),
    ...(deferrable ? ['  deferrable initially deferred'] : []),
    ...closing,
  ])
}

const actions = ['no action', 'restrict', 'cascade', 'set null', 'set default']

function writeAction(event: 'delete' | 'update', action: string | null): string[] {
  const written = action?.toLowerCase().trim() ?? 'no action'
  if (!actions.includes(written)) {
    throw new MigrateError(
      'plan',
      'unknown-action',
      `${JSON.stringify(action)} is no action of a foreign key.`,
      {
        hint: `Use one of: ${actions.join(', ')}.`,
      },
    )
  }
  return written === 'no action' ? [] : [`  on ${event} ${written}`]
}
