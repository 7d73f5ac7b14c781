/**
 * Catalogs, censuses and a mapping become a plan. Invariant: every table of every chosen database has exactly one fate, and every
 * column of a copied table a home, an archive entry, or the user's word that it may go; a plan that breaks this is a bug, not a plan.
 */
import type { Catalog, CatalogTable } from '../model/catalog.ts'
import type { Census, TableCensus } from '../model/census.ts'
import { MigrateError } from '../model/errors.ts'
import type { FoldMapping, Mapping, TargetMapping } from '../model/mapping.ts'
import {
  type CopyPlan,
  type Plan,
  type PlanEdit,
  type PlanOptions,
  type TablePlan,
  type TargetProbe,
  tableIdOf,
} from '../model/plan.ts'
import { amendByDesign, fitServer } from './amendments.ts'
import { assignRoles, assignTables } from './assign-tables.ts'
import { checkPlan } from './check-plan.ts'
import { columnOf, type Draft, designTables, finishTable, readIndex } from './designed-tables.ts'
import { counted, Notes } from './findings.ts'
import { planFold } from './folds.ts'
import { mapColumns } from './map-columns.ts'
import { matchTable } from './match-table.ts'
import { NamePool } from './names.ts'
import { type OtherTable, planOtherTables } from './other-tables.ts'
import { fitForeignKeys, fitKeys, planPartitions } from './partitions.ts'
import type { MappedTable, Planning } from './planning.ts'
import type { SnapshotQueries } from './questions.ts'

export type PlanInput = {
  readonly mapping: Mapping
  /** In the order in which the databases were found. */
  readonly catalogs: readonly Catalog[]
  readonly censuses: readonly Census[]
  readonly snapshots: readonly {
    readonly database: string
    readonly sha256: string
    readonly bytes: number
  }[]
  /** The user's word on which file is which: database → role (`--as`). */
  readonly roles: ReadonlyMap<string, string>
  readonly options: PlanOptions
  readonly edits: readonly PlanEdit[]
  readonly probe: TargetProbe | null
  readonly queries: SnapshotQueries
}

/**
 * The plan of a run. Equal input gives an equal plan. Findings of severity `error` mean that it must not be carried out.
 * Throws a MigrateError of kind `plan` for a mapping or an edit that cannot be read.
 */
export function buildPlan(input: PlanInput): Plan {
  const { mapping, catalogs, options, probe, edits } = input
  const notes = new Notes()
  const roles = assignRoles(mapping, catalogs, input.roles, notes)
  const server = fitServer(mapping, probe, options.timeseries, notes)
  amendByDesign(mapping, notes)
  const drafts = designTables(mapping, server.uuidFunction)
  const planning: Planning = {
    mapping,
    catalogs,
    censuses: new Map(input.censuses.map((census) => [census.database, census])),
    options,
    probe,
    queries: input.queries,
    edits,
    notes,
    drafts,
  }
  const sorted = sortTables(planning, roles)
  const mapped = sorted.mapped.map((table) => matchTable(planning, table))
  const tables = new Map<string, TablePlan>()
  for (const { tableId, database, table, reason } of sorted.excluded) {
    tables.set(tableId, { id: tableId, database, table, fate: { kind: 'exclude', reason } })
  }
  const unfolded = foldChildren(planning, sorted.children, mapped, tables)
  // Parents before children, so that a child knows whether its parent may lose rows.
  for (const source of parentsFirst(mapped)) mapColumns(planning, mapped, source)
  for (const source of mapped) fitKeys(planning, source)
  fitForeignKeys(planning, drafts)
  applyTargets(planning, mapped)
  for (const draft of drafts.values()) {
    planPartitions(planning, draft, mapped.find((source) => source.draft === draft) ?? null)
  }
  for (const source of mapped) tables.set(source.tableId, copyTable(source))
  const others = planOtherTables(planning, roles, [...sorted.others, ...unfolded])
  for (const table of others.tables) tables.set(table.id, table)

  const designed = [...drafts.values()].map(finishTable)
  const plan: Plan = {
    version: 1,
    mapping: mapping.name,
    sources: input.snapshots.map(({ database, sha256, bytes }) => ({
      database,
      role: roles.get(database) ?? null,
      sha256,
      bytes,
    })),
    options,
    tables: inCatalogOrder(catalogs, tables),
    schema: {
      extensions: server.extensions,
      schemas: [
        ...new Set([
          ...Object.keys(mapping.schemas),
          ...designed.map(({ schema }) => schema),
          ...others.schemas,
        ]),
      ],
      tables: [...designed, ...others.targets],
    },
    findings: notes.findings,
    amendments: notes.amendments,
    sourceRows: sourceRows(planning),
  }
  checkPlan(plan, catalogs)
  return plan
}

