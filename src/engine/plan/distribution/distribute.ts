/**
 * Adds to a plan how Citus keeps its tables: as mapping and plan file say, and with `--distribute auto` as proposed for the others.
 * Invariant: a plan that distributes tables passes every check, or holds the findings that stop it.
 */
import type { Census } from '../../model/census.ts'
import type { Amendment, Finding } from '../../model/finding.ts'
import { formatCounted } from '../../model/format-count.ts'
import { copyPlanOf, type Plan, tablesInto } from '../../model/plan.ts'
import type { TargetProbe } from '../../model/target-probe.ts'
import type { Distribution, TableName, TargetTable } from '../../model/target-schema.ts'
import { withFindings } from '../base/findings.ts'
import { rowsByTarget } from '../base/rows-by-target.ts'
import { checkDistribution, refusalOfServer } from './check.ts'
import { proposePlacements } from './propose.ts'
import { nameOf, type Placement, plainTypeOf, sharedKeyColumns, uniqueKeysOf } from './table-facts.ts'

export function distributePlan(
  plan: Plan,
  { probe, censuses }: { readonly probe: TargetProbe | null; readonly censuses: readonly Census[] },
): Plan {
  const choice = plan.options.distribute
  const { tables } = plan.schema
  const isWanted = choice === 'auto' || tables.some(({ distribution }) => distribution !== undefined)
  const filled = refuseFilled(tables, probe)
  if (choice === 'none' || !isWanted)
    return withNotes(withTables(plan, tables.map(withoutDistribution)), filled, [])
  const refusal = refusalOfServer(probe)
  if (refusal !== null) return withNotes(plan, [serverFinding(refusal, choice)], [])
  const wanted = new Map(
    tables.flatMap((table): [string, Placement][] =>
      table.distribution === undefined
        ? []
        : [[nameOf(table), { distribution: table.distribution, why: null }]],
    ),
  )
  const whole = wholeSchemas(tables, wanted)
  const placements =
    choice === 'auto' ? proposePlacements({ tables, wanted: whole, rows: rowsByTarget(plan) }) : whole
  const placed = withGroups(tables, placements)
  const findings = [
    ...filled,
    ...checkDistribution({ tables: placed, probe, nullsOf: nullCounter(plan, censuses) }),
    ...numbersOfWorkers(placed),
    limits(placed),
  ]
  return withNotes(withTables(plan, placed), findings, amendmentsOf(placed, placements))
}

/** A schema is distributed as a whole: adds those of its tables for which the user says nothing. */
function wholeSchemas(
  tables: readonly TargetTable[],
  wanted: ReadonlyMap<string, Placement>,
): ReadonlyMap<string, Placement> {
  const schemas = new Set(
    tables.filter((table) => table.distribution?.kind === 'schema').map(({ schema }) => schema),
  )
  const placements = new Map(wanted)
  for (const table of tables) {
    if (!schemas.has(table.schema) || placements.has(nameOf(table))) continue
    placements.set(nameOf(table), {
      distribution: { kind: 'schema' },
      why: 'a schema is distributed as a whole',
    })
  }
  return placements
}

/** Co-locates tables that are spread by columns of one type with the first of them, so that they can be joined by these columns. */
function withGroups(
  tables: readonly TargetTable[],
  placements: ReadonlyMap<string, Placement>,
): readonly TargetTable[] {
  const first = new Map<string, TableName>()
  return tables.map((table) => {
    const distribution = placements.get(nameOf(table))?.distribution
    if (distribution?.kind !== 'column')
      return distribution === undefined ? withoutDistribution(table) : { ...table, distribution }
    const type = plainTypeOf(table, distribution.column) ?? ''
    const beside = first.get(type)
    if (beside === undefined) first.set(type, { schema: table.schema, table: table.table })
    const own: Distribution = {
      kind: 'column',
      column: distribution.column,
      ...(beside === undefined ? {} : { with: beside }),
    }
    return { ...table, distribution: own }
  })
}

function withoutDistribution(table: TargetTable): TargetTable {
  if (table.distribution === undefined) return table
  const { distribution: _, ...plain } = table
  return plain
}

function nullCounter(plan: Plan, censuses: readonly Census[]) {
  return (target: TargetTable, column: string): number =>
    tablesInto(plan, target).reduce((sum, copied) => {
      const from = copyPlanOf(copied).columns.find((one) => one.target === column)?.from
      const counted = censuses
        .find((census) => census.database === copied.database)
        ?.tables.find((one) => one.table === copied.table)
      if (from?.kind === 'nothing') return sum + (counted?.rows ?? 0)
      if (from?.kind !== 'column') return sum
      return sum + (counted?.columns.find(({ name }) => name === from.column)?.nulls ?? 0)
    }, 0)
}

