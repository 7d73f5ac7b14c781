/** Adds the origin column of merged tables to their keys, foreign keys and copy plans. */
import type { CatalogTable } from '../../model/catalog.ts'
import type { Finding } from '../../model/finding.ts'
import {
  type ColumnOrigin,
  type CopyPlan,
  copyPlanOf,
  type TablePlan,
  tableIdOf,
  wholeCopy,
} from '../../model/plan.ts'
import { plainColumn, plainPart, type TargetForeignKey, type TargetTable } from '../../model/target-schema.ts'
import { isSameName } from '../../syntax/sqlite-names.ts'
import { columnOf, type Member, type MergedShape } from './merge-shapes.ts'

export function withOrigin(table: TargetTable, origin: string, findings: Finding[]): TargetTable {
  return {
    ...table,
    columns: [
      plainColumn(origin, 'text', {
        nullable: false,
        origin: 'added',
        comment: 'the SQLite database that the row is from',
      }),
      ...table.columns,
    ],
    primaryKey:
      table.primaryKey === null
        ? null
        : { ...table.primaryKey, columns: [origin, ...table.primaryKey.columns] },
    uniques: table.uniques.map((unique) => ({ ...unique, columns: [origin, ...unique.columns] })),
    indexes: table.indexes.map((index) =>
      index.unique ? { ...index, parts: [plainPart(origin), ...index.parts] } : index,
    ),
    foreignKeys: table.foreignKeys.map((key) => keyWithOrigin(table, key, origin, findings)),
  }
}

/** Leaves out `set null` and `set default`, which would change the origin, too. */
function keyWithOrigin(
  table: TargetTable,
  key: TargetForeignKey,
  origin: string,
  findings: Finding[],
): TargetForeignKey {
  const isSetting = (action: string | null): boolean => action?.startsWith('set ') === true
  for (const [event, action] of [
    ['delete', key.onDelete],
    ['update', key.onUpdate],
  ] as const) {
    if (!isSetting(action)) continue
    findings.push({
      severity: 'warning',
      code: 'reference-action-left-out',
      message: `The foreign key ${JSON.stringify(key.name)} of ${JSON.stringify(table.table)} is created without "on ${event} ${action}", which would change the column for the origin too.`,
      table: table.table,
    })
  }
  return {
    ...key,
    columns: [origin, ...key.columns],
    references: { ...key.references, columns: [origin, ...key.references.columns] },
    onDelete: isSetting(key.onDelete) ? null : key.onDelete,
    onUpdate: isSetting(key.onUpdate) ? null : key.onUpdate,
  }
}

const plainText = { kind: 'text', maxCharacters: null } as const

/** Returns the plan of one database's table, made from the plan of the merged table. */
export function tableOf(
  base: TablePlan,
  { database, table }: Member,
  shapes: readonly MergedShape[],
  origin: string,
): TablePlan {
  const own = { id: tableIdOf(database, table.name), database, table: table.name }
  if (base.fate.kind !== 'copy') return { ...own, fate: base.fate }
  return { ...own, fate: { kind: 'copy', copy: copyOf(copyPlanOf(base), database, table, shapes, origin) } }
}

function copyOf(
  base: CopyPlan,
  database: string,
  table: CatalogTable,
  shapes: readonly MergedShape[],
  origin: string,
): CopyPlan {
  const ownOrigin = (from: ColumnOrigin): ColumnOrigin => {
    if (from.kind !== 'column') return from
    const column = columnOf(table, from.column)
    return column === undefined ? { kind: 'nothing' } : { ...from, column: column.name }
  }
  const whole = wholeCopy(table, base.target)
  const { identity } = base
  return {
    ...base,
    among: { kind: 'origins', column: origin, value: database },
    key: whole.key,
    read: {
      ...whole.read,
      columns: table.columns.flatMap(({ name }) =>
        base.read.columns.some((read) => isSameName(read, name)) ? [name] : [],
      ),
    },
    columns: [
      { target: origin, from: { kind: 'constant', value: { text: database }, conversion: plainText } },
      ...base.columns.map(({ target, from }) => ({ target, from: ownOrigin(from) })),
    ],
    ...(base.computed === undefined
      ? {}
      : { computed: base.computed.map(({ target, from }) => ({ target, from: ownOrigin(from) })) }),
    references: base.references.flatMap((reference) => {
      const columns = reference.columns.flatMap((name) => columnOf(table, name)?.name ?? [])
      if (columns.length < reference.columns.length) return []
      return [{ ...reference, columns, parent: parentIn(database, reference.parent, shapes) }]
    }),
    identity:
      identity.kind === 'columns' ? { ...identity, columns: [origin, ...identity.columns] } : identity,
  }
}

function parentIn(
  database: string,
  parent: CopyPlan['references'][number]['parent'],
  shapes: readonly MergedShape[],
): CopyPlan['references'][number]['parent'] {
  if (parent === null) return null
  const shape = shapes.find(({ table }) => table.name === parent.table)
  const own = shape?.members.find((member) => member.database === database)?.table
  if (own === undefined) return null
  const columns = parent.columns.flatMap((name) => columnOf(own, name)?.name ?? [])
  if (columns.length < parent.columns.length) return null
  return { tableId: tableIdOf(database, own.name), database, table: own.name, columns }
}