type SourceTable = {
  readonly tableId: string
  readonly database: string
  readonly table: CatalogTable
  readonly census: TableCensus
}
type Child = SourceTable & {
  readonly mapping: FoldMapping
  readonly role: string
  readonly parentTable: string
}

type SortedTables = {
  readonly mapped: (SourceTable & {
    readonly role: string
    readonly roleTable: string
    readonly mapping: TargetMapping
    readonly draft: Draft
  })[]
  readonly children: Child[]
  readonly others: OtherTable[]
  readonly excluded: {
    readonly tableId: string
    readonly database: string
    readonly table: string
    readonly reason: string
  }[]
}

/** Every table of every file: mapped, folded, left out, or for the automatic mapping. What is missing is a finding. */
function sortTables(planning: Planning, roles: ReadonlyMap<string, string | null>): SortedTables {
  const sorted: SortedTables = { mapped: [], children: [], others: [], excluded: [] }
  for (const catalog of planning.catalogs) {
    const { database } = catalog
    const role = roles.get(database) ?? null
    const words = role === null ? {} : (planning.mapping.databases[role]?.tables ?? {})
    const assigned = assignTables(words, catalog)
    const names = new Map([...assigned].map(([name, table]) => [table.name, name]))
    for (const table of catalog.tables) {
      const tableId = tableIdOf(database, table.name)
      const name = names.get(table.name)
      const mapping = name === undefined ? undefined : words[name]
      const reason =
        exclusionOf(planning, tableId, table.name) ??
        (mapping !== undefined && 'exclude' in mapping ? mapping.exclude : null)
      if (reason !== null) {
        sorted.excluded.push({ tableId, database, table: table.name, reason })
        continue
      }
      const known = censusOf(planning, database, table.name)
      if (role === null || name === undefined || mapping === undefined || known === null) {
        sorted.others.push({ database, table: table.name })
        continue
      }
      const source = { tableId, database, table, census: known }
      if ('target' in mapping) {
        const draft = planning.drafts.get(mapping.target)
        if (draft === undefined) {
          throw new MigrateError(
            'plan',
            'no-such-target',
            `The mapping sends ${tableId} to ${mapping.target}, which it does not define.`,
          )
        }
        if (sorted.mapped.some((other) => other.draft === draft)) {
          throw new MigrateError('plan', 'target-taken', `The mapping sends two tables to ${mapping.target}.`)
        }
        sorted.mapped.push({ ...source, role, roleTable: name, mapping, draft })
      } else if ('fold' in mapping) {
        sorted.children.push({ ...source, mapping, role, parentTable: mapping.fold.into })
      }
    }
    if (role !== null) tellMissingTables(planning, database, role, assigned)
  }
  tellMissingFiles(planning, roles)
  return sorted
}

function exclusionOf(planning: Planning, tableId: string, table: string): string | null {
  const edit = planning.edits.find(
    (candidate) =>
      candidate.tableId === tableId && candidate.column === null && candidate.change.kind === 'exclude',
  )
  if (edit?.change.kind === 'exclude') return edit.change.reason
  return planning.options.exclude.some((name) => name === tableId || name === table)
    ? 'left out by --exclude'
    : null
}

