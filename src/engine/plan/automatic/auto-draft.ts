import { type CatalogColumn, type CatalogTable, rowidColumnOf } from '../../model/catalog.ts'
import { type ColumnCensus, noValues, type TableCensus } from '../../model/census.ts'
import type { Conversion } from '../../model/conversion.ts'
import type { Finding } from '../../model/finding.ts'
import type { PlanOptions } from '../../model/plan.ts'
import { tableIdOf } from '../../model/plan.ts'
import { changeTo, type PlanEdit } from '../../model/plan-edit.ts'
import type { SqliteValue } from '../../model/storage.ts'
import type { TableStatement } from '../../sql/parse/parse-statement.ts'
import { isSameName, quoteSqlite } from '../../syntax/sqlite-names.ts'
import { findRenamed, type NamePool, type NameRules, resolveNames } from '../../syntax/target-names.ts'
import type { FoundInTable, Report } from '../base/findings.ts'
import { type ColumnFacts, examineColumn } from '../evidence/column-facts.ts'
import { conversionTo } from '../evidence/conversion-to.ts'
import { declaredEpoch, epochOption } from '../evidence/declared-epoch.ts'
import { spellType } from '../evidence/spell-type.ts'
import { type ColumnTyping, typeColumn } from '../typing/type-column.ts'

/**
 * A target table while it is being planned. Invariant: the type and the conversion of a column match; `retype` changes both.
 */

export type DraftColumn = {
  readonly source: CatalogColumn
  readonly census: ColumnCensus
  readonly target: string
  readonly facts: ColumnFacts
  type: string
  conversion: Conversion
  nullable: boolean
  default: string | null
  generated: string | null
  isIdentity: boolean
  /** Null when the sequence can have the name that PostgreSQL chooses. */
  sequenceName: string | null
  comment: string | null
}

export type TableDraft = {
  readonly id: string
  readonly database: string
  readonly schema: string
  readonly target: string
  readonly source: CatalogTable
  readonly rows: number
  readonly columns: readonly DraftColumn[]
  /** Target name of an added column for the rowid, in tables whose rows have no other key. */
  readonly rowidColumn: string | null
  readonly statement: TableStatement | null
  /** Names of the table's constraints, and of the relations of its schema. */
  readonly constraintNames: NamePool
  readonly relations: NamePool
  readonly options: PlanOptions
  /** Major version of the server. */
  readonly major: number
  /** Null without a snapshot to query. */
  readonly query: SnapshotQuery | null
  /** Null without a snapshot to read. */
  readonly iterate: SnapshotRows | null
  readonly report: Report
}

/** Runs a select on every database whose tables are planned: several when their tables are merged. Returns the rows by database. */
export type SnapshotQuery = (sql: string) => readonly (readonly (readonly SqliteValue[])[])[]

/** The same as `SnapshotQuery`, with each database's rows read one by one. */
export type SnapshotRows = (sql: string) => readonly Iterable<readonly SqliteValue[]>[]

export function countRows(query: SnapshotQuery, table: string, condition: string): number {
  return sumOfCounts(query(`select count(*) from ${quoteSqlite(table)} where ${condition}`))
}

/** Adds up the results of a select that returns one number. */
export function sumOfCounts(answers: ReturnType<SnapshotQuery>): number {
  return answers.reduce((sum, rows) => sum + Number(rows[0]?.[0] ?? 0), 0)
}

type DraftInput = Pick<TableDraft, 'database' | 'options' | 'query' | 'report'> & {
  readonly edits: readonly PlanEdit[]
}

/** Returns the name, in the table's statement, of the constraint on exactly these columns; null without one. */
export function constraintName(
  { statement }: TableDraft,
  kind: 'unique' | 'foreign-key',
  columns: readonly string[],
): string | null {
  const named = statement?.names.find(
    (one) =>
      one.kind === kind &&
      one.columns.length === columns.length &&
      one.columns.every((name, index) => isSameName(name, columns[index]!)),
  )
  return named?.name ?? null
}

export function draftColumnOf(draft: Pick<TableDraft, 'columns'>, name: string): DraftColumn | undefined {
  return (
    draft.columns.find(({ source }) => source.name === name) ??
    draft.columns.find(({ source }) => isSameName(source.name, name))
  )
}

