/**
 * Plans hypertables of TimescaleDB. Invariant: whatever TimescaleDB would refuse is a finding of the plan, and no row is given an invented
 * time.
 */

import type { Finding } from '../../model/finding.ts'
import { formatCounted } from '../../model/format-count.ts'
import type { TimeseriesMapping } from '../../model/mapping.ts'
import type { Columnstore, TargetIndex } from '../../model/target-schema.ts'
import { isAtLeast } from '../../target/extensions/extension-version.ts'
import { changeColumn, type Draft, readIndex } from '../base/designed-tables.ts'
import { columnCensus, type MappedTable, type Planning, valuesOf } from '../base/planning.ts'
import { monthsOf } from '../evidence/time-questions.ts'
import type { Timescale } from './amendments.ts'
import { whyNot } from './partitions.ts'

const TIME_TYPES = ['timestamp with time zone', 'timestamp without time zone', 'date']

/** The oldest version in which an ordinary table may reference a hypertable. */
const REFERENCES_TO_HYPERTABLES = [2, 16] as const

/** Returns the mapping's `timeseries` for the source table, else for the target table; monthly partitions become chunks of a month. */
function timeseriesOf(draft: Draft, source: MappedTable | null): TimeseriesMapping | null {
  const { timeseries, partitionByMonth } = draft.designed
  const words = source?.mapping.timeseries ?? timeseries
  if (words !== undefined) return words
  return partitionByMonth === undefined ? null : { column: partitionByMonth }
}

export function planHypertable(
  planning: Planning,
  draft: Draft,
  source: MappedTable | null,
  timescale: Timescale,
): void {
  const words = timeseriesOf(draft, source)
  if (words === null) return
  const { notes, options } = planning
  const refuse = (code: string, message: string, hint?: string): void => {
    notes.find({
      severity: 'error',
      code,
      message: `${draft.designedName} cannot be a hypertable: ${message}`,
      ...placeOf(source),
      ...(hint === undefined ? {} : { hint }),
    })
  }
  const { column } = words
  const columns = new Map(draft.columns.map((one) => [one.name, one]))
  const time = columns.get(column)
  if (time === undefined || !TIME_TYPES.includes(time.type)) {
    const what = time === undefined ? 'there is no such column' : `it is ${time.type}`
    refuse(
      'hypertable-column',
      `${column} has to be a time or a date, and ${what}.`,
      time === undefined
        ? undefined
        : `If it holds times, give it the type of one: columns: {${column}: {type: timestamptz}} in the mapping file.`,
    )
    return
  }
  takeKey(planning, draft, source, words, refuse)
  const columnstore = columnstoreOf(draft, words, options.columnstore)
  const retention = words.retention ?? options.retention
  const named = [
    ...(words.key ?? []),
    ...(columnstore?.segmentby ?? []),
    ...(columnstore?.orderby ?? []).map(withoutOrder),
  ]
  const unknown = named.find((name) => !columns.has(name))
  if (unknown !== undefined) refuse('hypertable-column', `it has no column ${unknown}.`)
  const nulls = nullsIn(planning, source, column)
  if (time.nullable && nulls > 0) {
    refuse(
      'hypertable-null',
      `${column} is null in ${formatCounted(nulls, 'row')}, and TimescaleDB needs the time of each.`,
    )
  }
  changeColumn(draft, column, { nullable: false })
  const keys = keysWithout(draft, source, column)
  if (keys.length > 0) {
    const key = draft.primaryKey
    refuse(
      'hypertable-key',
      `TimescaleDB demands the time ${column} in every unique key, and ${keys.map((one) => `(${one.join(', ')})`).join(', ')} ${keys.length === 1 ? 'lacks' : 'lack'} it.`,
      key !== null && keys.length === 1 && keys[0] === key
        ? `Give the table a key that holds it: key: [${[...key, column].join(', ')}] among the words of its timeseries.`
        : 'Leave those keys out of the mapping, or widen them by the time.',
    )
  }
  if (timescale.license === 'apache' && (columnstore !== null || retention !== undefined)) {
    refuse(
      'columnstore-license',
      `the server runs TimescaleDB under its Apache licence, which has neither columnstore nor retention.`,
      `Leave ${columnstore !== null ? 'the columnstore' : 'the retention'} out, or set timescaledb.license = 'timescale' in postgresql.conf where the server's build has that.`,
    )
  }
  const chunk = words.chunk ?? '1 month'
  draft.hypertable = {
    column,
    chunk,
    extensionSchema: timescale.schema,
    ...(columnstore === null ? {} : { columnstore }),
    ...(retention === undefined ? {} : { retention }),
  }
  notes.amend(
    'hypertable',
    draft.designedName,
    `It is a hypertable of TimescaleDB, cut by ${column} into chunks of ${chunk}${draft.designed.partitionByMonth === undefined ? '' : ', where the plan has monthly partitions'}.`,
  )
  if (columnstore !== null) {
    notes.amend(
      'columnstore',
      draft.designedName,
      `Chunks older than ${columnstore.after} go into the columnstore once every value is proven${columnstore.segmentby.length === 0 ? '' : `, segmented by ${columnstore.segmentby.join(', ')}`}, ordered by ${columnstore.orderby.join(', ')}; they are then proven again.`,
    )
  }
  if (retention !== undefined) warnOfRetention(planning, draft, source, column, retention)
}

