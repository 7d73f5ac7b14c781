import { type Catalog, type CatalogTable, rowidColumnOf } from '../../model/catalog.ts'
import type { Census } from '../../model/census.ts'
import type { Finding } from '../../model/finding.ts'
import { type PlanOptions, type TablePlan, tableIdOf } from '../../model/plan.ts'
import { changeTo, type PlanEdit } from '../../model/plan-edit.ts'
import type { TargetProbe } from '../../model/target-probe.ts'
import type { TargetTable } from '../../model/target-schema.ts'
import { parseTable, type TableStatement } from '../../sql/parse/parse-statement.ts'
import { isSameName } from '../../syntax/sqlite-names.ts'
import { findRenamed, NamePool, resolveNames } from '../../syntax/target-names.ts'
import { type Report, reporterOf } from '../base/findings.ts'
import { serverMajor } from '../base/planning.ts'
import { agreeTypes } from './agree-types.ts'
import {
  type DraftColumn,
  draftColumns,
  retype,
  type SnapshotQuery,
  type SnapshotRows,
  type TableDraft,
} from './auto-draft.ts'
import { planChecks, planDefaults, planGenerated } from './auto-expressions.ts'
import { decideFates } from './auto-fates.ts'
import { planIndexes } from './auto-indexes.ts'
import { planKeys } from './auto-keys.ts'
import { planReferences } from './auto-references.ts'
import { copyPlanOf, listTriggers, targetTableOf } from './auto-tables.ts'
import { namesOfOthers } from './names-of-others.ts'

/**
 * The automatic mapping: every table of one database as a table of one schema. Invariant: every source table has a table plan, every
 * source column of a copied table has a target column, and what is not carried over is a finding.
 */

export type AutomaticInput = {
  readonly catalog: Catalog
  readonly census: Census
  /** Name of the target schema. */
  readonly schema: string
  readonly options: PlanOptions
  /** Null when planning without a server. */
  readonly probe: TargetProbe | null
  readonly edits?: readonly PlanEdit[]
  /** Tables of the database that another mapping plans: they are skipped here, and references to them are left out. */
  readonly without?: readonly string[]
  /** Names of relations that are taken in the schema. */
  readonly takenNames?: readonly string[]
  /**
   * Queries the snapshots. With it, decimals and times are proved to fit, and orphans are found. Without it, no narrower type is chosen,
   * but texts such as 2024-02-30 count as times, and foreign keys as valid.
   */
  readonly query?: SnapshotQuery
  /** Without it, no two values of a key are found to become equal. */
  readonly iterate?: SnapshotRows
  /** Returns the table's statement, when it is not that of the catalog's SQL. */
  readonly statementOf?: (table: CatalogTable) => TableStatement | null
}

export type AutomaticPlan = {
  readonly tables: readonly TablePlan[]
  readonly targetTables: readonly TargetTable[]
  readonly findings: readonly Finding[]
}

export function planAutomatically(input: AutomaticInput): AutomaticPlan {
  const { options, edits = [], without = [] } = input
  const { database } = input.catalog
  const catalog = {
    ...input.catalog,
    tables: input.catalog.tables.filter((table) => !without.some((name) => isSameName(name, table.name))),
  }
  const findings: Finding[] = []
  const fates = decideFates(catalog, input.census, options, edits, findings)
  const drafts = draftTables(input, fates, findings)

  for (const draft of drafts) retypeJsonInKeys(draft)
  agreeTypes(drafts)
  for (const draft of drafts) planNullability(draft)

  const targets = new Map(
    drafts.map((draft) => {
      const keys = planKeys(draft)
      planDefaults(draft)
      planGenerated(draft)
      const { indexes, long } = planIndexes(draft)
      const all = { indexes: [...keys.indexes, ...indexes], longIndexes: [...keys.longIndexes, ...long] }
      return [draft, { ...keys, ...all }]
    }),
  )
  const plans = drafts.map((draft) => {
    const keys = targets.get(draft)!
    const references = planReferences(draft, drafts, targets, without)
    const target = targetTableOf(draft, { ...keys, ...references, checks: planChecks(draft) })
    return { draft, target, copy: copyPlanOf(draft, target, references) }
  })
  findings.push(...listTriggers(catalog))

  return {
    tables: fates.map(({ table, reason }): TablePlan => {
      const id = tableIdOf(database, table.name)
      if (reason !== null) return { id, database, table: table.name, fate: { kind: 'exclude', reason } }
      const { copy } = plans.find(({ draft }) => draft.source === table)!
      return { id, database, table: table.name, fate: { kind: 'copy', copy } }
    }),
    targetTables: plans.map(({ target }) => target),
    findings,
  }
}

