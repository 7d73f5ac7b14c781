/**
 * The plan that fills tables which an application created, matched by name and converted to the target's types. Invariant: it creates
 * nothing; a source table or column without a home is an error, or left out by the user's choice, never dropped silently.
 */
import { MigrateError } from '../../model/errors.ts'
import type { Finding } from '../../model/finding.ts'
import {
  type CopyPlan,
  copyPlanOf,
  type Plan,
  type ReferencePlan,
  type TablePlan,
  tableIdOf,
  tablesInto,
} from '../../model/plan.ts'
import { isSameTable, type TargetForeignKey, type TargetTable } from '../../model/target-schema.ts'
import { quoteIdentifier, quoteTable } from '../../syntax/postgres-names.ts'
import { decideFates } from '../automatic/auto-fates.ts'
import { reporterOf } from '../base/findings.ts'
import { breakCycles, columnsFilledLater } from '../base/load-order.ts'
import { sourcesOf } from '../build/build-plan.ts'
import { checkPlan } from '../checks/check-plan.ts'
import { checkEpochs } from '../evidence/declared-epoch.ts'
import type { DataOnlyInput } from './data-only-column.ts'
import { findByName, planCopy } from './data-only-copy.ts'

export function planDataOnly(input: DataOnlyInput): Plan {
  const { catalogs, censuses, options, probe, edits } = input
  if (probe === null) {
    throw new MigrateError(
      'usage',
      'no-target',
      '--data-only needs a target: its tables are what is filled.',
      {
        hint: 'Give --target postgres://user@host/database.',
      },
    )
  }
  checkEpochs(options, catalogs)
  const schema = options.schema ?? 'public'
  const existing = probe.existing.filter((table) => table.schema === schema)
  const findings: Finding[] = []
  const tables: TablePlan[] = []
  const filled: TargetTable[] = []
  const sourceRows: Record<string, number> = {}
  for (const catalog of catalogs) {
    const { database } = catalog
    const census = censuses.find((one) => one.database === database)!
    for (const fate of decideFates(catalog, census, options, edits, findings)) {
      const id = tableIdOf(database, fate.table.name)
      const place = { id, database, table: fate.table.name }
      if (fate.reason !== null) {
        tables.push({ ...place, fate: { kind: 'exclude', reason: fate.reason } })
        continue
      }
      const { table, census: counted } = fate
      const report = reporterOf(findings, database, table.name)
      sourceRows[id] = counted.rows
      const target = findByName(existing, table.name, (one) => one.table)
      const isTaken = target !== null && filled.includes(target)
      const [taken] = isTaken ? tablesInto({ tables: [...tables] }, target) : []
      if (target === null || taken !== undefined) {
        const why =
          taken === undefined
            ? `The target has no table ${table.name} in the schema ${schema}`
            : `${schema}.${target!.table} is filled from ${taken.id} already, and ${id} has the same name`
        report({
          severity: counted.rows === 0 ? 'warning' : 'error',
          code: 'no-target-table',
          message: `${why}.`,
          hint: `Create it, name another schema with --schema, or leave it out: --exclude ${JSON.stringify(id)}.`,
        })
        tables.push({ ...place, fate: { kind: 'exclude', reason: 'the target has no table for it' } })
        continue
      }
      filled.push(target)
      const source = { planning: input, tableId: id, database, table, census: counted }
      tables.push({ ...place, fate: { kind: 'copy', copy: planCopy({ ...source, target, report }) } })
    }
  }
  // With append, a row may reference an existing row, which the server checks.
  const referring =
    options.append === true ? tables : tables.map((table) => withReferences(table, tables, existing))
  const { tables: targets, left } = breakCycles(filled, (target, key) => mayWait(target, key, referring))
  if (left.length > 0) {
    const names = left.map(({ table, key }) => `${key.name} (${table.schema}.${table.table})`)
    const first = left.find(({ key }) => !key.deferrable)!
    findings.push({
      severity: 'error',
      code: 'foreign-key-cycle',
      message: `Foreign keys name each other's tables, no column of them may be null, and they are checked at once: no order fills them: ${names.join(', ')}.`,
      hint: `Let one of them wait for the end of a transaction: alter table ${quoteTable(first.table)} alter constraint ${quoteIdentifier(first.key.name)} deferrable.`,
    })
  }
  for (const target of targets) findings.push(...triggerFindings(target, tables))
  const read = targets.map((target) => readByServer(target, referring))
  const plan: Plan = {
    version: 1,
    mapping: 'data-only',
    sources: sourcesOf(input),
    options,
    tables: referring,
    schema: { extensions: [], schemas: [], tables: read },
    findings,
    amendments: [],
    sourceRows,
  }
  checkPlan(plan, catalogs)
  return plan
}

