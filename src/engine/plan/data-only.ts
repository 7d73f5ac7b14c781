/**
 * The plan that fills tables which an application has created: by name, to the target's own types. Invariant: it creates nothing; a
 * source table or column without a home there is an error of the plan or left out at the user's word, never dropped in silence.
 */
import type { Catalog, CatalogTable } from '../model/catalog.ts'
import type { TableCensus } from '../model/census.ts'
import type { Conversion } from '../model/conversion.ts'
import { MigrateError } from '../model/errors.ts'
import type { Finding } from '../model/finding.ts'
import {
  type ColumnPlan,
  type CopyPlan,
  type Plan,
  type PlanOptions,
  type ReferencePlan,
  type TablePlan,
  tableIdOf,
} from '../model/plan.ts'
import type { ServerPlace } from '../model/server-column.ts'
import type { TargetColumn, TargetForeignKey, TargetTable } from '../model/target-schema.ts'
import { quoteIdentifier, quoteTable } from '../syntax/postgres-names.ts'
import { quoteSqlite } from '../syntax/sqlite-names.ts'
import { applicationConversion, serverConversion, writtenType } from './application-types.ts'
import { decideFates } from './auto-fates.ts'
import type { PlanInput } from './build-plan.ts'
import { checkPlan } from './check-plan.ts'
import { checkEpochs } from './declared-epoch.ts'
import { epochFinding } from './epoch-finding.ts'
import { fitColumn } from './fit.ts'
import { breakCycles, columnsFilledLater } from './load-order.ts'
import { momentFinding } from './moment-finding.ts'
import { notJsonFinding } from './not-json-finding.ts'
import { columnCensus, plainName, timeEvidenceOf } from './planning.ts'
import { countWrappedUuids, holdsOtherArrays, largestTextNumber, usualText } from './questions.ts'

type DataOnlyInput = Omit<PlanInput, 'mapping' | 'roles'>

