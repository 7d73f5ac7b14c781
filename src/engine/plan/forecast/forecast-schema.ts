/** Forecasts keys, constraints and sequences from the plan, the censuses and the snapshots. */
import type { TableCensus } from '../../model/census.ts'
import type { LongIndex, SequenceAtEnd, ServerRule, UnvalidatedConstraint } from '../../model/forecast.ts'
import { type CopyPlan, copyPlanOf, type Plan, tablesInto } from '../../model/plan.ts'
import type { SnapshotQueries } from '../../model/snapshot.ts'
import type { TargetForeignKey, TargetTable } from '../../model/target-schema.ts'
import type { OrphanSets } from '../../source/staging/orphans.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { isKeyOf } from '../base/settle-orphans.ts'
import type { WaitingRows } from './forecast-tables.ts'

/** Returns checks that source rows violate, and foreign keys with orphans that keep their values or with parent rows in quarantine. */
export function unvalidatedConstraints(
  plan: Plan,
  orphans: OrphanSets,
  waiting: readonly WaitingRows[],
): UnvalidatedConstraint[] {
  return plan.schema.tables
    .filter(({ existing }) => !existing)
    .flatMap((target) => {
      const { schema, table, checks, foreignKeys } = target
      return [
        ...checks.flatMap(({ name, brokenBy = 0 }): UnvalidatedConstraint[] =>
          brokenBy === 0
            ? []
            : [{ schema, table, kind: 'check', name, rows: brokenBy, reason: 'rows-break-it' }],
        ),
        ...foreignKeys
          .filter(({ validated }) => !validated)
          .map(({ name, columns }): UnvalidatedConstraint => {
            const rows = rowsOfOrphans(plan, orphans, target, columns)
            return { schema, table, kind: 'foreign-key', name, rows, reason: 'orphans' }
          }),
        ...foreignKeys
          .filter(({ validated }) => validated)
          .flatMap((key): UnvalidatedConstraint[] => {
            const rows = rowsThatWait(plan, waiting, target, key)
            const { name } = key
            return rows === 0
              ? []
              : [{ schema, table, kind: 'foreign-key', name, rows, reason: 'rows-in-quarantine' }]
          }),
      ]
    })
}

function rowsThatWait(
  plan: Plan,
  waiting: readonly WaitingRows[],
  target: TargetTable,
  key: TargetForeignKey,
): number {
  if (waiting.length === 0) return 0
  return tablesInto(plan, target)
    .flatMap((into) => {
      const copy = copyPlanOf(into)
      return waiting.filter(
        ({ tableId, reference }) => tableId === into.id && isKeyOf(key, copy.references[reference]!, copy),
      )
    })
    .reduce((sum, { rows }) => sum + rows, 0)
}

function rowsOfOrphans(
  plan: Plan,
  orphans: OrphanSets,
  target: TargetTable,
  columns: readonly string[],
): number {
  if (orphans.length === 0) return 0
  return orphans
    .filter(({ tableId, reference }) =>
      tablesInto(plan, target).some(
        (into) =>
          into.id === tableId && columns.includes(copyPlanOf(into).references[reference]?.target ?? ''),
      ),
    )
    .reduce((sum, { rows }) => sum + rows, 0)
}

const lastNumbers: Readonly<Record<string, string>> = {
  smallint: '32767',
  integer: '2147483647',
  bigint: '9223372036854775807',
}

/** Sequences of columns whose largest key is the last number of their type. */
export function sequencesAtEnd(
  plan: Plan,
  censuses: ReadonlyMap<string, TableCensus>,
  queries: SnapshotQueries,
): SequenceAtEnd[] {
  // With append, the numbers of existing rows count, too, which the snapshots do not show.
  const tables = plan.schema.tables.filter(({ existing }) => !existing || plan.options.append !== true)
  return tables.flatMap((target) =>
    target.columns.flatMap(({ name, type, sequence }): SequenceAtEnd[] => {
      const last = lastNumbers[type]
      if (sequence === null || last === undefined) return []
      for (const into of tablesInto(plan, target)) {
        const source = keySource(copyPlanOf(into), name)
        const census = censuses.get(into.id)
        if (source === null || census === undefined) continue
        const range = source.column === null ? census.rowids : rangeOf(census, source.column)
        if (range?.max !== last) continue
        const next = nextNumber(queries, into.database, into.table, source.sql, last)
        return [{ schema: target.schema, table: target.table, column: name, last, next }]
      }
      return []
    }),
  )
}

function rangeOf(census: TableCensus, column: string): { readonly max: string } | null {
  return census.columns.find((one) => one.name === column)?.integerRange ?? null
}

/** SQL of the source's numbers; `column` is null for the rowid. */
function keySource(copy: CopyPlan, target: string): { sql: string; column: string | null } | null {
  const from = copy.columns.find((column) => column.target === target)?.from
  if (from?.kind === 'column') return { sql: quoteSqlite(from.column), column: from.column }
  if (from?.kind === 'rowid' && copy.key.kind === 'rowid')
    return { sql: quoteSqlite(copy.key.name), column: null }
  return null
}

/** Returns the first number of the last gap, as `moveSequence` finds it in the target; null without a gap. */
function nextNumber(
  queries: SnapshotQueries,
  database: string,
  table: string,
  sql: string,
  last: string,
): string | null {
  const from = quoteSqlite(table)
  const [row] = queries.rows(
    [database],
    `select (select max(t.${sql}) from ${from} as t
              where t.${sql} between 1 and ${last} - 1 and typeof(t.${sql}) = 'integer'
                and not exists (select 1 from ${from} as n where n.${sql} = t.${sql} + 1)),
            exists (select 1 from ${from} where ${sql} = 1)`,
  )
  const before = row?.[0] ?? null
  if (before !== null) return String(BigInt(String(before)) + 1n)
  return Number(row?.[1] ?? 0) === 1 ? null : '1'
}

/** Returns the keys and indexes that planning replaced or left out because of long entries. */
export function longIndexes({ schema }: Plan): LongIndex[] {
  return schema.tables.flatMap(({ schema: name, table, longIndexes: long = [] }) =>
    long.map((index) => ({ schema: name, table, ...index })),
  )
}

/** Returns the unique keys and checks of existing tables: only the server can tell whether rows satisfy them. */
export function serverRules({ schema }: Plan): ServerRule[] {
  return schema.tables
    .filter(({ existing }) => existing)
    .flatMap(({ schema: name, table, primaryKey, uniques, checks }) => [
      ...[primaryKey, ...uniques].flatMap((key) =>
        key === null ? [] : [{ schema: name, table, kind: 'unique' as const, name: key.name }],
      ),
      ...checks.map((check) => ({ schema: name, table, kind: 'check' as const, name: check.name })),
    ])
}
