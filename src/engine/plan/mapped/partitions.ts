/**
 * Keys, unique columns and monthly partitions, fitted to the data. Invariant: a constraint that source rows violate is relaxed, which the
 * plan says, and no row is lost to it.
 */
import type { TimeParameters } from '../../model/conversion.ts'
import { formatCounted } from '../../model/format-count.ts'
import { plainPart, type TargetIndex } from '../../model/target-schema.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { Draft } from '../base/designed-tables.ts'
import { columnOf } from '../base/designed-tables.ts'
import { columnCensus, find, type MappedTable, type Planning, valuesOf } from '../base/planning.ts'
import { countIn } from '../evidence/evidence-source.ts'
import { areAllZulu, countRepeats, idText, isNumberText } from '../evidence/questions.ts'
import { addMonths, instantText, monthsOf, type TimeShape } from '../evidence/time-questions.ts'

/** More partitions than this make every query's planning slow; later months stay in the default partition. */
const mostMonths = 600

export function fitKeys(source: MappedTable): void {
  fitPrimaryKey(source)
  fitUniques(source)
}

function fitPrimaryKey(source: MappedTable): void {
  const { draft, census } = source
  const planned = draft.designed.primaryKey
  const keys = [planned, ...(draft.designed.otherKeys ?? [])]
  if (census.rows === 0 || keys.length === 1) return
  const chosen = keys.find((key) => canBeKey(source, key)) ?? null
  const names = (key: readonly string[]): string => `(${key.join(', ')})`
  draft.primaryKey = chosen
  if (chosen === planned) return
  source.planning.notes.amend(
    'key-changed',
    draft.designedName,
    chosen === null
      ? `There is no primary key: ${names(planned)} can be null in the source, and a partitioned table's key must hold ${draft.designed.partitionByMonth}.`
      : `The primary key is ${names(chosen)} where the plan has ${names(planned)}, which ${whyNot(source, planned)}.`,
  )
  const isStillUnique =
    chosen !== null && planned.every((name) => isFilled(source, name)) && repeatsOf(source, planned) === 0
  if (!isStillUnique) return
  draft.indexes.push(uniqueIndex(`${draft.table}_planned_key`, planned))
}

function canBeKey(source: MappedTable, key: readonly string[]): boolean {
  return whyNot(source, key) === null
}

/** Returns why the columns can't be the key; null when they can. */
export function whyNot(source: MappedTable, key: readonly string[]): string | null {
  for (const name of key) {
    if (!isFilled(source, name)) return `has no ${name} in the source`
    if (canBeNull(source, name)) return `can be null in ${name}`
  }
  const repeats = repeatsOf(source, key)
  return repeats > 0 ? `repeats in ${formatCounted(repeats, 'row')}` : null
}

function isFilled(source: MappedTable, target: string): boolean {
  return (source.origins.get(target)?.kind ?? 'nothing') !== 'nothing'
}

function canBeNull(source: MappedTable, target: string): boolean {
  const origin = source.origins.get(target)
  const reference = source.references.find((candidate) => candidate.target === target)
  const column = origin?.kind === 'column' ? origin.column : reference?.columns[0]
  if (column === undefined) return false
  // A null in a column that stays `not null` sends its row to quarantine.
  if (columnCensus(source.census, column).nulls > 0) return columnOf(source.draft, target).nullable
  return source.orphaned.has(target)
}

/** Returns the number of target rows whose key an earlier row has; 0 for a key with numbers of a sequence. */
function repeatsOf(source: MappedTable, key: readonly string[]): number {
  if (key.some((name) => columnOf(source.draft, name).sequence !== null)) return 0
  const expressions = key.map((name) => keyText(source, name)).filter((sql) => sql !== null)
  if (source.pivot === null) {
    return countRepeats(source.planning.queries, source.database, source.table.name, expressions)
  }
  // One row for each group, with the columns in which the group's rows agree.
  const group = source.pivot.groupBy.map((name) => `${quoteSqlite(name)} collate binary`).join(', ')
  const columns = source.pivot.groupBy.map(quoteSqlite).join(', ')
  return countRepeats(
    source.planning.queries,
    source.database,
    { select: `select ${columns} from ${quoteSqlite(source.table.name)} group by ${group}` },
    expressions,
  )
}

/** Returns SQL that is equal for two cells that become the same value in the target; null when the values are not of a column. */
function keyText(source: MappedTable, target: string): string | null {
  const origin = source.origins.get(target)
  const reference = source.references.find((candidate) => candidate.target === target)
  if (reference !== undefined) return idText(quoteSqlite(reference.columns[0]!))
  if (origin?.kind !== 'column') return null
  const sql = quoteSqlite(origin.column)
  if (origin.conversion.kind === 'timestamptz') {
    return instantText(sql, origin.conversion, shapeOfTimes(source, origin.column, origin.conversion))
  }
  if (origin.conversion.kind === 'uuid-of-id') return idText(sql)
  return `cast(${sql} as text)`
}

