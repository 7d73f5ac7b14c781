/**
 * Builds a plan from catalogs, censuses and a mapping. Invariant: every table of every chosen database has exactly one fate, and every
 * column of a copied table a home, an archive entry, or the user's permission to drop it; a plan that breaks this is a bug.
 */

import type { Catalog } from '../../model/catalog.ts'
import type { Census } from '../../model/census.ts'
import type { Mapping } from '../../model/mapping.ts'
import {
  type CopyPlan,
  type Plan,
  type PlanOptions,
  type TablePlan,
  tableIdOf,
  wholeCopy,
} from '../../model/plan.ts'
import { changeTo, type PlanEdit } from '../../model/plan-edit.ts'
import type { ServerColumn, ServerPlace } from '../../model/server-column.ts'
import type { SnapshotQueries } from '../../model/snapshot.ts'
import type { TargetProbe } from '../../model/target-probe.ts'
import { isSameTable } from '../../model/target-schema.ts'
import { designTables, finishTable, readIndex } from '../base/designed-tables.ts'
import { Notes } from '../base/findings.ts'
import type { MappedTable, Planning } from '../base/planning.ts'
import { isRowid } from '../base/row-identity.ts'
import { checkPlan } from '../checks/check-plan.ts'
import { checkEpochs } from '../evidence/declared-epoch.ts'
import { amendByDesign, fitServer } from '../mapped/amendments.ts'
import { assignRoles } from '../mapped/assign-tables.ts'
import { foldChildren } from '../mapped/folds.ts'
import { checkReferences, findUnmetRequests, planHypertable } from '../mapped/hypertables.ts'
import { mapColumns } from '../mapped/map-columns.ts'
import { matchTable } from '../mapped/match-table.ts'
import { fitForeignKeys, fitKeys, planPartitions } from '../mapped/partitions.ts'
import { censusOf, sortTables } from '../mapped/sort-tables.ts'
import { applyTypes, deriveTables } from '../merged/derived-tables.ts'
import { planOtherTables } from '../merged/other-tables.ts'

/** The snapshots that a plan must fit, and their contents. */
export type PlanGround = {
  /** In the order in which the databases were found. */
  readonly catalogs: readonly Catalog[]
  readonly censuses: readonly Census[]
  readonly snapshots: readonly {
    readonly database: string
    readonly sha256: string
    readonly bytes: number
  }[]
}

export type PlanInput = PlanGround & {
  readonly mapping: Mapping
  /** The user's choice (`--as`): database → role. */
  readonly roles: ReadonlyMap<string, string>
  readonly options: PlanOptions
  readonly edits: readonly PlanEdit[]
  readonly probe: TargetProbe | null
  readonly queries: SnapshotQueries
  /** What the server makes of the values of columns whose types only it can parse (`--data-only`). */
  readonly serverValues?: readonly ServerColumn[]
  /** Called for each column whose values the server has to parse. */
  readonly onServerColumn?: (place: ServerPlace) => void
}

/**
 * Returns the plan of a run. Equal input yields an equal plan. Findings of severity `error` mean that it must not be run.
 * Throws a MigrateError of kind `plan` for a mapping or an edit that cannot be read.
 */
export function buildPlan(input: PlanInput): Plan {
  const { mapping, catalogs, options, probe, edits } = input
  checkEpochs(options, catalogs)
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
  const derived = deriveTables(planning, drafts, roles)
  const sorted = sortTables(planning, roles)
  sorted.mapped.forEach(applyTypes)
  const mapped = sorted.mapped.map(matchTable)
  for (const source of mapped) source.references.push(...(derived.get(source.tableId) ?? []))
  const tables = new Map<string, TablePlan>()
  for (const { tableId, database, table, reason } of sorted.excluded) {
    tables.set(tableId, { id: tableId, database, table, fate: { kind: 'exclude', reason } })
  }
  const unfolded = foldChildren(sorted.children, mapped, tables)
  // Parents before children, so that a child knows whether its parent may lose rows.
  for (const source of parentsFirst(mapped)) mapColumns(mapped, source)
  for (const source of mapped) fitKeys(source)
  fitForeignKeys(planning, drafts)
  applyTargets(planning, mapped)
  for (const draft of drafts.values()) {
    const source = mapped.find((one) => one.draft === draft) ?? null
    if (server.timescale !== null) planHypertable(planning, draft, source, server.timescale)
    else planPartitions(planning, draft, source)
  }
  if (server.timescale !== null) checkReferences(planning, server.timescale)
  findUnmetRequests(planning, mapped, server.timescale)
  for (const source of mapped) tables.set(source.tableId, copyTable(source))
  const others = planOtherTables(planning, roles, [...sorted.others, ...unfolded])
  for (const table of others.tables) tables.set(table.id, table)

  const designed = [...drafts.values()].map(finishTable)
  const plan: Plan = {
    version: 1,
    mapping: mapping.name,
    sources: sourcesOf(input, roles),
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

/** `roles`: database → its role in the mapping. */
export function sourcesOf(
  { snapshots }: PlanGround,
  roles: ReadonlyMap<string, string | null> = new Map(),
): Plan['sources'] {
  return snapshots.map(({ database, sha256, bytes }) => {
    const role = roles.get(database) ?? null
    return { database, role, sha256, bytes }
  })
}

function parentsFirst(mapped: readonly MappedTable[]): readonly MappedTable[] {
  const isReferring = (source: MappedTable): boolean =>
    Object.values(source.mapping.columns ?? {}).some(({ references }) => references !== undefined)
  return [...mapped.filter((source) => !isReferring(source)), ...mapped.filter(isReferring)]
}

/** Renames mapped tables by the user's edits, to `table` or `schema.table`, and the foreign keys to them. */
function applyTargets(planning: Planning, mapped: readonly MappedTable[]): void {
  for (const { tableId, draft } of mapped) {
    const change = changeTo(planning.edits, tableId, null, 'target')
    if (change === undefined) continue
    const dot = change.name.indexOf('.')
    const schema = dot < 0 ? draft.schema : change.name.slice(0, dot)
    const table = change.name.slice(dot + 1)
    for (const other of planning.drafts.values()) {
      other.foreignKeys = other.foreignKeys.map((key) =>
        isSameTable(key.references, draft)
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
  if (mapping.distribute !== undefined) draft.distribute = mapping.distribute
  const key = draft.columns.find(({ sequence }) => sequence !== null)?.name
  const whole = wholeCopy(table, draft)
  const copy: CopyPlan = {
    ...whole,
    read: { ...whole.read, expressions: source.expressions, filter: mapping.filter ?? null },
    pivot: source.pivot,
    folds: source.folds,
    columns: draft.columns.map(({ name }) => ({
      target: name,
      from: origins.get(name) ?? { kind: 'nothing' },
    })),
    references: source.references,
    identity:
      key === undefined
        ? { kind: 'multiset' }
        : { kind: 'columns', columns: [key], ordered: isRowid(table, origins.get(key)) },
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