function placeOf(source: MappedTable | null): Pick<Finding, 'tableId' | 'database' | 'table'> {
  return source === null
    ? {}
    : { tableId: source.tableId, database: source.database, table: source.table.name }
}

/** Takes the primary key of the mapping's `timeseries`, with an error when the data does not allow it. */
function takeKey(
  planning: Planning,
  draft: Draft,
  source: MappedTable | null,
  { key }: TimeseriesMapping,
  refuse: (code: string, message: string) => void,
): void {
  if (key === undefined || key.join() === draft.primaryKey?.join()) return
  const names = (columns: readonly string[]): string => `(${columns.join(', ')})`
  const hasAllColumns = key.every((name) => draft.columns.some((column) => column.name === name))
  const why = source === null || !hasAllColumns || source.census.rows === 0 ? null : whyNot(source, key)
  if (why !== null) refuse('hypertable-key', `the key ${names(key)} ${why}.`)
  planning.notes.amend(
    'key-changed',
    draft.designedName,
    `The primary key is ${names(key)}, as its timeseries says${draft.primaryKey === null ? '' : `, and not ${names(draft.primaryKey)}`}.`,
  )
  draft.primaryKey = key
}

/** Warns even though the user asked for the retention. Its first deletion is a day after the verification. */
function warnOfRetention(
  planning: Planning,
  draft: Draft,
  source: MappedTable | null,
  column: string,
  retention: string,
): void {
  const origin = source?.origins.get(column)
  const oldest =
    source !== null && origin?.kind === 'column' && origin.conversion.kind === 'timestamptz'
      ? monthsOf(valuesOf(source, origin.column), origin.conversion)[0]
      : undefined
  planning.notes.find({
    severity: 'warning',
    code: 'retention-deletes',
    message: `TimescaleDB will DELETE rows of ${draft.designedName} whose ${column} is more than ${retention} old, again and again, from a day after the proven run on.${oldest === undefined ? '' : ` The oldest row of the source is of ${oldest}.`}`,
    hint: 'All rows are moved and proven before. Without --retention, and without retention in the mapping file, nothing is deleted.',
    ...placeOf(source),
  })
}

function columnstoreOf(
  draft: Draft,
  { column, columnstore: words }: TimeseriesMapping,
  usualAfter: string | undefined,
): Columnstore | null {
  const after = words?.after ?? usualAfter
  if (after === undefined) return null
  const others = (draft.primaryKey ?? []).filter((name) => name !== column)
  const typeOf = new Map(draft.columns.map(({ name, type }) => [name, type]))
  const first = others.find((name) => /^(text|character varying|uuid)/.test(typeOf.get(name) ?? ''))
  const segmentby = words?.segmentby ?? (first === undefined ? [] : [first])
  const orderby = words?.orderby ?? [`${column} desc`, ...others.filter((name) => !segmentby.includes(name))]
  return { after, segmentby, orderby }
}

