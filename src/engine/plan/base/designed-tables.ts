/**
 * Parses a mapping's tables into target tables, which planning then fits to the data. Invariant: until then they say exactly what the
 * mapping's DDL says.
 */
import { MigrateError } from '../../model/errors.ts'
import type { DesignedIndex, DesignedTable, DistributeWords, Mapping } from '../../model/mapping.ts'
import {
  type Distribution,
  type Hypertable,
  type Partitioning,
  plainColumn,
  plainPart,
  type TableName,
  type TargetColumn,
  type TargetForeignKey,
  type TargetIndex,
  type TargetTable,
} from '../../model/target-schema.ts'
import { spellType } from '../evidence/spell-type.ts'

/** A target table while planning works on it; `finishTable` makes it final. */
export type Draft = {
  /** `schema.table` in the mapping; planning may rename the table. */
  readonly designedName: string
  readonly designed: DesignedTable
  schema: string
  table: string
  columns: TargetColumn[]
  primaryKey: readonly string[] | null
  uniques: (readonly string[])[]
  checks: { readonly name: string; readonly expression: string }[]
  foreignKeys: TargetForeignKey[]
  indexes: TargetIndex[]
  partitioning: Partitioning | null
  hypertable: Hypertable | null
  distribute: DistributeWords | null
}

/** One draft for every table of the mapping, by its designed name, in the mapping's order. */
export function designTables(mapping: Mapping, uuidFunction: string): Map<string, Draft> {
  const drafts = new Map<string, Draft>()
  for (const [schema, tables] of Object.entries(mapping.schemas)) {
    for (const [table, designed] of Object.entries(tables)) {
      drafts.set(`${schema}.${table}`, designTable(schema, table, designed, uuidFunction))
    }
  }
  return drafts
}

function designTable(schema: string, table: string, designed: DesignedTable, uuidFunction: string): Draft {
  const columns: TargetColumn[] = []
  const foreignKeys: TargetForeignKey[] = []
  for (const [name, words] of Object.entries(designed.columns)) {
    const { references, ...column } = readColumn(`${schema}.${table}.${name}`, name, words, uuidFunction)
    columns.push(column)
    if (references !== null) foreignKeys.push(foreignKey(table, name, references))
  }
  return {
    designedName: `${schema}.${table}`,
    designed,
    schema,
    table,
    columns,
    primaryKey: designed.primaryKey,
    uniques: [...(designed.uniques ?? [])],
    checks: Object.entries(designed.checks ?? {}).map(([name, expression]) => ({ name, expression })),
    foreignKeys,
    indexes: Object.entries(designed.indexes ?? {}).map(([name, index]) => readIndex(name, index)),
    partitioning: null,
    hypertable: null,
    distribute: designed.distribute ?? null,
  }
}

/** Splits `schema.table`. */
export function tableNameOf(words: string): TableName {
  const dot = words.indexOf('.')
  return { schema: words.slice(0, dot), table: words.slice(dot + 1) }
}

type ReadColumn = TargetColumn & { readonly references: (TableName & { readonly column: string }) | null }

/** Parses the definition of a column. Throws MigrateError `mapping-column`, which calls the column `where`. */
export function readColumn(where: string, name: string, words: string, uuidFunction: string): ReadColumn {
  const match = /^(.+?)( not null)?(?: default (.+?))?(?: references ([^.\s]+)\.([^(\s]+)\(([^)]+)\))?$/.exec(
    words.trim(),
  )
  if (match === null) {
    throw new MigrateError(
      'plan',
      'mapping-column',
      `The mapping's column ${where} cannot be read: ${words}`,
      {
        hint: 'Write a type, then any of: not null, default …, references schema.table(column).',
      },
    )
  }
  const [, type = '', notNull, fallback, schema, table, column] = match
  const sequence = type === 'serial' || type === 'bigserial' ? type : null
  return {
    ...plainColumn(name, sequence === null ? spellType(type) : sequence === 'serial' ? 'integer' : 'bigint'),
    nullable: notNull === undefined && sequence === null,
    default: fallback === 'uuid_generate_v4()' ? uuidFunction : (fallback ?? null),
    sequence,
    references:
      schema === undefined || table === undefined || column === undefined ? null : { schema, table, column },
  }
}

function foreignKey(
  table: string,
  column: string,
  references: TableName & { readonly column: string },
): TargetForeignKey {
  return {
    name: `${table}_${column}_fkey`,
    columns: [column],
    references: { schema: references.schema, table: references.table, columns: [references.column] },
    onDelete: null,
    onUpdate: null,
    deferrable: false,
    validated: true,
  }
}

export function readIndex(name: string, index: DesignedIndex): TargetIndex {
  return {
    name,
    unique: index.unique ?? false,
    parts: index.on.map((part) => plainPart(part.replace(/ (?:desc|asc)$/i, ''), / desc$/i.test(part))),
    where: index.where ?? null,
  }
}

export function columnOf(draft: Draft, name: string): TargetColumn {
  const column = draft.columns.find((candidate) => candidate.name === name)
  if (column === undefined)
    throw new MigrateError('bug', 'no-such-column', `${draft.designedName} has no column ${name}`)
  return column
}

export function changeColumn(draft: Draft, name: string, change: Partial<TargetColumn>): void {
  draft.columns = draft.columns.map((column) => (column.name === name ? { ...column, ...change } : column))
}

function distributionOf(words: DistributeWords): Distribution {
  return typeof words === 'string' ? { kind: words } : { kind: 'column', column: words.column }
}

export function finishTable(draft: Draft): TargetTable {
  return {
    schema: draft.schema,
    table: draft.table,
    columns: draft.columns.map((column) =>
      draft.primaryKey?.includes(column.name) ? { ...column, nullable: false } : column,
    ),
    primaryKey: draft.primaryKey === null ? null : { name: `${draft.table}_pkey`, columns: draft.primaryKey },
    uniques: draft.uniques.map((columns) => ({ name: `${draft.table}_${columns.join('_')}_key`, columns })),
    checks: draft.checks,
    foreignKeys: draft.foreignKeys,
    indexes: draft.indexes,
    partitioning: draft.partitioning,
    ...(draft.hypertable === null ? {} : { hypertable: draft.hypertable }),
    ...(draft.distribute === null ? {} : { distribution: distributionOf(draft.distribute) }),
    comment: draft.designed.comment ?? null,
    existing: false,
  }
}
