/** The state that the steps of planning share. Invariant: only drafts, sources and notes change while a plan is made. */
import type { Catalog, CatalogColumn, CatalogTable } from '../../model/catalog.ts'
import type { Census, ColumnCensus, TableCensus } from '../../model/census.ts'
import { MigrateError } from '../../model/errors.ts'
import type { ColumnMapping, Mapping, TargetMapping } from '../../model/mapping.ts'
import type { ColumnOrigin, FoldPlan, PivotPlan, PlanOptions, ReferencePlan } from '../../model/plan.ts'
import type { PlanEdit } from '../../model/plan-edit.ts'
import type { SnapshotQueries } from '../../model/snapshot.ts'
import type { TargetProbe } from '../../model/target-probe.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { EvidenceSource } from '../evidence/evidence-source.ts'
import { type ColumnAddress, evidenceAt } from '../evidence/questions.ts'
import type { Draft } from './designed-tables.ts'
import type { FoundInTable, Notes } from './findings.ts'

export type Planning = {
  readonly mapping: Mapping
  readonly catalogs: readonly Catalog[]
  readonly censuses: ReadonlyMap<string, Census>
  readonly options: PlanOptions
  readonly probe: TargetProbe | null
  readonly queries: SnapshotQueries
  readonly edits: readonly PlanEdit[]
  readonly notes: Notes
  readonly drafts: ReadonlyMap<string, Draft>
}

/** A source table that the mapping doesn't know. */
export type OtherTable = { readonly database: string; readonly table: string }

/** How the UUID of a source row, and other tables' references to it, are made. */
export type Identity = {
  /** Target column of the UUID; null when the target has none. */
  readonly target: string | null
  /** Source column; null for the rowid, or, without a rowid, for the row's number. */
  readonly column: string | null
  /** Every value is a UUID as PostgreSQL writes it. */
  readonly isPlain: boolean
}

export type SourceTable = {
  readonly planning: Pick<Planning, 'options' | 'queries' | 'edits'>
  readonly tableId: string
  readonly database: string
  readonly table: CatalogTable
  readonly census: TableCensus
}

/** A source table that the mapping sends into a target table. */
export type SentTable = SourceTable & {
  readonly planning: Planning
  /** Database and table as the mapping names them: the namespace of generated UUIDs. */
  readonly role: string
  readonly roleTable: string
  readonly mapping: TargetMapping
  readonly draft: Draft
}

/** A sent table with its columns matched. */
export type MappedTable = SentTable & {
  /** Target column → source column. A source column has one home; further target columns are in `feeds`. */
  readonly homes: Map<string, string>
  readonly feeds: Map<string, string>
  /** Source columns that the user leaves out. */
  readonly dropped: Set<string>
  identity: Identity
  pivot: PivotPlan | null
  gathered: readonly string[]
  readonly folds: FoldPlan[]
  readonly origins: Map<string, ColumnOrigin>
  readonly expressions: string[]
  readonly references: ReferencePlan[]
  /** The target columns of references with orphans, which become null in those rows. */
  readonly orphaned: Set<string>
  readonly unmapped: { readonly column: string; readonly fate: 'archive' | 'drop' }[]
}

/** Without a server, the oldest supported version. */
export function serverMajor(probe: TargetProbe | null): number {
  return probe?.major ?? 13
}

export function sourceColumn(source: SourceTable, name: string): CatalogColumn {
  const column = source.table.columns.find((candidate) => candidate.name === name)
  if (column === undefined)
    throw new MigrateError('bug', 'no-such-column', `${source.tableId} has no column ${name}`)
  return column
}

/** Throws MigrateError `no-census` for a column without one. */
export function columnCensus(census: TableCensus, name: string): ColumnCensus {
  const column = census.columns.find((candidate) => candidate.name === name)
  if (column === undefined)
    throw new MigrateError('bug', 'no-census', `${census.table}.${name} has no census`)
  return column
}

export function valuesIn({ integers, reals, texts, blobs }: ColumnCensus): number {
  return integers + reals + texts + blobs
}

export function addressOf(source: Pick<MappedTable, 'database' | 'table'>, column: string): ColumnAddress {
  return { database: source.database, table: source.table.name, sql: quoteSqlite(column) }
}

/** The values of a source column. */
export function valuesOf(source: SourceTable, column: string): EvidenceSource {
  return evidenceAt(source.planning.queries, addressOf(source, column))
}

/** Records a finding with its place; `column`: null when it is about the whole table. */
export function find(
  { planning, tableId, database, table }: SourceTable & { readonly planning: Pick<Planning, 'notes'> },
  column: string | null,
  finding: Omit<FoundInTable, 'column'>,
): void {
  const place = { tableId, database, table: table.name }
  planning.notes.find({ ...finding, ...place, ...(column === null ? {} : { column }) })
}

/** Returns SQL that identifies a row of the table for the user: its rowid, or its primary key. */
export function rowName(table: CatalogTable): string {
  switch (table.key.kind) {
    case 'rowid':
      return table.key.name
    case 'primary-key':
      return table.key.columns.map(({ name }) => `coalesce(${quoteSqlite(name)}, '')`).join(" || ' ' || ")
    case 'none':
      return "''"
    default:
      return table.key satisfies never
  }
}

/** Returns SQL of the identity's value; null when the row has only a number. */
export function identitySql(source: MappedTable): string | null {
  if (source.identity.column !== null) return quoteSqlite(source.identity.column)
  return source.table.key.kind === 'rowid' ? source.table.key.name : null
}

export function wordsFor(source: MappedTable, target: string): ColumnMapping {
  return source.mapping.columns?.[target] ?? {}
}

/** Normalizes the spelling of a name: `entryPrice`, `Entry_Price` and `entry price` become `entry_price`. */
export function plainName(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '_')
    .replaceAll(/^_+|_+$/g, '')
}