function shapeOfTimes(source: MappedTable, column: string, { epoch }: TimeParameters): TimeShape {
  const stored = valuesOf(source, column)
  const values = columnCensus(source.census, column)
  const { texts, textForms, maxCharacters, totalBytes } = values
  if (texts === 0) return 'numbers'
  if (values.integers + values.reals > 0) return 'mixed'
  if (epoch !== null) {
    const numbers = countIn(stored, isNumberText(stored.sql))
    return numbers === texts ? 'number-texts' : 'mixed'
  }
  if (totalBytes !== texts * maxCharacters) return 'texts'
  // 26 characters are a date, a time and six digits of a second.
  if (textForms.date === texts || textForms.instant === texts)
    return maxCharacters <= 26 ? 'uniform' : 'texts'
  const isZulu = textForms['zoned-instant'] === texts && maxCharacters <= 27
  return isZulu && areAllZulu(stored) ? 'uniform' : 'texts'
}

/** A unique column whose values repeat gets a plain index instead. */
function fitUniques(source: MappedTable): void {
  const { draft, database, table } = source
  for (const columns of [...draft.uniques]) {
    const expressions = columns.map((name) => keyText(source, name))
    if (expressions.some((sql) => sql === null)) continue
    const repeats = countRepeats(
      source.planning.queries,
      database,
      table.name,
      expressions.filter((sql) => sql !== null),
    )
    if (repeats === 0) continue
    draft.uniques = draft.uniques.filter((unique) => unique !== columns)
    draft.indexes.push({ ...uniqueIndex(`idx_${draft.table}_${columns.join('_')}`, columns), unique: false })
    const message = `${columns.join(', ')} is not unique: ${formatCounted(repeats, 'row')} of ${table.name} ${repeats === 1 ? 'repeats' : 'repeat'} a value.`
    source.planning.notes.amend('unique-relaxed', draft.designedName, message)
    find(source, source.homes.get(columns[0]!) ?? columns[0]!, {
      severity: 'warning',
      code: 'repeated-values',
      message: `${draft.designedName}: ${message} All rows are kept; a plain index takes the constraint's place.`,
      count: repeats,
    })
  }
}

/** Drops foreign keys to columns that are no longer unique. */
export function fitForeignKeys(planning: Planning, drafts: ReadonlyMap<string, Draft>): void {
  for (const draft of drafts.values()) {
    draft.foreignKeys = draft.foreignKeys.filter((key) => {
      const parent = drafts.get(`${key.references.schema}.${key.references.table}`)
      if (parent === undefined) return false
      const wanted = key.references.columns.join()
      const isUnique =
        parent.primaryKey?.join() === wanted || parent.uniques.some((unique) => unique.join() === wanted)
      if (!isUnique) {
        planning.notes.amend(
          'foreign-key-dropped',
          draft.designedName,
          `${key.columns.join(', ')} has no foreign key: ${wanted} of ${parent.designedName} is not unique.`,
        )
      }
      return isUnique
    })
  }
}

function uniqueIndex(name: string, columns: readonly string[]): TargetIndex {
  return {
    name,
    unique: true,
    parts: columns.map((column) => plainPart(column)),
    where: null,
  }
}

/** Partitions for the months that hold data and three more, and a default one for everything else. */
export function planPartitions(planning: Planning, draft: Draft, source: MappedTable | null): void {
  const column = draft.designed.partitionByMonth
  if (column === undefined) return
  const origin = source?.origins.get(column)
  const found =
    source !== null && origin?.kind === 'column' && origin.conversion.kind === 'timestamptz'
      ? monthsOf(valuesOf(source, origin.column), origin.conversion)
      : []
  const possible = found.filter((month) => month >= '0001-01')
  const latest = possible.at(-1)
  const ahead = latest === undefined ? [] : [1, 2, 3].map((months) => addMonths(latest, months))
  const kept = [...possible, ...ahead].filter((month) => month <= '9998-12')
  const months = (kept.length > mostMonths ? kept.slice(-mostMonths) : kept).map((month) => ({
    name: `${draft.table}_${month.replace('-', '_')}`,
    from: `${month}-01 00:00:00+00`,
    to: `${addMonths(month, 1)}-01 00:00:00+00`,
  }))
  draft.partitioning = { kind: 'months', column, months, defaultName: `${draft.table}_default` }
  planning.notes.amend(
    'partitions',
    draft.designedName,
    months.length === 0
      ? 'There is a default partition only: no month holds data yet.'
      : `There are ${formatCounted(months.length, 'monthly partition')}, for the months that hold data and three ahead of the last, and a default partition.`,
  )
}