export function withoutOrder(part: string): string {
  return part.replace(/ (?:desc|asc)$/i, '')
}

function nullsIn({ censuses }: Planning, source: MappedTable | null, target: string): number {
  const origin = source?.origins.get(target)
  if (source === null || origin === undefined || censuses.size === 0) return 0
  if (origin.kind === 'nothing') return source.census.rows
  return origin.kind === 'column' ? columnCensus(source.census, origin.column).nulls : 0
}

/** Returns the columns of each unique key and index that lacks the time column. */
function keysWithout(
  draft: Draft,
  source: MappedTable | null,
  column: string,
): readonly (readonly string[])[] {
  const indexes: readonly TargetIndex[] = [
    ...draft.indexes,
    ...Object.entries(source?.mapping.indexes ?? {}).map(([name, index]) => readIndex(name, index)),
  ]
  const unique = indexes
    .filter((index) => index.unique)
    .map(({ parts }) => parts.map((part) => ('column' in part ? part.column : part.expression)))
  return [...(draft.primaryKey === null ? [] : [draft.primaryKey]), ...draft.uniques, ...unique].filter(
    (key) => !key.includes(column),
  )
}

/** Reports foreign keys to hypertables: TimescaleDB allows none from another hypertable, and before 2.16 none at all. */
export function checkReferences(planning: Planning, timescale: Timescale): void {
  const hypertables = new Set(
    [...planning.drafts.values()]
      .filter(({ hypertable }) => hypertable !== null)
      .map(({ schema, table }) => JSON.stringify([schema, table])),
  )
  for (const draft of planning.drafts.values()) {
    for (const { name, references } of draft.foreignKeys) {
      if (!hypertables.has(JSON.stringify([references.schema, references.table]))) continue
      const isHypertable = draft.hypertable !== null
      if (!isHypertable && isAtLeast(timescale.version, REFERENCES_TO_HYPERTABLES)) continue
      planning.notes.find({
        severity: 'error',
        code: 'hypertable-reference',
        message: `The foreign key ${name} of ${draft.designedName} refers to the hypertable ${references.schema}.${references.table}, which ${isHypertable ? 'no other hypertable may' : `needs TimescaleDB ${REFERENCES_TO_HYPERTABLES.join('.')}`}.`,
        hint: `Make one of the two an ordinary table: leave its timeseries out of the mapping file, or run with --timeseries native.`,
      })
    }
  }
}

/**
 * Reports time-series requests that the server cannot meet: errors for options, warnings for a mapping file. `timescale`: null when
 * TimescaleDB is not used; where it is, `planHypertable` has planned or refused what the mapping requests.
 */
export function findUnmetRequests(
  planning: Planning,
  mapped: readonly MappedTable[],
  timescale: Timescale | null,
): void {
  const { options, notes } = planning
  const drafts = [...planning.drafts.values()]
  const hasHypertable = drafts.some(({ hypertable }) => hypertable !== null)
  for (const name of ['columnstore', 'retention'] as const) {
    if (options[name] === undefined || hasHypertable) continue
    notes.find({
      severity: 'error',
      code: 'no-hypertable',
      message: `--${name} is for hypertables of TimescaleDB, and this plan has none.`,
      hint: 'Where the server has TimescaleDB: --timeseries timescaledb, or timeseries in a mapping file.',
    })
  }
  if (timescale !== null) return
  for (const draft of drafts) {
    const source = mapped.find((one) => one.draft === draft) ?? null
    const words = source?.mapping.timeseries ?? draft.designed.timeseries
    if (words === undefined) continue
    const left = [
      words.columnstore === undefined ? null : 'columnstore',
      words.retention === undefined ? null : 'retention',
    ]
    const without = left.filter((part) => part !== null)
    notes.find({
      severity: 'warning',
      code: 'no-hypertable',
      message: `${draft.designedName} is not a hypertable, though its timeseries asks for one: TimescaleDB is not used here.${without.length === 0 ? '' : ` It has no ${without.join(' and no ')}.`}`,
    })
  }
}
