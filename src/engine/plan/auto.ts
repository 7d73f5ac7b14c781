import type { Catalog, CatalogForeignKey, CatalogTable } from '../model/catalog.ts'
import type { Census } from '../model/census.ts'
import type { Finding } from '../model/finding.ts'
import { type PlanOptions, type TablePlan, tableIdOf } from '../model/plan.ts'
import { changeTo, type PlanEdit } from '../model/plan-edit.ts'
import type { TargetProbe } from '../model/target-probe.ts'
import type { TargetTable } from '../model/target-schema.ts'
import { parseTable, type TableStatement } from '../sql/parse-statement.ts'
import { isSameName } from '../syntax/sqlite-names.ts'
import { findRenamed, NamePool, resolveNames } from '../syntax/target-names.ts'
import { agreeTypes } from './agree-types.ts'
import {
  type DraftColumn,
  draftColumns,
  isRtree,
  retype,
  type SnapshotQuery,
  type TableDraft,
} from './auto-draft.ts'
import { planChecks, planDefaults, planGenerated } from './auto-expressions.ts'
import { decideFates } from './auto-fates.ts'
import { planIndexes } from './auto-indexes.ts'
import { type Keys, planKeys } from './auto-keys.ts'
import { planReferences } from './auto-references.ts'
import { copyPlanOf, listTriggers, targetTableOf } from './auto-tables.ts'
import { serverMajor } from './planning.ts'

/**
 * The automatic mapping: every table of one database as a table of one schema. Invariant: every source table has a table plan, every
 * source column of a copied table has a target column, and what is not carried over is a finding.
 */

export type AutomaticInput = {
  readonly catalog: Catalog
  readonly census: Census
  readonly database: string
  /** Name of the target schema. */
  readonly schema: string
  readonly options: PlanOptions
  /** Null when planning without a server. */
  readonly probe: TargetProbe | null
  readonly edits?: readonly PlanEdit[]
  /** Tables of the database that another mapping takes; nothing is planned for them, references to them are left out. */
  readonly without?: readonly string[]
  /** Names of relations that the schema has from elsewhere. */
  readonly takenNames?: readonly string[]
  /** A usual text of a column, where one is known. */
  readonly sample?: (table: string, column: string) => string | null
  /**
   * What the snapshots hold. With it, decimals and times are proved to fit, and orphans are found; without, a
   * narrower type is not chosen on a guess, but texts such as 2024-02-30 pass for times, and foreign keys for valid.
   */
  readonly query?: SnapshotQuery
  /** The table's statement, where it is not what its SQL says. */
  readonly statementOf?: (table: CatalogTable) => TableStatement | null
}

export type AutomaticPlan = {
  readonly tables: readonly TablePlan[]
  readonly targetTables: readonly TargetTable[]
  readonly findings: readonly Finding[]
}

