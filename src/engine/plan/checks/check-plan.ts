/**
 * The plan's own guarantee, checked before it is used: everything in the source has a fate. Invariant: it reads the finished
 * plan and the catalogs only, and shares no code with what made the plan.
 */
import type { Catalog } from '../../model/catalog.ts'
import { MigrateError } from '../../model/errors.ts'
import { type ColumnOrigin, type CopyPlan, type Plan, tableIdOf } from '../../model/plan.ts'
import type { TargetTable } from '../../model/target-schema.ts'

/** Throws a MigrateError of kind `bug` that names what was forgotten. */
export function checkPlan(plan: Plan, catalogs: readonly Catalog[]): void {
  const known = new Map<string, number>()
  for (const { id } of plan.tables) known.set(id, (known.get(id) ?? 0) + 1)
  for (const catalog of catalogs) {
    for (const table of catalog.tables) {
      const id = tableIdOf(catalog.database, table.name)
      const fates = known.get(id) ?? 0
      if (fates !== 1) throw broken(`${id} has ${fates} fates`)
    }
  }
  const targets = new Map<string, TargetTable>()
  for (const target of plan.schema.tables) {
    const name = `${target.schema}.${target.table}`
    if (targets.has(name)) throw broken(`the target table ${name} is made twice`)
    if (!plan.schema.schemas.includes(target.schema) && !target.existing)
      throw broken(`the schema of ${name} is not made`)
    targets.set(name, target)
    checkTarget(name, target)
  }
  for (const { id, fate } of plan.tables) {
    if (fate.kind === 'fold') checkFold(plan, id, fate.into)
    if (fate.kind !== 'copy') continue
    checkColumns(id, fate.copy)
    checkTargetColumns(id, fate.copy, targets)
  }
}

function checkFold(plan: Plan, id: string, into: string): void {
  const parent = plan.tables.find((table) => table.id === into)
  const isHeld = parent?.fate.kind === 'copy' && parent.fate.copy.folds.some((fold) => fold.tableId === id)
  if (!isHeld) throw broken(`${id} is folded into ${into}, which does not take it`)
}

function checkColumns(id: string, copy: CopyPlan): void {
  const carried = new Set(copy.unmapped.map(({ column }) => column))
  for (const { from } of [...copy.columns, ...(copy.computed ?? [])])
    for (const column of carriedBy(copy, from)) carried.add(column)
  if (copy.pivot !== null) for (const column of copy.pivot.archived) carried.add(column)
  const lost = copy.read.table.columns.find(({ name }) => !carried.has(name))
  if (lost !== undefined) throw broken(`${id}.${lost.name} has no home`)
}

function carriedBy({ pivot }: CopyPlan, from: ColumnOrigin): readonly string[] {
  if (from.kind === 'column') return [from.column]
  if (from.kind === 'gather') return from.columns
  if (from.kind === 'pivot' && pivot !== null) return [pivot.name, pivot.value]
  return []
}

function checkTargetColumns(id: string, copy: CopyPlan, targets: ReadonlyMap<string, TargetTable>): void {
  const target = targets.get(`${copy.target.schema}.${copy.target.table}`)
  if (target === undefined) throw broken(`${id} goes to a table that is not made`)
  const made = target.columns.filter(({ generated }) => generated === null).map(({ name }) => name)
  const written = copy.columns.map((column) => column.target)
  // In an existing table, columns without a source keep their own defaults.
  const wanted = target.existing ? made.filter((name) => written.includes(name)) : made
  if (wanted.join('\0') !== written.join('\0'))
    throw broken(`${id} does not write the columns of its target in order`)
  for (const { target: name, from } of copy.columns) {
    if (from.kind === 'fold' && copy.folds[from.fold] === undefined) throw broken(`${id}.${name} has no fold`)
    if (from.kind === 'expression' && copy.read.expressions[from.expression] === undefined) {
      throw broken(`${id}.${name} has no expression`)
    }
  }
  for (const { target: name, originalIn } of copy.references) {
    if (!written.includes(name)) throw broken(`${id} refers from ${name}, which it does not write`)
    if (originalIn !== null && !written.includes(originalIn))
      throw broken(`${id} keeps originals in no column`)
  }
}

function checkTarget(name: string, target: TargetTable): void {
  const columns = new Set(target.columns.map((column) => column.name))
  if (columns.size !== target.columns.length) throw broken(`${name} has two columns of one name`)
  const named = [
    ...(target.primaryKey?.columns ?? []),
    ...target.uniques.flatMap((unique) => unique.columns),
    ...target.foreignKeys.flatMap((key) => key.columns),
    ...target.indexes.flatMap((index) =>
      index.parts.flatMap((part) => ('column' in part ? [part.column] : part.columns)),
    ),
  ]
  const missing = named.find((column) => !columns.has(column))
  if (missing !== undefined) throw broken(`${name} has a key or an index on ${missing}, which it lacks`)
}

function broken(what: string): MigrateError {
  return new MigrateError('bug', 'plan-incomplete', `The plan is not complete: ${what}.`)
}