function serverFinding(refusal: string, choice: Plan['options']['distribute']): Finding {
  const asked = choice === 'auto' ? '--distribute auto' : 'What the mapping says of distribution'
  return {
    severity: 'error',
    code: 'citus-missing',
    message: `${asked} is not possible: ${refusal}.`,
    hint:
      choice === 'auto'
        ? 'Leave --distribute auto out for ordinary tables.'
        : 'Ordinary tables are made with --distribute none.',
  }
}

/** In an existing table the run knows its rows by the transaction that wrote them, which the coordinator cannot see in a shard. */
function refuseFilled(tables: readonly TargetTable[], probe: TargetProbe | null): readonly Finding[] {
  const distributed = new Set(probe?.citus?.tables ?? [])
  return tables
    .filter((table) => table.existing && distributed.has(nameOf(table)))
    .map((table) => ({
      severity: 'error',
      code: 'not-distributable',
      message: `${nameOf(table)} is there and distributed by Citus: the rows of a run could not be distinguished from those of others in it.`,
      hint: 'Let the run create the table (without --data-only), with --distribute auto or distribute in a mapping file.',
    }))
}

function numbersOfWorkers(tables: readonly TargetTable[]): readonly Finding[] {
  const short = tables.flatMap((table) =>
    table.distribution === undefined
      ? []
      : table.columns
          .filter(
            ({ sequence, type }) => sequence !== null && /^(smallint|integer)$/.test(plainTypeOfType(type)),
          )
          .map(({ name }) => `${nameOf(table)}.${name}`),
  )
  if (short.length === 0) return []
  const shown = short.slice(0, 4).join(', ')
  return [
    {
      severity: 'notice',
      code: 'numbers-on-coordinator',
      message: `${shown}${short.length > 4 ? ` and ${formatCounted(short.length - 4, 'more', 'more')}` : ''}: Citus hands out numbers below bigint on the coordinator only, so rows inserted through a worker must name theirs.`,
      hint: 'Insert through the coordinator, or let a mapping file make the column bigserial.',
      count: short.length,
    },
  ]
}

const plainTypeOfType = (type: string): string => type.toLowerCase().trim()

function limits(tables: readonly TargetTable[]): Finding {
  const count = tables.filter(({ distribution }) => distribution !== undefined).length
  return {
    severity: 'notice',
    code: 'citus-limits',
    message: `${formatCounted(count, 'table')} ${count === 1 ? 'is' : 'are'} kept by Citus. Such a run cannot be followed, cut over or brought back: Citus has no triggers on distributed tables, and a snapshot exported by the coordinator does not freeze its nodes. Joins of tables that are spread by different columns may be refused.`,
    hint: 'Move it while the application is stopped; export writes the rows back into SQLite files.',
    count,
  }
}

function amendmentsOf(
  tables: readonly TargetTable[],
  placements: ReadonlyMap<string, Placement>,
): readonly Amendment[] {
  return tables.flatMap((table) => {
    const { distribution } = table
    if (distribution === undefined) return []
    const why = placements.get(nameOf(table))?.why ?? null
    return [
      {
        code: 'distribution',
        table: nameOf(table),
        message: `${describeDistribution(distribution)}${why === null ? '' : `: ${why}`}.${amendmentOf(table, distribution)}`,
      },
    ]
  })
}

/** Returns a sentence without its full stop. */
export function describeDistribution(distribution: Distribution): string {
  switch (distribution.kind) {
    case 'column':
      return distribution.with === undefined
        ? `Citus spreads it by ${distribution.column}`
        : `Citus spreads it by ${distribution.column}, beside ${nameOf(distribution.with)}`
    case 'reference':
      return 'It is a reference table of Citus, a copy on every node'
    case 'schema':
      return 'Citus keeps its schema on one node'
    default:
      return distribution satisfies never
  }
}

/** Returns a sentence on how to change the keys of a table so that it can be spread, when they share no column; else ''. */
function amendmentOf(table: TargetTable, distribution: Distribution): string {
  const keys = uniqueKeysOf(table)
  if (distribution.kind !== 'reference' || keys.length < 2 || sharedKeyColumns(table).length > 0) return ''
  const [first, second] = keys
  const column = second!.columns[0]
  if (first === undefined || column === undefined) return ''
  const wider = [...first.columns, column].join(', ')
  return ` It could not be spread as it is, since ${keys.map(({ described }) => described).join(' and ')} have no column in common: with the key (${wider}) in the place of (${first.columns.join(', ')}), in a mapping file, Citus could spread it by ${column}.`
}

function withTables(plan: Plan, tables: readonly TargetTable[]): Plan {
  return { ...plan, schema: { ...plan.schema, tables } }
}

function withNotes(plan: Plan, findings: readonly Finding[], amendments: readonly Amendment[]): Plan {
  if (findings.length === 0 && amendments.length === 0) return plan
  const others = plan.amendments.filter(({ code }) => code !== 'distribution')
  const noted = withFindings(plan, findings)
  return amendments.length === 0 ? noted : { ...noted, amendments: [...others, ...amendments] }
}