export function draftColumns(
  table: CatalogTable,
  census: TableCensus,
  input: DraftInput,
): { columns: DraftColumn[]; rowidColumn: string | null } {
  const { database, options, edits, query, report } = input
  const id = tableIdOf(database, table.name)
  const rules: NameRules = { identifiers: options.identifiers, of: 'columns' }
  const needsRowid = table.kind === 'virtual' && table.key.kind === 'rowid' && rowidColumnOf(table) === null
  const rowidName = needsRowid && table.key.kind === 'rowid' ? table.key.name : null
  const wanted = table.columns.map(({ name }) => changeTo(edits, id, name, 'target')?.name ?? name)
  const names = resolveNames([...wanted, ...(rowidName === null ? [] : [rowidName])], rules)
  findRenamed(names, rules, { table: table.name }).forEach(report)
  const columns = table.columns.map((source, index): DraftColumn => {
    const columnCensus = census.columns.find(({ name }) => name === source.name) ?? {
      ...noValues,
      name: source.name,
    }
    const declared = declaredEpoch(options, edits, { database, table: table.name, column: source.name })
    const place = { table: quoteSqlite(table.name), sql: quoteSqlite(source.name) }
    const at = query === null ? null : { ...place, rows: (sql: string) => query(sql).flat() }
    const facts = examineColumn({ column: source, census: columnCensus, options }, at, declared)
    const typing = typeColumn(facts, at)
    const forced = changeTo(edits, id, source.name, 'type')
    const conversion = forced === undefined ? null : conversionTo(forced.type, facts)
    const isForced = forced !== undefined && conversion !== null
    if (!isForced)
      for (const finding of typing.findings)
        report(locate(finding, { tableId: id, table: table.name }, typing))
    const warning = isForced ? undefined : typing.findings.find(({ severity }) => severity === 'warning')
    return {
      source,
      census: columnCensus,
      target: names.get(wanted[index]!)!,
      facts,
      type: isForced ? spellType(forced.type) : typing.type,
      conversion: conversion ?? typing.conversion,
      nullable: true,
      default: null,
      generated: null,
      isIdentity: false,
      sequenceName: null,
      comment: warning === undefined ? null : warning.message,
    }
  })
  return { columns, rowidColumn: rowidName === null ? null : names.get(rowidName)! }
}

/** Returns a column's finding as one of its table, with changes that offer another choice. */
function locate(
  finding: Finding,
  { tableId, table }: { readonly tableId: string; readonly table: string },
  { type, units, otherwise }: ColumnTyping,
): FoundInTable {
  const message = `In ${JSON.stringify(table)}, ${finding.message[0]!.toLowerCase()}${finding.message.slice(1)}`
  const other = otherTypes[finding.code] ?? otherwise ?? undefined
  const { column } = finding
  const offersUnit = finding.code === 'time-kept-as-number' || finding.code === 'time-unit-unknown'
  const changes: PlanEdit['change'][] = offersUnit
    ? units.map((unit) => ({ kind: 'epoch', unit }))
    : other === undefined || other === type
      ? []
      : [{ kind: 'type', type: other }]
  if (column === undefined || changes.length === 0) return { ...finding, message }
  const fixes = changes.map((change) => ({ tableId, column, change }))
  const hint = offersUnit
    ? { hint: `To make it a time, say ${epochOption({ table, column }, units)}.` }
    : otherwise !== null && other === otherwise
      ? {
          hint: `As ${otherwise}, ${otherwise === 'text' ? 'all stay as they are written' : 'what does not fit goes to quarantine'}: give the column that type in the preview or the plan file.`,
        }
      : {}
  return { ...finding, message, ...hint, fixes }
}

const otherTypes: Readonly<Record<string, string>> = {
  'nul-in-text': 'bytea',
  'time-finer-than-microseconds': 'timestamp with time zone',
  'zones-mixed': 'timestamp with time zone',
}

/** Changes the column's type; returns false, and changes nothing, when its values can't be converted to it. */
export function retype(column: DraftColumn, type: string): boolean {
  const conversion = conversionTo(type, column.facts)
  if (conversion === null) return false
  column.type = type
  column.conversion = conversion
  return true
}