function draftTables(
  input: AutomaticInput,
  fates: ReturnType<typeof decideFates>,
  findings: Finding[],
): TableDraft[] {
  const { schema, options, edits = [], query = null, iterate = null } = input
  const { database } = input.catalog
  const { statementOf = ({ kind, sql }) => (kind === 'virtual' ? null : parseTable(sql)) } = input
  const tableNames = new NamePool(input.takenNames)
  const major = serverMajor(input.probe)
  const moved = fates.filter(({ reason }) => reason === null)
  const rules = { identifiers: options.identifiers, of: 'tables' } as const
  const wanted = moved.map(({ table }) => {
    const id = tableIdOf(database, table.name)
    return changeTo(edits, id, null, 'target')?.name ?? table.name
  })
  const fitted = resolveNames(wanted, rules)
  const names = new Map([...fitted].map(([from, to]) => [from, tableNames.claim(to)]))
  const relations = new NamePool([
    ...(input.takenNames ?? []),
    ...names.values(),
    ...namesOfOthers(input.probe, schema, [...names.values()]),
  ])
  findings.push(...findRenamed(names, rules, { database }))
  /** The server would name the sequence after its table and column, but all relations of a schema share one namespace. */
  const nameSequence = (column: DraftColumn, target: string, table: CatalogTable, report: Report): void => {
    const usual = `${target}_${column.target}_seq`
    const name = relations.claim(usual)
    if (name === usual) return
    column.sequenceName = name
    report({
      severity: 'notice',
      code: 'renamed',
      message: `The sequence of ${JSON.stringify(table.name)}.${JSON.stringify(column.source.name)} is named ${JSON.stringify(name)}: ${JSON.stringify(usual)} is ${relations.has(usual) ? 'taken' : 'longer than the 63 bytes that PostgreSQL keeps of a name'}.`,
      column: column.source.name,
    })
  }
  return moved.map(({ table, census }, index): TableDraft => {
    const counted = census ?? { table: table.name, rows: 0, rowids: null, columns: [] }
    const report = reporterOf(findings, database, table.name)
    const setting = { database, options, edits, query, report }
    const { columns, rowidColumn } = draftColumns(table, counted, setting)
    const alias = rowidColumnOf(table)
    for (const column of columns) {
      column.isIdentity = column.source.name === alias && /^(integer|bigint)$/.test(column.type)
      if (column.isIdentity) nameSequence(column, names.get(wanted[index]!)!, table, report)
    }
    return {
      id: tableIdOf(database, table.name),
      database,
      schema,
      target: names.get(wanted[index]!)!,
      source: table,
      rows: counted.rows,
      columns,
      rowidColumn,
      statement: statementOf(table),
      constraintNames: new NamePool(),
      relations,
      options,
      major,
      query,
      iterate,
      report,
    }
  })
}

/** PostgreSQL can't compare json, so that a json column in a key becomes text. */
function retypeJsonInKeys({ source, columns, report }: TableDraft): void {
  const unique = source.indexes.filter((index) => index.unique)
  const names = [
    ...source.primaryKey,
    ...unique.flatMap((index) => index.columns.flatMap(({ name }) => name ?? [])),
    ...source.foreignKeys.flatMap(({ columns }) => columns),
  ]
  for (const column of columns) {
    if (column.type !== 'json' || !names.some((name) => isSameName(name, column.source.name))) continue
    if (!retype(column, 'text')) continue
    report({
      severity: 'notice',
      code: 'type-of-key',
      message: `In ${JSON.stringify(source.name)}, column ${JSON.stringify(column.source.name)} is text rather than json, because it is part of a key and PostgreSQL cannot compare json.`,
      column: column.source.name,
    })
  }
}

/** Leaves out NOT NULL where the column holds nulls all the same, which SQLite allows, so that no row is lost. */
function planNullability({ source: table, columns, report }: TableDraft): void {
  for (const column of columns) {
    const { source, census } = column
    if (column.isIdentity) column.nullable = false
    else if (source.notNull && census.nulls === 0) column.nullable = false
    else if (source.notNull) {
      report({
        severity: 'warning',
        code: 'not-null-holds-nulls',
        message: `In ${JSON.stringify(table.name)}, column ${JSON.stringify(source.name)} is declared NOT NULL and holds ${census.nulls} null${census.nulls === 1 ? '' : 's'}; it is created nullable.`,
        column: source.name,
        count: census.nulls,
      })
    }
  }
}
