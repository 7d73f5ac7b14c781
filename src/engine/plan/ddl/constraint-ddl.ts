/** The statements after the load: keys, checks, indexes and foreign keys of a table. Pure. */
import { MigrateError } from '../../model/errors.ts'
import {
  partitionNames,
  type TargetForeignKey,
  type TargetIndex,
  type TargetTable,
} from '../../model/target-schema.ts'
import { quoteIdentifier, quoteTable } from '../../syntax/postgres-names.ts'
import { list, type Statement, statement } from './ddl-statement.ts'

export function writePrimaryKey(table: TargetTable): Statement[] {
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
export function writeUniques(table: TargetTable, major: number): Statement[] {
  return table.uniques.map(({ name, columns, nullsNotDistinct }) =>
    statement('unique', table.schema, name, table, [
      `alter table ${quoteTable(table)}`,
      `  add constraint ${quoteIdentifier(name)}`,
      `  unique ${nullsNotDistinct === true && major >= 15 ? 'nulls not distinct ' : ''}${list(columns)}`,
    ]),
  )
}

export function writeChecks(table: TargetTable): Statement[] {
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

export function writeIndexes(table: TargetTable): Statement[] {
  return table.indexes.map((index) =>
    statement('index', table.schema, index.name, table, [
      `create ${index.unique ? 'unique ' : ''}index ${quoteIdentifier(index.name)}`,
      `  on ${quoteTable(table)} ${index.method === undefined ? '' : `using ${index.method} `}(${index.parts.map(writeIndexPart).join(', ')})`,
      ...(index.where === null ? [] : [`  where ${index.where}`]),
    ]),
  )
}

export function writeIndexPart(part: TargetIndex['parts'][number]): string {
  const what = 'column' in part ? quoteIdentifier(part.column) : `(${part.expression})`
  const collation = part.collation === null ? '' : ` collate ${quoteIdentifier(part.collation)}`
  return `${what}${collation}${part.descending ? ' desc' : ''}`
}

/** Returns the statements for a foreign key that rows of the table violate: it holds for new rows only. */
export function writeUnvalidated(table: TargetTable, foreignKey: TargetForeignKey): readonly Statement[] {
  return writeForeignKeys({ ...table, foreignKeys: [{ ...foreignKey, validated: false }] })
}

/** A partitioned table can't have a foreign key that is not valid (before version 18), but each of its partitions can. */
export function writeForeignKeys(table: TargetTable): Statement[] {
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