function censusOf(planning: Planning, database: string, table: string): TableCensus | null {
  return planning.censuses.get(database)?.tables.find((census) => census.table === table) ?? null
}

function tellMissingTables(
  planning: Planning,
  database: string,
  role: string,
  assigned: ReadonlyMap<string, CatalogTable>,
): void {
  for (const name of Object.keys(planning.mapping.databases[role]?.tables ?? {})) {
    if (assigned.has(name)) continue
    planning.notes.find({
      severity: 'warning',
      code: 'missing-table',
      message: `${database} has no table ${name}; what the plan has for it is created empty.`,
      database,
      table: name,
    })
  }
}

function tellMissingFiles(planning: Planning, roles: ReadonlyMap<string, string | null>): void {
  const present = new Set(roles.values())
  for (const [role, { tables }] of Object.entries(planning.mapping.databases)) {
    if (present.has(role)) continue
    planning.notes.find({
      severity: planning.options.allowMissing ? 'warning' : 'error',
      code: 'missing-database',
      message: `${role} was not found; its tables (${Object.keys(tables).join(', ')}) would be created empty, and references into it would be orphans.`,
      hint: `Name the file with --as FILE=${role}, or go on without it by --allow-missing.`,
      database: role,
    })
  }
}

/** Plans the folds into their parents; gives the children that no parent takes. */
function foldChildren(
  planning: Planning,
  children: readonly Child[],
  mapped: readonly MappedTable[],
  tables: Map<string, TablePlan>,
): OtherTable[] {
  const unfolded: OtherTable[] = []
  for (const child of children) {
    const { tableId, database, table, census, mapping } = child
    const parent = mapped.find(
      (source) =>
        source.database === database && source.roleTable === child.parentTable && source.pivot === null,
    )
    const planned = parent === undefined ? null : planFold(planning, tableId, table, census, mapping, parent)
    if (parent === undefined || planned === null) {
      unfolded.push({ database, table: table.name })
      const why =
        parent === undefined
          ? `${child.parentTable} is not part of the run`
          : `no column of it names a row of ${parent.table.name}`
      planning.notes.find({
        severity: 'warning',
        code: 'not-folded',
        message: `${table.name} is not folded into ${mapping.fold.into}, because ${why}; it becomes a table of its own.`,
        tableId,
        database,
        table: table.name,
      })
      continue
    }
    const column = foldColumn(planning, child, parent)
    parent.folds.push(planned.fold)
    parent.origins.set(column, { kind: 'fold', fold: parent.folds.length - 1 })
    tables.set(tableId, {
      id: tableId,
      database,
      table: table.name,
      fate: { kind: 'fold', into: parent.tableId, column },
    })
    const { rows, samples } = planned.orphans
    if (rows > 0) {
      planning.notes.find({
        severity: 'warning',
        code: 'no-parent',
        message: `${counted(rows, 'row')} of ${table.name} ${rows === 1 ? 'names' : 'name'} no row of ${parent.table.name}; ${rows === 1 ? 'it goes' : 'they go'} to quarantine.`,
        tableId,
        database,
        table: table.name,
        column: planned.fold.childColumn,
        count: rows,
        samples,
      })
    }
  }
  return unfolded
}

