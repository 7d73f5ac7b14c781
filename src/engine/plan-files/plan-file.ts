/**
 * Writes a plan as a file that a person can read and edit, and reads it back. Invariant: a plan from a file is complete and fits the
 * snapshots' structure (tables, columns, keys), or is refused with the place in the file; row counts may differ.
 */
import { MigrateError } from '../model/errors.ts'
import { type Plan, type TablePlan, tableIdOf } from '../model/plan.ts'
import { type PlanGround, sourcesOf } from '../plan/build/build-plan.ts'
import { checkPlan } from '../plan/checks/check-plan.ts'
import { refusalOfExtension, refusalOfFragment, refusalOfType } from '../sql/tree/sql-fragment.ts'
import { checkFile, clip, refuse } from './check-file.ts'
import { checkReferences, fitCopy } from './fit-plan.ts'
import { refuseUnknown } from './read-mapping.ts'
import { writeYaml } from './write-mapping.ts'
import type { PlanFile, Written, WrittenTable } from './written-plan.ts'
import { type FilePath, parseYamlFile, readYamlFile, type YamlFile } from './yaml-file.ts'

const MOST_BYTES = 128 << 20

/** Returns the text of a plan file, which `--plan` accepts: JSON for a name that ends in .json, else YAML. */
export function writePlan(plan: Plan, file = 'plan.yaml'): string {
  const tables = plan.tables.map((table): WrittenTable => {
    if (table.fate.kind !== 'copy') return { ...table, fate: table.fate }
    const { table: _, ...read } = table.fate.copy.read
    return { ...table, fate: { kind: 'copy', copy: { ...table.fate.copy, read } } }
  })
  const { version, mapping, options, findings, amendments } = plan
  // Views are translated anew from the rest of the plan: SQL to be run in the target never comes from a file.
  const { views: _, ...schema } = plan.schema
  const sources = plan.sources.map(({ database, role }) => ({ database, role }))
  const rows = Object.entries(plan.sourceRows).map(([id, count]) => `   ${id}: ${count} rows`)
  const heading = [
    ' A plan of gpt-migrate. Read it, change it, and run it with --plan FILE.',
    ' `tables` says where each source table goes, `schema` what is created. docs/mapping-files.md explains the words.',
    ' Rows when the plan was made:',
    ...rows.map((line) => line.replace(/[^\P{C}]/gu, '?')),
  ].join('\n')
  const warnings = findings.filter(({ severity }) => severity !== 'notice')
  const shown = warnings.map(({ severity, code, message }) => ({ severity, code, message }))
  const written = { version, mapping, sources, options, tables, schema, amendments, findings: shown }
  return /\.json$/i.test(file) ? `${JSON.stringify(written, null, 2)}\n` : writeYaml(written, heading)
}

/** Throws a MigrateError: `usage` when the file can't be read, `plan` with the place in the file when it is no plan. */
export function readPlanFile(file: string, isTrusted: boolean): PlanFile {
  return planFileOf(readYamlFile(file, MOST_BYTES), isTrusted)
}

export function parsePlan(text: string, file: string): PlanFile {
  return planFileOf(parseYamlFile(text, file), false)
}

function planFileOf(read: YamlFile, isTrusted: boolean): PlanFile {
  checkFile(read, 'plan')
  const written = read.value as Written
  const file: PlanFile = { written, read, trusted: isTrusted ? new Set() : null }
  checkTargets(file)
  return file
}

/** Returns the plan that the file describes, for these snapshots. Throws a MigrateError of kind `plan` when it does not fit them. */
export function planOfFile(file: PlanFile, ground: PlanGround): Plan {
  const { catalogs, censuses } = ground
  const { written, read } = file
  const { tables: given, findings: _findings, sources: _sources, amendments = [], ...rest } = written
  const databases = catalogs.map(({ database }) => database)
  const tables = given.map((table, index): TablePlan => {
    const at: FilePath = ['tables', index]
    refuseUnknown(read, [...at, 'database'], table.database, databases, 'The sources have no database')
    const catalog = catalogs.find(({ database }) => database === table.database)!
    const names = catalog.tables.map(({ name }) => name)
    refuseUnknown(read, [...at, 'table'], table.table, names, `${table.database} has no table`)
    const source = catalog.tables.find(({ name }) => name === table.table)!
    if (table.id !== tableIdOf(table.database, table.table))
      throw refuse(read.place([...at, 'id']), `the id must be ${tableIdOf(table.database, table.table)}`)
    if (table.fate.kind !== 'copy') return { ...table, fate: table.fate }
    return {
      ...table,
      fate: {
        kind: 'copy',
        copy: fitCopy(file, [...at, 'fate', 'copy'], table.fate.copy, source, catalog),
      },
    }
  })
  const ids = new Set(tables.map(({ id }) => id))
  for (const catalog of catalogs) {
    for (const { name } of catalog.tables) {
      if (!ids.has(tableIdOf(catalog.database, name)))
        throw refuse(
          read.place(['tables']),
          `the plan says nothing of the table ${clip(name)} of ${catalog.database}`,
          'Make the plan again, or give the table a fate: {kind: exclude, reason: …}.',
        )
    }
  }
  checkReferences(read, tables)
  const roles = new Map(written.sources.map(({ database, role }) => [database, role]))
  const sourceRows: Record<string, number> = {}
  for (const { database, tables: counted } of censuses)
    for (const { table, rows } of counted) sourceRows[tableIdOf(database, table)] = rows
  const plan: Plan = {
    ...rest,
    tables,
    sources: sourcesOf(ground, roles),
    findings: [],
    amendments,
    sourceRows,
  }
  try {
    checkPlan(plan, catalogs)
  } catch (error) {
    if (!(error instanceof MigrateError)) throw error
    throw refuse(read.place(['tables']), error.message.replace(/\.$/, ''))
  }
  return plan
}

/** Refuses SQL that would break out of its place in the DDL. */
function checkTargets({ written: { schema }, read, trusted }: PlanFile): void {
  const piece = (place: FilePath, sql: string | null, judge = refusalOfFragment): void => {
    const reason = sql === null ? null : judge(sql, trusted)
    if (reason !== null) throw refuse(read.place(place), `"${clip(sql!)}" cannot be used: ${reason}`)
  }
  for (const [index, name] of schema.extensions.entries())
    piece(['schema', 'extensions', index], name, refusalOfExtension)
  for (const [index, table] of schema.tables.entries()) {
    const at: FilePath = ['schema', 'tables', index]
    for (const [nth, column] of table.columns.entries()) {
      piece([...at, 'columns', nth, 'type'], column.type, table.existing ? refusalOfFragment : refusalOfType)
      for (const one of [column.written, column.written?.element])
        piece([...at, 'columns', nth, 'written'], one?.type ?? null)
      // Defaults and checks of an existing table are the server's; the file's text for them is never run.
      if (table.existing) continue
      piece([...at, 'columns', nth, 'default'], column.default)
      piece([...at, 'columns', nth, 'generated'], column.generated)
    }
    if (table.existing) continue
    table.checks.forEach(({ expression }, nth) => {
      piece([...at, 'checks', nth, 'expression'], expression)
    })
    for (const [nth, { parts, where }] of table.indexes.entries()) {
      piece([...at, 'indexes', nth, 'where'], where)
      for (const [part, one] of parts.entries())
        if ('expression' in one) piece([...at, 'indexes', nth, 'parts', part, 'expression'], one.expression)
    }
  }
}
