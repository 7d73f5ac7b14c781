/**
 * Checks option values, for the library's functions and for the command line once it has parsed its words. Pure. Invariant: an invalid
 * value is a usage error, and never silently becomes another value.
 */
import { type EpochUnit, epochUnits } from '../engine/model/conversion.ts'
import { MigrateError } from '../engine/model/errors.ts'
import { intervalForm } from '../engine/model/mapping.ts'
import { nearest } from '../engine/model/nearest.ts'
import type { MappingChoice } from '../engine/model/options.ts'

/** Returns the value as the engine takes it. `written`: the option as its user writes it, `--verify` or `verify`. Throws a usage error. */
export type Rule<T = unknown> = (value: unknown, written: string) => T

/** A rule whose values are a few words. */
export type WordRule<W extends string = string> = Rule<W> & { readonly words: readonly W[] }

const flag: Rule<boolean> = (value, written) =>
  typeof value === 'boolean' ? value : refuse(written, 'true or false', value)

const text: Rule<string> = (value, written) =>
  typeof value === 'string' && value !== '' ? value : refuse(written, 'a text', value)

const texts: Rule<readonly string[]> = (value, written) =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')
    ? (value as string[])
    : refuse(written, 'a list of texts', value)

const object: Rule<object> = (value, written) =>
  typeof value === 'object' && !Array.isArray(value) ? value! : refuse(written, 'an object', value)

/** From `least` to `most`, both included. */
export function wholeWithin(least: number, most: number): Rule<number> {
  return (value, written) =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
      ? value
      : refuse(written, `a whole number from ${least} to ${most}`, value, 'value-not-a-number')
}

export function oneOf<const W extends string>(...words: readonly W[]): WordRule<W> {
  const rule: Rule<W> = (value, written) =>
    words.find((word) => word === value) ?? refuseWord(written, words, value, words)
  return Object.assign(rule, { words })
}

/** One path or several. */
const paths: Rule<readonly string[]> = (value, written) =>
  typeof value === 'string' ? [text(value, written)] : texts(value, written)

const schemaName: Rule<string> = (value, written) => {
  const schema = text(value, written)
  if (!/^(pg_.*|information_schema|gpt_migrate)$/.test(schema)) return schema
  throw usage('schema-reserved', `${written} names ${schema}, which is not for tables of yours.`)
}

/** A number and a unit, such as `7 days`. */
const interval: Rule<string> = (value, written) => {
  const given = text(value, written).trim().toLowerCase()
  if (intervalForm.test(given)) return given
  throw usage(
    'value-malformed',
    `${written} takes a number and a unit, not "${given}".`,
    `For example ${written} '7 days'; units are minutes, hours, days, weeks, months and years.`,
  )
}

/** An IANA time zone, in its official spelling. */
const timezone: Rule<string> = (value, written) => {
  const name = text(value, written)
  // Intl takes some milliseconds to load.
  if (name === 'UTC') return name
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    throw usage(
      'unknown-timezone',
      `"${name}" is not a time zone.`,
      'Use a name of the IANA database, such as Europe/Berlin or UTC.',
    )
  }
}

const builtInMappings = ['gpt-trader', 'auto'] as const

/** A built-in mapping, or the path of a file. */
const mapping: Rule<MappingChoice> = (value, written) => {
  if (typeof value === 'object' && value !== null && 'file' in value)
    return { file: text(value.file, written) }
  const builtIn = builtInMappings.find((name) => name === value)
  if (builtIn !== undefined) return builtIn
  const word = text(value, written)
  if (/[/\\]|\.(ya?ml|json)$/i.test(word)) return { file: word }
  return refuseWord(written, [...builtInMappings, 'a file such as mapping.yaml'], word, builtInMappings)
}

/** The mapping's databases, by the file that stands for each. */
const databasesByFile: Rule<Readonly<Record<string, string>>> = (value, written) =>
  Object.fromEntries(
    Object.entries(object(value, written)).map(([file, name]) => [file, text(name, written)]),
  )

/** Units, by `table.column`. */
const epochs: Rule<Readonly<Record<string, EpochUnit>>> = (value, written) =>
  Object.fromEntries(
    Object.entries(object(value, written)).map(([column, unit]) => {
      if (!/.\../.test(column))
        throw usage('epoch-malformed', `${written} names a column as TABLE.COLUMN, not "${column}".`)
      const found = epochUnits.find((known) => known === unit)
      return [column, found ?? refuseWord(written, epochUnits, unit, epochUnits)]
    }),
  )