/** The planned column, or an added one where the parent has values of its own for it. */
function foldColumn(planning: Planning, child: Child, parent: MappedTable): string {
  const { draft } = parent
  const planned = child.mapping.fold.column
  const own = parent.homes.get(planned)
  if (own === undefined && !parent.origins.has(planned)) {
    if (columnOf(draft, planned).type === 'jsonb') return planned
  }
  const pool = new NamePool([
    ...draft.columns.map(({ name }) => name),
    ...parent.table.columns.map(({ name }) => name),
  ])
  const name = pool.claim(pool.has(child.table.name) ? `${child.table.name}_rows` : child.table.name)
  draft.columns.push({
    name,
    type: 'jsonb',
    nullable: true,
    default: null,
    sequence: null,
    generated: null,
    origin: 'added',
    comment: `Rows of ${child.table.name} of ${child.database}.`,
  })
  planning.notes.find({
    severity: 'notice',
    code: 'fold-beside',
    message: `${parent.table.name} has values of its own for ${planned}; the rows of ${child.table.name} go into ${draft.designedName}.${name}.`,
    tableId: child.tableId,
    database: child.database,
    table: child.table.name,
  })
  return name
}

function parentsFirst(mapped: readonly MappedTable[]): readonly MappedTable[] {
  const isReferring = (source: MappedTable): boolean =>
    Object.values(source.mapping.columns ?? {}).some(({ references }) => references !== undefined)
  return [...mapped.filter((source) => !isReferring(source)), ...mapped.filter(isReferring)]
}

/** A person may send a mapped table to another name: `table`, or `schema.table`. Foreign keys follow. */
function applyTargets(planning: Planning, mapped: readonly MappedTable[]): void {
  for (const { tableId, column, change } of planning.edits) {
    if (column !== null || change.kind !== 'target') continue
    const draft = mapped.find((source) => source.tableId === tableId)?.draft
    if (draft === undefined) continue
    const dot = change.name.indexOf('.')
    const schema = dot < 0 ? draft.schema : change.name.slice(0, dot)
    const table = change.name.slice(dot + 1)
    for (const other of planning.drafts.values()) {
      other.foreignKeys = other.foreignKeys.map((key) =>
        key.references.schema === draft.schema && key.references.table === draft.table
          ? { ...key, references: { ...key.references, schema, table } }
          : key,
      )
    }
    draft.schema = schema
    draft.table = table
  }
}

function copyTable(source: MappedTable): TablePlan {
  const { tableId, database, table, draft, mapping, origins } = source
  for (const [name, index] of Object.entries(mapping.indexes ?? {}))
    draft.indexes.push(readIndex(name, index))
  const key = draft.columns.find(({ sequence }) => sequence !== null)?.name
  const keyOrigin = key === undefined ? undefined : origins.get(key)
  const isRowid =
    keyOrigin?.kind === 'rowid' ||
    (keyOrigin?.kind === 'column' && table.key.kind === 'rowid' && table.key.column === keyOrigin.column)
  const copy: CopyPlan = {
    target: { schema: draft.schema, table: draft.table },
    key: table.key,
    read: {
      columns: table.columns.map(({ name }) => name),
      expressions: source.expressions,
      filter: mapping.filter ?? null,
      table: { columns: table.columns, rootPage: table.rootPage, withoutRowid: table.withoutRowid },
    },
    pivot: source.pivot,
    folds: source.folds,
    columns: draft.columns.map(({ name }) => ({
      target: name,
      from: origins.get(name) ?? { kind: 'nothing' },
    })),
    references: source.references,
    identity:
      key === undefined ? { kind: 'multiset' } : { kind: 'columns', columns: [key], ordered: isRowid },
    unmapped: source.unmapped,
  }
  return { id: tableId, database, table: table.name, fate: { kind: 'copy', copy } }
}

function inCatalogOrder(
  catalogs: readonly Catalog[],
  tables: ReadonlyMap<string, TablePlan>,
): readonly TablePlan[] {
  return catalogs.flatMap(({ database, tables: all }) =>
    all.flatMap(({ name }) => tables.get(tableIdOf(database, name)) ?? []),
  )
}

function sourceRows(planning: Planning): Record<string, number> {
  const rows: Record<string, number> = {}
  for (const { database, tables } of planning.catalogs) {
    for (const { name } of tables) {
      const census = censusOf(planning, database, name)
      if (census !== null) rows[tableIdOf(database, name)] = census.rows
    }
  }
  return rows
}