/** Marks the columns whose values are compared as the server prints them. */
function readByServer(target: TargetTable, tables: readonly TablePlan[]): TargetTable {
  const names = tablesInto({ tables }, target).flatMap((table) =>
    copyPlanOf(table).columns.flatMap(({ target: name, from }) =>
      from.kind === 'column' && from.conversion.kind === 'server-text' ? [name] : [],
    ),
  )
  if (names.length === 0) return target
  const columns = target.columns.map((column) =>
    names.includes(column.name)
      ? { ...column, written: { type: column.type, byServer: true } as const }
      : column,
  )
  return { ...target, columns }
}

/** Whether the key's columns can be null until all tables are filled, and the rows then be found by their own key. */
function mayWait(target: TargetTable, key: TargetForeignKey, tables: readonly TablePlan[]): boolean {
  const columns = columnsFilledLater({ ...target, foreignKeys: [{ ...key, filledLater: true }] })
  const [copied] = tablesInto({ tables }, target)
  if (copied === undefined || copyPlanOf(copied).identity.kind !== 'columns') return false
  return columns.some((name) => key.columns.includes(name))
}

/** Warns of triggers, which run as they do for the application, and of what they may write and change. */
function triggerFindings(target: TargetTable, tables: readonly TablePlan[]): Finding[] {
  const { triggers = [] } = target
  if (triggers.length === 0) return []
  const names = triggers.map(({ name, timing }) =>
    timing === 'before' ? `${name} (before: it may change the row)` : name,
  )
  const table = quoteTable(target)
  const tableId = tablesInto({ tables }, target)[0]!.id
  return [
    {
      severity: 'warning',
      code: 'triggers-run',
      message: `${target.schema}.${target.table} has ${triggers.length === 1 ? 'a trigger that runs' : 'triggers that run'} for the rows that arrive: ${names.join(', ')}. A value that one changes differs from the source: the verification names it, and the run ends with exit code 7. What one writes elsewhere stands beside the rows of the source.`,
      hint: `To keep the source's values: alter table ${table} disable trigger user, run, then alter table ${table} enable trigger user.`,
      tableId,
    },
  ]
}

/** Adds the target's foreign keys to the plan, so that orphans are found in the source before the server refuses them. */
function withReferences(
  table: TablePlan,
  tables: readonly TablePlan[],
  existing: readonly TargetTable[],
): TablePlan {
  if (table.fate.kind !== 'copy') return table
  const { copy } = table.fate
  const own = existing.find((one) => isSameTable(one, copy.target))!
  const references = own.foreignKeys.flatMap((key): ReferencePlan[] => {
    const [parent] = tablesInto({ tables }, key.references)
    if (parent === undefined) return []
    const columns = columnsFilling(copy, key.columns)
    const parentColumns = columnsFilling(copyPlanOf(parent), key.references.columns)
    if (columns === null || parentColumns === null) return []
    const { id: tableId, database, table: name } = parent
    return [
      {
        columns,
        parent: { tableId, database, table: name, columns: parentColumns },
        onOrphan: 'reject-row',
        target: key.columns[0]!,
        originalIn: null,
      },
    ]
  })
  return { ...table, fate: { kind: 'copy', copy: { ...copy, references } } }
}

/** Returns the source columns that fill the target columns; null when one is filled otherwise. */
function columnsFilling({ columns }: CopyPlan, targets: readonly string[]): readonly string[] | null {
  const sources = targets.map((name) => {
    const from = columns.find(({ target }) => target === name)?.from
    return from?.kind === 'column' ? from.column : null
  })
  return sources.includes(null) ? null : (sources as string[])
}