const signal: Rule<AbortSignal> = (value, written) =>
  value instanceof AbortSignal ? value : refuse(written, 'an AbortSignal', value)

const listener: Rule<unknown> = (value, written) =>
  typeof value === 'function' ? value : refuse(written, 'a function', value)

/** An earlier report, as parsed JSON. */
const report: Rule<object> = (value, written) => {
  const given = object(value, written)
  return 'statements' in given && Array.isArray(given.statements)
    ? given
    : refuse(written, 'a report of statements', value)
}

/** A path with the extension of one of the formats. */
export function fileThatEnds(...endings: readonly string[]): Rule<string> {
  return (value, written) => {
    const file = text(value, written)
    if (endings.some((ending) => file.endsWith(ending))) return file
    throw usage('report-format', `${written} takes a file that ends in ${listOf(endings)}, not "${file}".`)
  }
}

/** The rules of all the library's options, by name. */
export const optionRules = {
  target: text,
  role: text,
  workFolder: text,
  port: wholeWithin(1, 65_535),
  env: object,
  run: text,
  source: paths,
  as: databasesByFile,
  mapping,
  plan: text,
  trustMapping: flag,
  exclude: texts,
  allowMissing: flag,
  views: flag,
  salvage: flag,
  schema: schemaName,
  into: oneOf('one'),
  dataOnly: flag,
  append: flag,
  jsonText: oneOf('string'),
  epoch: epochs,
  timezone,
  orphans: oneOf('keep', 'quarantine', 'fail'),
  unmapped: oneOf('add', 'archive', 'drop', 'fail'),
  onOverflow: oneOf('widen', 'quarantine'),
  onReject: oneOf('quarantine', 'fail'),
  identifiers: oneOf('keep', 'snake_case'),
  timeseries: oneOf('auto', 'native', 'timescaledb'),
  distribute: oneOf('auto', 'none'),
  search: flag,
  searchLanguage: text,
  columnstore: interval,
  retention: interval,
  strictTypes: flag,
  int4WhenFits: flag,
  exact: flag,
  keepDays: wholeWithin(0, 3650),
  truncate: text,
  follow: flag,
  keepRunning: flag,
  startOver: text,
  verify: oneOf('none', 'count', 'checksum', 'full'),
  jobs: wholeWithin(1, 64),
  report: fileThatEnds('.json', '.md', '.html'),
  printed: object,
  dryRun: flag,
  level: oneOf('count', 'checksum', 'full'),
  repair: flag,
  force: text,
  toSqlite: text,
  file: text,
  ahead: wholeWithin(0, 600),
  partman: flag,
  resync: texts,
  onCutover: text,
  beforeCutover: text,
  onAbort: text,
  within: wholeWithin(0, 3600),
  fence: wholeWithin(1, 3600),
  hold: wholeWithin(0, 86_400),
  acceptQuarantine: flag,
  noFallback: flag,
  to: text,
  keep: oneOf('sqlite', 'postgres'),
  once: flag,
  paths: texts,
  log: texts,
  writes: flag,
  writesOnCopy: flag,
  baseline: report,
  signal,
  onEvent: listener,
  engine: object,
} satisfies Readonly<Record<string, Rule>>

export type OptionName = keyof typeof optionRules

/** "a, b or c". */
export function listOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

export function usage(code: string, message: string, hint?: string): MigrateError {
  return new MigrateError('usage', code, message, hint === undefined ? {} : { hint })
}

function refuse(written: string, wanted: string, value: unknown, code = 'value-malformed'): never {
  throw usage(code, `${written} takes ${wanted}, not ${shown(value)}.`)
}

/** `words`: the valid words, for a suggestion. */
function refuseWord(
  written: string,
  wanted: readonly string[],
  value: unknown,
  words: readonly string[],
): never {
  const close = typeof value === 'string' ? nearest(value, words) : null
  const meant = written.startsWith('--') ? `${written} ${close}` : close
  throw usage(
    'value-unknown',
    `${written} takes ${listOf(wanted)}, not ${shown(value)}.`,
    close === null ? undefined : `Did you mean ${meant}?`,
  )
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`
  return typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : `a value of type ${typeof value}`
}
