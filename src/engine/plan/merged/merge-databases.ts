/**
 * `--into one`: tables of one name in several databases become one table, with an origin column for the database that a row is from.
 * Invariant: every key begins with the origin, so that rows of different databases never share a key, and a reference stays within its
 * own database.
 */
import type { Catalog } from '../../model/catalog.ts'
import type { Finding } from '../../model/finding.ts'
import { tableIdOf } from '../../model/plan.ts'
import type { PlanEdit } from '../../model/plan-edit.ts'
import type { TargetTable } from '../../model/target-schema.ts'
import { foldName, isSameName, quoteSqlite } from '../../syntax/sqlite-names.ts'
import { type AutomaticInput, type AutomaticPlan, planAutomatically } from '../automatic/auto.ts'
import type { SnapshotQuery, SnapshotRows } from '../automatic/auto-draft.ts'
import { reporterOf } from '../base/findings.ts'
import type { OtherTable, Planning } from '../base/planning.ts'
import { censusOf } from '../mapped/sort-tables.ts'
import { columnOf, type Member, type MergedShape, mergeShapes } from './merge-shapes.ts'
import { tableOf, withOrigin } from './origin-column.ts'

export function planMerged(
  planning: Planning,
  others: readonly OtherTable[],
  place: Pick<AutomaticInput, 'schema' | 'takenNames'>,
): AutomaticPlan {
  const { options, probe } = planning
  const findings: Finding[] = []
  const groups = [...Map.groupBy(membersOf(planning, others), ({ table }) => foldName(table.name)).values()]
  const shapes = groups.map((group) => mergeShapes(group, findings))
  const [first] = planning.catalogs
  const catalog = catalogOf(first!, planning.catalogs, shapes)
  const planned = planAutomatically({
    ...place,
    catalog,
    census: {
      database: first!.database,
      encoding: first!.encoding,
      tables: shapes.flatMap(({ census }) => census ?? []),
    },
    options: { ...options, exclude: [] },
    probe,
    edits: editsOf(planning.edits, shapes, first!.database),
    ...queriesOfAll(planning, shapes),
    statementOf: (table) => shapes.find((shape) => shape.table.name === table.name)?.statement ?? null,
  })
  const origin = originName(shapes, planned.targetTables)
  const keys = planned.targetTables.map((table) => withOrigin(table, origin, findings))
  for (const shape of shapes) {
    const databases = shape.members.map(({ database }) => database)
    if (databases.length < 2) continue
    const report = reporterOf(findings, databases[0]!, shape.table.name)
    report({
      severity: 'notice',
      code: 'tables-merged',
      message: `${JSON.stringify(shape.table.name)} of ${databases.length} databases becomes one table; its column ${JSON.stringify(origin)} says which database a row is from.`,
    })
  }
  const tables = shapes.flatMap((shape) => {
    const base = planned.tables.find(({ table }) => table === shape.table.name)!
    return shape.members.map((member) => tableOf(base, member, shapes, origin))
  })
  const fromMembers = planned.findings.map((finding) => findingOfMember(finding, shapes, first!.database))
  return { tables, targetTables: keys, findings: [...findings, ...fromMembers] }
}

function membersOf(planning: Planning, others: readonly OtherTable[]): readonly Member[] {
  return planning.catalogs.flatMap(({ database, tables }) =>
    tables
      .filter(({ name }) => others.some((other) => other.database === database && other.table === name))
      .map((table) => ({ database, table, census: censusOf(planning, database, table.name) })),
  )
}

function catalogOf(first: Catalog, catalogs: readonly Catalog[], shapes: readonly MergedShape[]): Catalog {
  return {
    ...first,
    tables: shapes.map(({ table }) => table),
    triggers: catalogs
      .flatMap(({ triggers }) => triggers)
      .filter(({ name }, index, all) => all.findIndex((one) => isSameName(one.name, name)) === index),
  }
}

/** Turns edits of the databases' tables into edits of the merged tables. */
function editsOf(edits: readonly PlanEdit[], shapes: readonly MergedShape[], database: string): PlanEdit[] {
  return edits.flatMap((edit) => {
    for (const { table, members } of shapes) {
      const member = members.find((one) => tableIdOf(one.database, one.table.name) === edit.tableId)
      if (member === undefined) continue
      const column = edit.column === null ? null : (columnOf(table, edit.column)?.name ?? edit.column)
      return [{ ...edit, tableId: tableIdOf(database, table.name), column }]
    }
    return []
  })
}

/** Assigns a finding, and the fixes that it offers, to the first database that has the table. */
function findingOfMember(finding: Finding, shapes: readonly MergedShape[], database: string): Finding {
  const shape = shapes.find(({ table }) => tableIdOf(database, table.name) === finding.tableId)
  const member = shape?.members[0]
  if (member === undefined) return finding
  const tableId = tableIdOf(member.database, member.table.name)
  return {
    ...finding,
    database: member.database,
    tableId,
    ...(finding.fixes === undefined ? {} : { fixes: finding.fixes.map((edit) => ({ ...edit, tableId })) }),
  }
}

/**
 * Queries every database as if it had all tables with all columns: a missing column is null, and not, as in SQLite, the text of its
 * quoted name (https://www.sqlite.org/quirks.html#double_quoted_string_literals_are_accepted).
 */
function queriesOfAll(
  { queries, catalogs }: Planning,
  shapes: readonly MergedShape[],
): { readonly query: SnapshotQuery; readonly iterate: SnapshotRows } {
  const prefixes = catalogs.map(({ database }) => {
    const lacking = shapes.flatMap(({ table, members }) => {
      const own = members.find((member) => member.database === database)?.table
      const missing = table.columns.filter(
        ({ name }) => own === undefined || columnOf(own, name) === undefined,
      )
      if (missing.length === 0) return []
      const nulls = missing.map(({ name }) => `null as ${quoteSqlite(name)}`).join(', ')
      const body =
        own === undefined
          ? `select ${nulls} where false`
          : `select *, ${nulls} from main.${quoteSqlite(own.name)}`
      return [`${quoteSqlite(table.name)} as (${body})`]
    })
    return { database, prefix: lacking.length === 0 ? '' : `with ${lacking.join(', ')} ` }
  })
  return {
    query: (sql) => prefixes.map(({ database, prefix }) => queries.rows([database], prefix + sql)),
    iterate: (sql) => prefixes.map(({ database, prefix }) => queries.iterate([database], prefix + sql)),
  }
}

/** Returns a name for the origin column that no table uses. */
function originName(shapes: readonly MergedShape[], targets: readonly TargetTable[]): string {
  const taken = new Set([
    ...shapes.flatMap(({ table }) => table.columns.map(({ name }) => foldName(name))),
    ...targets.flatMap(({ columns }) => columns.map(({ name }) => foldName(name))),
  ])
  for (let number = 1; ; number++) {
    const name = number === 1 ? 'origin' : `origin_${number}`
    if (!taken.has(name)) return name
  }
}
