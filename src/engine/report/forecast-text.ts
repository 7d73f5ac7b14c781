/** Prints a forecast in sentences, for all faces and reports. Pure. */

import { largerDecimal } from '../encode/numbers/decimal.ts'
import type { RejectCode } from '../model/conversion.ts'
import type { Forecast, ForecastTable } from '../model/forecast.ts'
import { rejectSentences } from '../model/reject-sentences.ts'
import { formatCount, formatCounted, printable } from './format.ts'

/** `49,833 rows: 45,993 cells exact, 3,840 rounded (largest error 0.00000005), none to quarantine; 2 checks stay not validated.` */
export function forecastSentence(forecast: Forecast): string {
  const { tables, quarantine } = forecast
  const rows = tables.reduce((sum, table) => sum + table.rows.source, 0)
  const parts = [cellsText(tables), quarantineText(quarantine.rows)]
  const after = [...constraintTexts(forecast), ...exitText(forecast)]
  return `${formatCounted(rows, 'row')}: ${parts.join(', ')}${after.length === 0 ? '' : `; ${after.join('; ')}`}.`
}

/** For one table, without its name: `1,200 cells exact, 3 rounded (largest error 0.4), 1 row to quarantine`. */
export function tableForecastText(table: ForecastTable): string {
  return [cellsText([table]), quarantineText(table.rows.quarantined)].join(', ')
}

/** Returns one line for each rounded column and each reason of quarantine, then what no finding of the plan reports. */
export function forecastLines(forecast: Forecast): readonly string[] {
  return [
    ...forecast.tables.flatMap(tableLines),
    ...forecast.sequencesAtEnd.map(({ schema, table, column, last, next }) =>
      printable(
        `${schema}.${table}.${column}: its sequence cannot continue after ${last}, the last number of its type; ${next === null ? 'no number is left, and new rows must name theirs' : `new rows are numbered from ${next}`}`,
      ),
    ),
    ...serverRuleLines(forecast),
  ]
}

/** Returns a line for each constraint that stays not validated, and each key or index that is replaced or left out. */
export function constraintLines({ unvalidated, longIndexes }: Forecast): readonly string[] {
  return [
    ...unvalidated.map(({ schema, table, kind, name, rows, reason }) => {
      const what = kind === 'check' ? 'check' : 'foreign key'
      const why = {
        'rows-break-it': `${formatCounted(rows, 'row')} ${rows === 1 ? 'breaks' : 'break'} it`,
        orphans: `${formatCounted(rows, 'row')} ${rows === 1 ? 'names' : 'name'} no row`,
        'rows-in-quarantine': `${formatCounted(rows, 'row')} ${rows === 1 ? 'names' : 'name'} rows in quarantine`,
      }[reason]
      return printable(`${schema}.${table}: the ${what} ${name} stays not validated (${why})`)
    }),
    ...longIndexes.map(({ schema, table, name, kind, bytes, rows, fate }) => {
      const what = { 'primary-key': 'primary key', unique: 'unique key', index: 'index' }[kind]
      const becomes =
        fate === 'hashed' ? 'becomes a unique index over a hash of its values' : 'is not created'
      return printable(
        `${schema}.${table}: the ${what} ${name} ${becomes} (entries of up to ${formatCount(bytes)} bytes in ${formatCounted(rows, 'row')}; PostgreSQL takes 2,704)`,
      )
    }),
  ]
}

function serverRuleLines({ judgedByServer }: Forecast): string[] {
  const byTable = Map.groupBy(judgedByServer, ({ schema, table }) => `${schema}.${table}`)
  return Array.from(byTable, ([table, rules]) =>
    printable(
      `${table}: the server may refuse rows by ${rules.map(({ kind, name }) => `the ${kind.replace('-', ' ')} ${name}`).join(', ')}`,
    ),
  )
}

function tableLines({ tableId, columns, quarantine }: ForecastTable): string[] {
  return [
    ...columns
      .filter(({ rounded }) => rounded > 0)
      .map(({ target, rounded, maxError }) =>
        printable(
          `${tableId} ${target}: ${formatCounted(rounded, 'cell')} rounded, largest error ${maxError ?? '0'}`,
        ),
      ),
    ...quarantine.map(({ column, code, rows }) =>
      printable(
        `${tableId}${column === null ? '' : ` ${column}`}: ${formatCounted(rows, 'row')} to quarantine, ${sentenceOf(code)} (${code})`,
      ),
    ),
  ]
}

function sentenceOf(code: RejectCode): string {
  return rejectSentences[code]
}

function cellsText(tables: readonly ForecastTable[]): string {
  const columns = tables.flatMap((table) => table.columns)
  const sum = (kind: 'exact' | 'normalized' | 'rounded'): number =>
    columns.reduce((total, column) => total + column[kind], 0)
  const rounded = sum('rounded')
  const normalized = sum('normalized')
  const errors = columns.flatMap(({ maxError }) => maxError ?? [])
  const largest = errors.reduce((one, other) => largerDecimal(one, other), '0')
  return [
    `${formatCounted(sum('exact'), 'cell')} exact`,
    ...(normalized === 0 ? [] : [`${formatCount(normalized)} normalized`]),
    rounded === 0 ? 'none rounded' : `${formatCount(rounded)} rounded (largest error ${largest})`,
  ].join(', ')
}

function quarantineText(rows: number): string {
  return rows === 0 ? 'none to quarantine' : `${formatCounted(rows, 'row')} to quarantine`
}

function constraintTexts({ unvalidated, sequencesAtEnd, longIndexes }: Forecast): string[] {
  const counted = (count: number, noun: string, verb: string, verbs: string, nouns = `${noun}s`): string[] =>
    count === 0 ? [] : [`${formatCounted(count, noun, nouns)} ${count === 1 ? verb : verbs}`]
  const of = (kind: 'check' | 'foreign-key'): number => unvalidated.filter((one) => one.kind === kind).length
  const fate = (wanted: 'hashed' | 'left-out'): number =>
    longIndexes.filter((index) => index.fate === wanted).length
  return [
    ...counted(of('check'), 'check', 'stays not validated', 'stay not validated'),
    ...counted(of('foreign-key'), 'foreign key', 'stays not validated', 'stay not validated'),
    ...counted(sequencesAtEnd.length, 'sequence', 'cannot continue', 'cannot continue'),
    ...counted(fate('hashed'), 'key', 'becomes a hash', 'become hashes'),
    ...counted(fate('left-out'), 'index', 'is left out', 'are left out', 'indexes'),
  ]
}

function exitText({ exitCode, quarantine }: Forecast): string[] {
  switch (exitCode) {
    case 0:
      return []
    case 6:
      return ['the run will stop at the first refused row (exit code 6)']
    case 8:
      return [quarantine.rows > 0 ? 'exit code 8' : 'rows of damaged databases are missing (exit code 8)']
    default:
      return exitCode satisfies never
  }
}