type Source = { readonly catalog: Catalog; readonly table: CatalogTable; readonly census: TableCensus }

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
  const filled = new Map<TargetTable, string>()
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
      sourceRows[id] = fate.census.rows
      const target = findByName(existing, fate.table.name, ({ table }) => table)
      const taken = target === null ? undefined : filled.get(target)
      if (target === null || taken !== undefined) {
        const why =
          taken === undefined
            ? `The target has no table ${fate.table.name} in the schema ${schema}`
            : `${schema}.${target!.table} is filled from ${taken} already, and ${id} has the same name`
        findings.push({
          severity: fate.census.rows === 0 ? 'warning' : 'error',
          code: 'no-target-table',
          message: `${why}.`,
          hint: `Create it, name another schema with --schema, or leave it out: --exclude ${JSON.stringify(id)}.`,
          database,
          table: fate.table.name,
          tableId: id,
        })
        tables.push({ ...place, fate: { kind: 'exclude', reason: 'the target has no table for it' } })
        continue
      }
      filled.set(target, id)
      const source = { catalog, table: fate.table, census: fate.census }
      tables.push({ ...place, fate: { kind: 'copy', copy: planCopy(input, source, target, findings) } })
    }
  }
  // A row may name one that is there already: the server checks that.
  const referring =
    options.append === true ? tables : tables.map((table) => withReferences(table, tables, filled))
  const { tables: targets, left } = breakCycles([...filled.keys()], (target, key) =>
    mayWait(target, key, referring),
  )
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
  for (const target of targets) findings.push(...triggerFindings(target, filled))
  const read = targets.map((target) => readByServer(target, referring))
  const plan: Plan = {
    version: 1,
    mapping: 'data-only',
    sources: input.snapshots.map(({ database, sha256, bytes }) => ({ database, role: null, sha256, bytes })),
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

/** The columns whose values only the server prints are asked for in that form. */
function readByServer(target: TargetTable, tables: readonly TablePlan[]): TargetTable {
  const names = tables.flatMap(({ fate }) => {
    if (fate.kind !== 'copy') return []
    const { schema, table } = fate.copy.target
    if (schema !== target.schema || table !== target.table) return []
    return fate.copy.columns.flatMap(({ target: name, from }) =>
      from.kind === 'column' && from.conversion.kind === 'server-text' ? [name] : [],
    )
  })
  if (names.length === 0) return target
  const columns = target.columns.map((column) =>
    names.includes(column.name)
      ? { ...column, written: { type: column.type, byServer: true } as const }
      : column,
  )
  return { ...target, columns }
}

/** Whether the key's columns can be null until all tables are filled: rows are found again by their own key. */
function mayWait(target: TargetTable, key: TargetForeignKey, tables: readonly TablePlan[]): boolean {
  const columns = columnsFilledLater({ ...target, foreignKeys: [{ ...key, filledLater: true }] })
  const copy = tables
    .flatMap(({ fate }) => (fate.kind === 'copy' ? [fate.copy] : []))
    .find(({ target: { schema, table } }) => schema === target.schema && table === target.table)
  return copy?.identity.kind === 'columns' && columns.some((name) => key.columns.includes(name))
}

/** Triggers run as they do for the application: what they write and change is theirs. */
function triggerFindings(target: TargetTable, filled: ReadonlyMap<TargetTable, string>): Finding[] {
  const { triggers = [] } = target
  if (triggers.length === 0) return []
  const names = triggers.map(({ name, timing }) =>
    timing === 'before' ? `${name} (before: it may change the row)` : name,
  )
  const table = quoteTable(target)
  const [, tableId] = [...filled].find(([one]) => one.schema === target.schema && one.table === target.table)!
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

/** The target's foreign keys as the plan's: rows that name no row are found in the source, before the server refuses them. */
function withReferences(
  table: TablePlan,
  tables: readonly TablePlan[],
  filled: ReadonlyMap<TargetTable, string>,
): TablePlan {
  if (table.fate.kind !== 'copy') return table
  const { copy } = table.fate
  const own = [...filled].find(([, id]) => id === table.id)![0]
  const references = own.foreignKeys.flatMap((key): ReferencePlan[] => {
    const [, parentId] =
      [...filled].find(
        ([target]) => target.schema === key.references.schema && target.table === key.references.table,
      ) ?? []
    const parent = tables.find(({ id }) => id === parentId)
    if (parent?.fate.kind !== 'copy') return []
    const columns = sourcesOf(copy, key.columns)
    const parentColumns = sourcesOf(parent.fate.copy, key.references.columns)
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

/** The source columns that fill the target's; null when one is filled by something else. */
function sourcesOf({ columns }: CopyPlan, targets: readonly string[]): readonly string[] | null {
  const sources = targets.map((name) => {
    const from = columns.find(({ target }) => target === name)?.from
    return from?.kind === 'column' ? from.column : null
  })
  return sources.includes(null) ? null : (sources as string[])
}

/** The one of that very name, else the only one of that name in another case or style. */
function findByName<T>(all: readonly T[], name: string, nameOf: (one: T) => string): T | null {
  const exact = all.find((one) => nameOf(one) === name)
  if (exact !== undefined) return exact
  const alike = all.filter((one) => squeezed(nameOf(one)) === squeezed(name))
  return alike.length === 1 ? alike[0]! : null
}

const squeezed = (name: string): string => plainName(name).replaceAll('_', '')

function planCopy(input: DataOnlyInput, source: Source, target: TargetTable, findings: Finding[]): CopyPlan {
  const { table, catalog, census } = source
  const { options } = input
  const tableId = tableIdOf(catalog.database, table.name)
  const tell = (finding: Omit<Finding, 'tableId' | 'database' | 'table'>): void => {
    findings.push({ ...finding, tableId, database: catalog.database, table: table.name })
  }
  const homes = new Map<TargetColumn, string>()
  // What the server computes in a type that is not written is neither sent nor compared.
  const mayTake = (column: TargetColumn, name: string): boolean =>
    column.generated === null || conversionOf(column, name) !== null
  const match = (isHome: (column: TargetColumn, name: string) => boolean): void => {
    for (const { name } of table.columns) {
      if ([...homes.values()].includes(name)) continue
      const found = target.columns.filter(
        (column) => !homes.has(column) && isHome(column, name) && mayTake(column, name),
      )
      if (found.length === 1) homes.set(found[0]!, name)
    }
  }
  match((column, name) => column.name === name)
  match((column, name) => squeezed(column.name) === squeezed(name))
  const carried = new Set(homes.values())
  const unmapped: CopyPlan['unmapped'][number][] = table.columns.flatMap(({ name }) => {
    if (carried.has(name)) return []
    const { unmapped: fate } = options
    const isLeft = fate === 'archive' || fate === 'drop'
    tell({
      severity: isLeft ? 'warning' : 'error',
      code: 'unmapped-column',
      message: `${table.name}.${name} has no column in ${target.schema}.${target.table}${isLeft ? `; its values are ${fate === 'drop' ? 'dropped' : 'archived'}` : ''}.`,
      hint: 'Take --unmapped archive to keep its values in the archive, or drop.',
      column: name,
    })
    return [{ column: name, fate: isLeft ? fate : ('archive' as const) }]
  })
  const columns: ColumnPlan[] = []
  const computed: ColumnPlan[] = []
  for (const column of target.columns) {
    const name = homes.get(column)
    if (name === undefined) {
      const hasOwn =
        column.nullable || column.default !== null || column.sequence !== null || column.generated !== null
      tell({
        severity: hasOwn ? 'notice' : 'error',
        code: 'column-not-filled',
        message: `${target.schema}.${target.table}.${column.name} has no column in the source; ${hasOwn ? 'the target fills it by itself' : 'it must not be null and has no default'}.`,
      })
      continue
    }
    const planned = planColumn(input, source, column, name, tell)
    if (planned === null) continue
    if (column.generated === null) columns.push(planned)
    else computed.push(planned)
  }
  const filledBy = new Map(columns.map(({ target: name, from }) => [name, from]))
  const unique = [target.primaryKey?.columns, ...target.uniques.map((one) => one.columns)].find((key) =>
    key?.every(
      (name) => filledBy.has(name) && target.columns.find((one) => one.name === name)?.nullable === false,
    ),
  )
  const first = filledBy.get(unique?.[0] ?? '')
  const ordered =
    unique?.length === 1 &&
    first?.kind === 'column' &&
    first.conversion.kind === 'integer' &&
    table.key.kind === 'rowid' &&
    table.key.column === first.column
  return {
    target: { schema: target.schema, table: target.table },
    ...(options.append === true ? { among: { kind: 'earlier' } as const } : {}),
    key: table.key,
    read: {
      columns: table.columns.map(({ name }) => name),
      expressions: [],
      filter: null,
      table: { columns: table.columns, rootPage: table.rootPage, withoutRowid: table.withoutRowid },
    },
    pivot: null,
    folds: [],
    columns,
    ...(computed.length === 0 ? {} : { computed }),
    references: [],
    identity: unique === undefined ? { kind: 'multiset' } : { kind: 'columns', columns: unique, ordered },
    unmapped,
  }

  function conversionOf(column: TargetColumn, name: string): ReturnType<typeof applicationConversion> {
    const declared = table.columns.find((one) => one.name === name)!
    return applicationConversion(column, declared, columnCensus(census, name), options)
  }

  function planColumn(
    { queries }: DataOnlyInput,
    { table: from }: Source,
    column: TargetColumn,
    name: string,
    say: typeof tell,
  ): ColumnPlan | null {
    const declared = from.columns.find((one) => one.name === name)!
    const values = columnCensus(census, name)
    const address = { database: catalog.database, table: from.name, sql: quoteSqlite(name) }
    const known = conversionOf(column, name)
    const isArray = known !== null && known !== 'ordinary' && known.kind === 'array'
    const isServers = known === null || (isArray && holdsOtherArrays(queries, address))
    const place = { database: catalog.database, table: from.name, column: name, type: column.type }
    if (isServers) input.onServerColumn?.(place)
    const asked = isServers ? input.serverValues?.find((one) => isSamePlace(one, place)) : undefined
    const special = serverConversion(asked, values) ?? known
    const isUncounted =
      special !== null && special !== 'ordinary' && special.kind === 'interval' && special.unit === null
    if (special === null || (isUncounted && values.integers + values.reals > 0)) {
      say({
        severity: 'error',
        code: 'type-not-written',
        message: isUncounted
          ? `${target.schema}.${target.table}.${column.name} is ${column.type}, and ${from.name}.${name} holds numbers: nothing says what they count.`
          : `${target.schema}.${target.table}.${column.name} is ${column.type}, a type that gpt-migrate does not write${asked?.why == null ? '' : `: ${asked.why}`}.`,
        hint: `Change the type of the column (alter table … alter column … type text), or leave the table out: --exclude ${JSON.stringify(tableId)}.`,
        column: name,
      })
      unmapped.push({ column: name, fate: 'archive' })
      return { target: column.name, from: { kind: 'nothing' } }
    }
    const fit =
      special === 'ordinary'
        ? fitColumn(
            writtenType(column),
            declared,
            values,
            { ...options, onOverflow: 'quarantine' },
            {
              sample: () => usualText(queries, address),
              largestTextNumber: () => largestTextNumber(queries, address),
              wrappedUuids: () => countWrappedUuids(queries, address),
              timeEvidence: () => timeEvidenceOf(input, address, name, values),
            },
          )
        : { conversion: special, refused: asked?.refused ?? 0, overflow: null, epoch: null }
    const where = { tableId, table: from.name, column: name, target: `${target.table}.${column.name}` }
    const epoch = epochFinding(fit.epoch, where, 'error')
    if (epoch !== null) say(epoch)
    const conversion = inApplication(fit.conversion, options)
    if (conversion.kind === 'json') {
      const fate = conversion.text === 'only-documents' ? 'quarantine' : 'string'
      const told = notJsonFinding(queries, address, { ...where, census: values, fate })
      if (told !== null) say(told)
    }
    const moments = momentFinding(conversion, values, where, options)
    if (moments !== null) say(moments)
    const nulls = column.nullable || column.generated !== null ? 0 : values.nulls
    const refused = fit.refused + nulls
    if (epoch?.severity !== 'error' && (refused > 0 || fit.overflow !== null)) {
      const what = fit.overflow?.what ?? `${refused} values`
      say({
        severity: 'warning',
        code: 'values-refused',
        message: `${from.name}.${name} holds ${what} that ${target.table}.${column.name} (${column.type}${column.nullable ? '' : ', not null'}) does not take; those rows go to quarantine.`,
        column: name,
        count: refused,
      })
    }
    return { target: column.name, from: { kind: 'column', column: name, conversion } }
  }
}

function isSamePlace(one: ServerPlace, other: ServerPlace): boolean {
  return (
    one.database === other.database &&
    one.table === other.table &&
    one.column === other.column &&
    one.type === other.type
  )
}

/** The application reads its JSON: what is none is not made one, unless the user says so. */
function inApplication(conversion: Conversion, { jsonText }: PlanOptions): Conversion {
  if (conversion.kind !== 'json' || jsonText === 'string') return conversion
  return { ...conversion, text: 'only-documents' }
}
