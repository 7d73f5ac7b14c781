/**
 * Foreign keys with orphans: such a key is created not validated, so that it holds for new rows only, and a finding reports the orphans.
 * Invariant: no foreign key of the plan fails for rows that the run loads.
 */

import type { Finding } from '../../model/finding.ts'
import { formatCounted } from '../../model/format-count.ts'
import { type CopyPlan, findTargetTable, type Plan, type ReferencePlan } from '../../model/plan.ts'
import type { TargetForeignKey, TargetTable } from '../../model/target-schema.ts'
import type { OrphanSet, OrphanSets } from '../../source/staging/orphans.ts'

/** Returns the plan in which the foreign keys of references that keep the values of orphans are not validated. */
export function settleOrphans(plan: Plan, orphans: OrphanSets): Plan {
  const findings: Finding[] = []
  const unvalidated = new Map<TargetTable, Set<TargetForeignKey>>()
  for (const table of plan.tables) {
    if (table.fate.kind !== 'copy') continue
    const { copy } = table.fate
    for (const [index, reference] of copy.references.entries()) {
      const set = orphans.find((candidate) => candidate.tableId === table.id && candidate.reference === index)
      const target = findTargetTable(plan, copy.target)
      const key = target?.foreignKeys.find((candidate) => isKeyOf(candidate, reference, copy))
      if (set === undefined || reference.onOrphan !== 'keep-value') continue
      if (target === undefined || key === undefined || !key.validated) continue
      findings.push(findingOf(table.database, table.table, reference, set, plan.options.orphans))
      unvalidated.set(target, (unvalidated.get(target) ?? new Set()).add(key))
    }
  }
  if (findings.length === 0) return plan
  const tables = plan.schema.tables.map((table) => {
    const keys = unvalidated.get(table)
    if (keys === undefined) return table
    return {
      ...table,
      foreignKeys: table.foreignKeys.map((key) => (keys.has(key) ? { ...key, validated: false } : key)),
    }
  })
  return { ...plan, schema: { ...plan.schema, tables }, findings: [...plan.findings, ...findings] }
}

/** Whether the foreign key is on the target columns of the reference's source columns. */
export function isKeyOf(key: TargetForeignKey, reference: ReferencePlan, copy: CopyPlan): boolean {
  const targets = reference.columns.map(
    (name) => copy.columns.find(({ from }) => from.kind === 'column' && from.column === name)?.target,
  )
  const own = key.columns.filter((column) => copy.among?.kind !== 'origins' || column !== copy.among.column)
  return own.length === targets.length && own.every((column) => targets.includes(column))
}

function findingOf(
  database: string,
  table: string,
  { columns, parent }: ReferencePlan,
  { rows, samples }: OrphanSet,
  wish: Plan['options']['orphans'],
): Finding {
  const name = columns.join(', ')
  const where = parent === null ? 'any table of this run' : parent.table
  return {
    severity: wish === 'fail' ? 'error' : 'warning',
    code: 'orphans',
    message: `${table} (${name}) refers to rows that do not exist in ${where}, in ${formatCounted(rows, 'row')}; the rows are kept, and the foreign key is created without checking them.`,
    hint: 'Correct the rows, then: alter table … validate constraint …',
    database,
    table,
    column: name,
    count: rows,
    samples,
  }
}