export function planAutomatically(input: AutomaticInput): AutomaticPlan {
  const { database, options, edits = [], without = [] } = input
  const catalog = {
    ...input.catalog,
    tables: input.catalog.tables.filter((table) => !without.some((name) => isSameName(name, table.name))),
  }
  const major = serverMajor(input.probe)
  const findings: Finding[] = []
  const fates = decideFates(catalog, input.census, options, edits, findings)
  const relations = new NamePool(input.takenNames)
  const drafts = draftTables(input, fates, relations, findings)
  const statements = new Map(drafts.map((draft) => [draft, (input.statementOf ?? statementOf)(draft.source)]))

  for (const draft of drafts) retypeJsonInKeys(draft, findings)
  agreeTypes(drafts, findings)
  for (const draft of drafts) planNullability(draft, findings)

  const keys = new Map<TableDraft, Keys>()
  const indexes = new Map<TableDraft, TargetTable['indexes']>()
  for (const draft of drafts) {
    const statement = statements.get(draft) ?? null
    const planned = planKeys(
      draft,
      relations,
      (columns) => nameOf(statement, 'unique', columns),
      findings,
      input.query ?? null,
    )
    keys.set(draft, planned)
    planDefaults(draft, findings)
    planGenerated(draft, statement, major, findings)
    const made = planIndexes(draft, relations, major, findings, input.query ?? null)
    indexes.set(draft, [...planned.indexes, ...made.indexes])
    keys.set(draft, { ...planned, longIndexes: [...planned.longIndexes, ...made.long] })
  }
  const targets = new Map(
    drafts.map((draft) => [draft, { ...keys.get(draft)!, indexes: indexes.get(draft) ?? [] }]),
  )
  const plans = drafts.map((draft) => {
    const statement = statements.get(draft) ?? null
    const nameOfKey = (key: CatalogForeignKey) => nameOf(statement, 'foreign-key', key.columns)
    const references = planReferences(draft, drafts, {
      targets,
      nameOf: nameOfKey,
      options,
      query: input.query ?? null,
      elsewhere: without,
      findings,
    })
    const target = targetTableOf(
      draft,
      {
        ...targets.get(draft)!,
        ...references,
        checks: planChecks(draft, statement, major, findings, input.query ?? null),
      },
      findings,
    )
    return { draft, target, copy: copyPlanOf(draft, keys.get(draft)!, references) }
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

function statementOf({ kind, sql }: CatalogTable): TableStatement | null {
  return kind === 'virtual' ? null : parseTable(sql)
}

function draftTables(
  input: AutomaticInput,
  fates: ReturnType<typeof decideFates>,
  relations: NamePool,
  findings: Finding[],
): TableDraft[] {
  const { database, schema, options, edits = [], sample = () => null } = input
  const moved = fates.filter(({ reason }) => reason === null)
  const rules = { identifiers: options.identifiers, of: 'tables' } as const
  const wanted = moved.map(({ table }) => {
    const id = tableIdOf(database, table.name)
    return changeTo(edits, id, null, 'target')?.name ?? table.name
  })
  const fitted = resolveNames(wanted, rules)
  const names = new Map([...fitted].map(([from, to]) => [from, relations.claim(to)]))
  findings.push(...findRenamed(names, rules, { database }))
  /** The server would name the sequence after its table and column, and all relations of a schema share their names. */
  const nameSequence = (column: DraftColumn, target: string, table: CatalogTable): void => {
    const usual = `${target}_${column.target}_seq`
    const name = relations.claim(usual)
    if (name === usual) return
    column.sequenceName = name
    findings.push({
      severity: 'notice',
      code: 'renamed',
      message: `The sequence of ${JSON.stringify(table.name)}.${JSON.stringify(column.source.name)} is named ${JSON.stringify(name)}: ${JSON.stringify(usual)} is ${relations.has(usual) ? 'taken' : 'longer than the 63 bytes that PostgreSQL keeps of a name'}.`,
      database,
      table: table.name,
      tableId: tableIdOf(database, table.name),
      column: column.source.name,
    })
  }
  return moved.map(({ table, census }, index): TableDraft => {
    const counted = census ?? { table: table.name, rows: 0, rowids: null, columns: [] }
    const { columns, rowidColumn } = draftColumns(
      table,
      counted,
      { database, schema, options, edits, sample, query: input.query ?? null },
      findings,
    )
    const rowid = isRtree(table) ? table.columns[0]?.name : null
    const alias = table.key.kind === 'rowid' ? (table.key.column ?? rowid) : null
    for (const column of columns) {
      column.isIdentity = column.source.name === alias && /^(integer|bigint)$/.test(column.type)
      if (column.isIdentity) nameSequence(column, names.get(wanted[index]!)!, table)
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
      constraintNames: new NamePool(),
    }
  })
}

/** PostgreSQL can't compare json, so a key of such a type is text. */
function retypeJsonInKeys(draft: TableDraft, findings: Finding[]): void {
  const { source } = draft
  const unique = source.indexes.filter((index) => index.unique)
  const names = [
    ...source.primaryKey,
    ...unique.flatMap((index) => index.columns.flatMap(({ name }) => name ?? [])),
    ...source.foreignKeys.flatMap(({ columns }) => columns),
  ]
  for (const column of draft.columns) {
    if (column.type !== 'json' || !names.some((name) => isSameName(name, column.source.name))) continue
    if (!retype(column, 'text')) continue
    findings.push({
      severity: 'notice',
      code: 'type-of-key',
      message: `In ${JSON.stringify(source.name)}, column ${JSON.stringify(column.source.name)} is text rather than json, because it is part of a key and PostgreSQL cannot compare json.`,
      database: draft.database,
      table: source.name,
      tableId: draft.id,
      column: column.source.name,
    })
  }
}

/** A NOT NULL that the values don't keep is left out: SQLite lets it happen, and no row is lost for it. */
function planNullability(draft: TableDraft, findings: Finding[]): void {
  for (const column of draft.columns) {
    const { source, census } = column
    if (column.isIdentity) column.nullable = false
    else if (source.notNull && census.nulls === 0) column.nullable = false
    else if (source.notNull) {
      findings.push({
        severity: 'warning',
        code: 'not-null-holds-nulls',
        message: `In ${JSON.stringify(draft.source.name)}, column ${JSON.stringify(source.name)} is declared NOT NULL and holds ${census.nulls} null${census.nulls === 1 ? '' : 's'}; it is created nullable.`,
        database: draft.database,
        table: draft.source.name,
        tableId: draft.id,
        column: source.name,
        count: census.nulls,
      })
    }
  }
}

function nameOf(
  statement: TableStatement | null,
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
