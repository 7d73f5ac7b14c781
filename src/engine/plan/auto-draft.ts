import type { CatalogColumn, CatalogTable } from '../model/catalog.ts'
import { type ColumnCensus, noValues, type TableCensus } from '../model/census.ts'
import type { Conversion } from '../model/conversion.ts'
import type { Finding } from '../model/finding.ts'
import type { PlanOptions } from '../model/plan.ts'
import { tableIdOf } from '../model/plan.ts'
import type { PlanEdit } from '../model/plan-edit.ts'
import type { SqliteValue } from '../model/storage.ts'
import { isSameName, quoteSqlite } from '../syntax/sqlite-names.ts'
import { findRenamed, type NamePool, type NameRules, resolveNames } from '../syntax/target-names.ts'
import { conversionTo } from './conversion-to.ts'
import { typeColumn } from './typing.ts'

/**
 * A target table while it is being planned. Invariant: a draft column has the one type and conversion that its values travel by;
 * whoever changes the type changes the conversion with it (`retype`).
 */

export type DraftColumn = {
  readonly source: CatalogColumn
  readonly census: ColumnCensus
  readonly target: string
  readonly sample: string | null
  type: string
  conversion: Conversion
  nullable: boolean
  default: string | null
  generated: string | null
  isIdentity: boolean
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
  /** Target name of an added column for the rowid, in tables whose rows are known by nothing else. */
  readonly rowidColumn: string | null
  /** Names of the table's constraints. */
  readonly constraintNames: NamePool
}

/** All rows of a select, on the snapshot of each database whose tables are planned: of several where they become one. */
export type SnapshotQuery = (sql: string) => readonly (readonly (readonly SqliteValue[])[])[]

export function countRows(query: SnapshotQuery, table: string, condition: string): number {
  return sumOfCounts(query(`select count(*) from ${quoteSqlite(table)} where ${condition}`))
}

/** Of a select that gives one number. */
export function sumOfCounts(answers: ReturnType<SnapshotQuery>): number {
  return answers.reduce((sum, rows) => sum + Number(rows[0]?.[0] ?? 0), 0)
}

export type DraftInput = {
  readonly database: string
  readonly schema: string
  readonly options: PlanOptions
  readonly edits: readonly PlanEdit[]
  readonly sample: (table: string, column: string) => string | null
  /** Null when the snapshot can't be asked. */
  readonly query: SnapshotQuery | null
}

export function draftColumnOf(draft: TableDraft, name: string): DraftColumn | undefined {
  return (
    draft.columns.find(({ source }) => source.name === name) ??
    draft.columns.find(({ source }) => isSameName(source.name, name))
  )
}

export function draftColumns(
  table: CatalogTable,
  census: TableCensus,
  input: DraftInput,
  findings: Finding[],
): { columns: DraftColumn[]; rowidColumn: string | null } {
  const { database, options, edits } = input
  const id = tableIdOf(database, table.name)
  const where = { database, table: table.name, tableId: id }
  const rules: NameRules = { identifiers: options.identifiers, of: 'columns' }
  const needsRowid =
    table.kind === 'virtual' && table.key.kind === 'rowid' && table.key.column === null && !isRtree(table)
  const rowidName = needsRowid && table.key.kind === 'rowid' ? table.key.name : null
  const edited = new Map<string, PlanEdit['change'][]>()
  for (const edit of edits) {
    if (edit.tableId !== id || edit.column === null) continue
    edited.set(edit.column, [...(edited.get(edit.column) ?? []), edit.change])
  }
  const wanted = table.columns.map(({ name }) => {
    const renamed = edited.get(name)?.findLast((change) => change.kind === 'target')
    return { name, wanted: renamed?.kind === 'target' ? renamed.name : name }
  })
  const names = resolveNames(
    [...wanted.map((one) => one.wanted), ...(rowidName === null ? [] : [rowidName])],
    rules,
  )
  findings.push(...findRenamed(names, rules, where))
  const columns = table.columns.map((source, index): DraftColumn => {
    const columnCensus = census.columns.find(({ name }) => name === source.name) ?? {
      ...noValues,
      name: source.name,
    }
    const sample = columnCensus.texts === 0 ? null : input.sample(table.name, source.name)
    const { query } = input
    const ask = query === null ? null : (condition: string) => countRows(query, table.name, condition)
    const typing = typeColumn(source, columnCensus, options, sample, ask)
    const forced = edited.get(source.name)?.findLast((change) => change.kind === 'type')
    const conversion =
      forced?.kind === 'type' ? conversionTo(forced.type, source, columnCensus, options, sample) : null
    const isForced = forced?.kind === 'type' && conversion !== null
    if (!isForced) findings.push(...typing.findings.map((finding) => locate(finding, where, typing.type)))
    const warning = isForced ? undefined : typing.findings.find(({ severity }) => severity === 'warning')
    return {
      source,
      census: columnCensus,
      target: names.get(wanted[index]!.wanted)!,
      sample,
      type: isForced ? forced.type : typing.type,
      conversion: conversion ?? typing.conversion,
      nullable: true,
      default: null,
      generated: null,
      isIdentity: false,
      comment: warning === undefined ? null : warning.message,
    }
  })
  return { columns, rowidColumn: rowidName === null ? null : names.get(rowidName)! }
}

/** The first column of an R-Tree is its rowid (https://www.sqlite.org/rtree.html). */
export function isRtree({ module }: CatalogTable): boolean {
  return module === 'rtree' || module === 'rtree_i32'
}

/** The finding of a column as one of its table, with the change that would settle it otherwise. */
function locate(
  finding: Finding,
  where: { readonly database: string; readonly table: string; readonly tableId: string },
  type: string,
): Finding {
  const message = `In ${JSON.stringify(where.table)}, ${finding.message[0]!.toLowerCase()}${finding.message.slice(1)}`
  const other = otherTypes[finding.code]
  const fixes: PlanEdit[] =
    other === undefined || other === type || finding.column === undefined
      ? []
      : [{ tableId: where.tableId, column: finding.column, change: { kind: 'type', type: other } }]
  return { ...finding, ...where, message, ...(fixes.length === 0 ? {} : { fixes }) }
}

const otherTypes: Readonly<Record<string, string>> = {
  'nul-in-text': 'bytea',
  'time-kept-as-number': 'timestamp with time zone',
  'time-finer-than-microseconds': 'timestamp with time zone',
  'zones-mixed': 'timestamp with time zone',
}

/** Gives the column another type; false, and nothing changed, when its values can't be converted to it. */
export function retype(column: DraftColumn, type: string, options: PlanOptions): boolean {
  const conversion = conversionTo(type, column.source, column.census, options, column.sample)
  if (conversion === null) return false
  column.type = type
  column.conversion = conversion
  return true
}
