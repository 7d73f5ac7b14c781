/**
 * Derives target tables that a mapping names but does not design: as the automatic mapping plans them, with the mapping's names and types.
 * Invariant: a derived table has every column of its source table, except those that the mapping leaves out.
 */
import type { CatalogTable } from '../../model/catalog.ts'
import type { TargetMapping } from '../../model/mapping.ts'
import { type ReferencePlan, tableIdOf } from '../../model/plan.ts'
import type { PlanEdit } from '../../model/plan-edit.ts'
import { plainColumn, type TargetColumn, type TargetTable } from '../../model/target-schema.ts'
import { cutTokens, isWord } from '../../syntax/sqlite-tokens.ts'
import { planAutomatically } from '../automatic/auto.ts'
import { changeColumn, type Draft, tableNameOf } from '../base/designed-tables.ts'
import type { MappedTable, Planning } from '../base/planning.ts'
import { spellType } from '../evidence/spell-type.ts'
import { assignTables } from '../mapped/assign-tables.ts'
import { findColumn } from '../mapped/match-columns.ts'

/** References of the derived tables, by their source table's id. */
type DerivedReferences = ReadonlyMap<string, readonly ReferencePlan[]>

type Wanted = {
  readonly tableId: string
  readonly source: CatalogTable
  readonly words: TargetMapping
}

/** Adds a draft for every table of the mapping that has a source and no design. */
export function deriveTables(
  planning: Planning,
  drafts: Map<string, Draft>,
  roles: ReadonlyMap<string, string | null>,
): DerivedReferences {
  const references = new Map<string, readonly ReferencePlan[]>()
  for (const catalog of planning.catalogs) {
    const { database } = catalog
    const role = roles.get(database) ?? null
    const words = role === null ? {} : (planning.mapping.databases[role]?.tables ?? {})
    const wanted = [...assignTables(words, catalog)].flatMap(([name, table]): Wanted[] => {
      const own = words[name]!
      if (!('target' in own) || drafts.has(own.target)) return []
      return [{ tableId: tableIdOf(database, table.name), source: table, words: own }]
    })
    const census = planning.censuses.get(database)
    if (wanted.length === 0 || census === undefined) continue
    const planned = planAutomatically({
      catalog,
      census,
      schema: 'derived',
      options: { ...planning.options, exclude: [] },
      probe: planning.probe,
      edits: [...wanted.flatMap(editsOf), ...planning.edits],
      without: catalog.tables.flatMap(({ name }) =>
        wanted.some(({ source }) => source.name === name) ? [] : [name],
      ),
      query: (sql) => [planning.queries.rows([database], sql)],
      iterate: (sql) => [planning.queries.iterate([database], sql)],
    })
    const isOwn = new Set(wanted.map(({ tableId }) => tableId))
    planning.notes.addFindings(
      planned.findings.filter(({ tableId }) => tableId !== undefined && isOwn.has(tableId)),
    )
    const madeFor = new Map<string, { made: TargetTable; own: Wanted }>()
    for (const own of wanted) {
      const fate = planned.tables.find(({ id }) => id === own.tableId)?.fate
      if (fate?.kind !== 'copy') continue
      const made = planned.targetTables.find(({ table }) => table === fate.copy.target.table)!
      madeFor.set(made.table, { made, own })
      references.set(own.tableId, fate.copy.references)
    }
    for (const { made, own } of madeFor.values()) {
      const nameOf = (table: string): string | null => madeFor.get(table)?.own.words.target ?? null
      drafts.set(own.words.target, draftOf(made, own, nameOf))
    }
  }
  return references
}

/** Returns the mapping's names and types as edits for the automatic mapping. */
function editsOf({ tableId, source, words }: Wanted): PlanEdit[] {
  const renames = Object.entries(words.rename ?? {}).map(
    ([column, name]): PlanEdit => ({ tableId, column, change: { kind: 'target', name } }),
  )
  const types = Object.entries(words.columns ?? {}).flatMap(([target, { type, expression, constant }]) => {
    if (type === undefined || expression !== undefined || constant !== undefined) return []
    const renamed = Object.entries(words.rename ?? {}).find(([, name]) => name === target)?.[0]
    const column = renamed ?? findColumn(source, target, new Set())
    if (column === null) return []
    return [{ tableId, column, change: { kind: 'type' as const, type } }]
  })
  return [...renames, ...types]
}

function draftOf(made: TargetTable, { words }: Wanted, nameOf: (table: string) => string | null): Draft {
  const left = new Set(Object.keys(words.leaveOut ?? {}))
  const isKept = (columns: readonly string[]): boolean => !columns.some((column) => left.has(column))
  const columns = made.columns
    .filter(({ name }) => !left.has(name))
    // The values of a generated column are copied: its expression may use a column that has another type here.
    .map((column): TargetColumn => ({ ...column, generated: null }))
  return {
    designedName: words.target,
    designed: { columns: {}, primaryKey: [], ...(made.comment === null ? {} : { comment: made.comment }) },
    ...tableNameOf(words.target),
    columns,
    primaryKey: made.primaryKey !== null && isKept(made.primaryKey.columns) ? made.primaryKey.columns : null,
    uniques: made.uniques.map((unique) => unique.columns).filter(isKept),
    checks: made.checks.filter(({ expression }) => !namesColumn(expression, left)),
    foreignKeys: made.foreignKeys.flatMap((key) => {
      const parent = nameOf(key.references.table)
      if (parent === null || !isKept(key.columns)) return []
      return [{ ...key, references: { ...key.references, ...tableNameOf(parent) } }]
    }),
    indexes: made.indexes.filter(
      ({ parts, where }) =>
        parts.every((part) => isKept('column' in part ? [part.column] : part.columns)) &&
        !namesColumn(where ?? '', left),
    ),
    partitioning: null,
    hypertable: null,
    distribute: null,
  }
}

/** Whether an expression of our printer, which quotes the names of columns, names one of these. */
function namesColumn(sql: string, columns: ReadonlySet<string>): boolean {
  return cutTokens(sql).some(
    ({ double, text }, at, tokens) => double && columns.has(text) && !isWord(tokens[at - 1], 'COLLATE'),
  )
}

/** Applies the column types of the mapping, and adds columns that only the mapping has. */
export function applyTypes({ draft, mapping }: Pick<MappedTable, 'draft' | 'mapping'>): void {
  for (const [name, { type }] of Object.entries(mapping.columns ?? {})) {
    if (type === undefined) continue
    if (draft.columns.some((column) => column.name === name)) {
      changeColumn(draft, name, { type: spellType(type) })
      continue
    }
    draft.columns.push(plainColumn(name, spellType(type)))
  }
}
