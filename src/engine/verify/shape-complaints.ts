/** Where a table's structure differs from the plan. Invariant: pure; additional columns, constraints and indexes are no complaint. */

import type { TargetTable } from '../model/target-schema.ts'
import type { Complaints } from './attempt-check.ts'
import type { TableShape } from './table-shape.ts'

/** Returns sentences; none when `actual` is as planned. */
export function shapeComplaints(table: TargetTable, planned: TableShape, actual: TableShape): Complaints {
  return [
    ...compareKinds(table, actual),
    ...compareColumns(table, planned, actual),
    ...compareConstraints(table, planned, actual),
    ...compareIndexes(planned, actual),
  ]
}

function compareKinds(
  { partitioning }: TargetTable,
  { kind, isRowSecured, isUnlogged }: TableShape,
): string[] {
  const wanted = partitioning === null ? 'r' : 'p'
  return [
    ...(kind === wanted
      ? []
      : [`It is ${kindNames[kind] ?? 'something else'} instead of ${kindNames[wanted]}.`]),
    ...(isRowSecured ? ['Row security is on, against the plan: it may hide rows.'] : []),
    ...(isUnlogged ? ['It is unlogged, against the plan: a crash of the server would empty it.'] : []),
  ]
}

const kindNames: Readonly<Record<string, string>> = {
  r: 'a table',
  p: 'a partitioned table',
  v: 'a view',
  m: 'a materialized view',
  f: 'a foreign table',
}

function compareColumns(table: TargetTable, planned: TableShape, actual: TableShape): string[] {
  return table.columns.flatMap(({ name, sequence }) => {
    const wanted = planned.columns.get(name)!
    const found = actual.columns.get(name)
    if (found === undefined) return [`Column ${name} is missing.`]
    const complaints: string[] = []
    if (found.type !== wanted.type)
      complaints.push(`Column ${name} is ${found.type} instead of ${wanted.type}.`)
    if (found.nullable !== wanted.nullable) {
      complaints.push(`Column ${name} is ${found.nullable ? 'nullable' : 'not null'}, against the plan.`)
    }
    if (found.collation !== wanted.collation) {
      const spell = (collation: string | null) => collation ?? "the type's"
      complaints.push(
        `Column ${name} has the collation ${spell(found.collation)} instead of ${spell(wanted.collation)}.`,
      )
    }
    if (found.isAlwaysNumbered)
      complaints.push(`Column ${name} takes no numbers from outside (generated always), against the plan.`)
    const isSame = found.expression === wanted.expression && found.isGenerated === wanted.isGenerated
    if (sequence === null && !isSame) {
      complaints.push(
        `Column ${name} has the default ${found.expression ?? 'null'} instead of ${wanted.expression ?? 'null'}.`,
      )
    }
    return complaints
  })
}

function compareConstraints(table: TargetTable, planned: TableShape, actual: TableShape): string[] {
  const broken = new Set(table.checks.flatMap(({ name, brokenBy = 0 }) => (brokenBy > 0 ? [name] : [])))
  return [...planned.constraints].flatMap(([name, wanted]) => {
    const found = actual.constraints.get(name)
    if (found === undefined) return [`Constraint ${name} is missing.`]
    const complaints: string[] = []
    if (found.definition !== wanted.definition) {
      complaints.push(`Constraint ${name} is ${found.definition} instead of ${wanted.definition}.`)
    }
    if (!found.isValidated && !broken.has(name)) complaints.push(`Constraint ${name} is not validated.`)
    return complaints
  })
}

function compareIndexes(planned: TableShape, actual: TableShape): string[] {
  return [...planned.indexes].flatMap(([name, wanted]) => {
    const found = actual.indexes.get(name)
    if (found === undefined) return [`Index ${name} is missing.`]
    const complaints: string[] = []
    if (found.definition !== wanted.definition || found.isUnique !== wanted.isUnique) {
      const spell = (index: typeof wanted) => `${index.isUnique ? 'unique ' : ''}${index.definition}`
      complaints.push(`Index ${name} is ${spell(found)} instead of ${spell(wanted)}.`)
    }
    if (!found.isValid) complaints.push(`Index ${name} is not valid.`)
    if (!found.isReady) complaints.push(`Index ${name} is not ready.`)
    return complaints
  })
}
