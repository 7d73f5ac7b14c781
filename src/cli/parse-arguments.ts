/** argv → a request, or a usage error in a sentence. Pure. */
import { parseArgs } from 'node:util'
import {
  type MappingChoice,
  MigrateError,
  nearest,
  type PlanOptions,
  type VerifyLevel,
} from '../engine/door/index.ts'
import { type CommandName, commandSpecs, type OptionName, type OptionSpec, optionSpecs } from './options.ts'

export type Arguments = {
  readonly command: CommandName | 'run'
  /** What stands after the command. */
  readonly rest: readonly string[]
  readonly sources: readonly string[]
  readonly as: Readonly<Record<string, string>>
  readonly mapping: MappingChoice
  readonly target: string | null
  readonly plan: PlanOptions
  readonly planFile: string | null
  readonly truncate: string | null
  readonly verifyLevel: VerifyLevel
  /** Null: the number of cores. */
  readonly jobs: number | null
  readonly yes: boolean
  readonly dryRun: boolean
  readonly json: boolean
  readonly plain: boolean
  readonly sql: boolean
  readonly out: string | null
  readonly repair: boolean
  readonly toSqlite: string | null
  readonly report: string | null
  readonly workFolder: string
  readonly keepDays: number
  readonly keepRunning: boolean
  readonly startOver: boolean
  readonly salvage: boolean
  readonly run: string | null
  readonly force: string | null
  readonly rows: number
  readonly folder: string
  readonly port: number | null
  readonly help: boolean
  readonly version: boolean
}

export function parseArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = readTokens(argv)
  const one = (name: OptionName): string | null => values.get(name)?.at(-1) ?? null
  const many = (name: OptionName): readonly string[] => values.get(name) ?? []
  const has = (name: OptionName): boolean => values.has(name)
  const [first, ...rest] = positionals
  const command = commandOf(first)
  refuseSurplus(command, rest)
  if (has('plan') && has('mapping'))
    throw usage('options-exclude', '--plan is a whole plan: it takes no --mapping beside it.')
  for (const name of ['data-only', 'append', 'into', 'views'] as const) {
    if (has('plan') && has(name))
      throw usage('options-exclude', `--plan is a whole plan: it takes no --${name} beside it.`)
  }
  if (has('append') && !has('data-only'))
    throw usage('option-alone', '--append is for tables that are there already: it goes with --data-only.')
  if (has('append') && has('truncate'))
    throw usage(
      'options-exclude',
      '--append keeps the rows that are there, --truncate removes them: take one of them.',
    )
  if (has('views') && has('data-only'))
    throw usage('options-exclude', '--data-only creates nothing: it takes no --views beside it.')
  if (has('into') && has('data-only'))
    throw usage('options-exclude', '--data-only creates nothing: it takes no --into beside it.')
  if (has('into') && (one('mapping') ?? 'auto') !== 'auto')
    throw usage(
      'options-exclude',
      '--into one merges what the automatic mapping makes: it takes no other --mapping.',
    )
  return {
    command,
    rest,
    sources: command === 'inspect' && rest.length > 0 ? rest : many('source'),
    as: pairs(many('as')),
    mapping: mappingChoice(one('mapping')),
    target: one('target'),
    plan: {
      timezone: timezone(one('timezone') ?? 'UTC'),
      orphans: (one('orphans') ?? 'keep') as PlanOptions['orphans'],
      unmapped: (one('unmapped') ?? 'add') as PlanOptions['unmapped'],
      onOverflow: (one('on-overflow') ?? 'widen') as PlanOptions['onOverflow'],
      onReject: (one('on-reject') ?? 'quarantine') as PlanOptions['onReject'],
      exact: has('exact'),
      allowMissing: has('allow-missing'),
      schema: one('schema'),
      identifiers: (one('identifiers') ?? 'keep') as PlanOptions['identifiers'],
      strictTypes: has('strict-types'),
      int4WhenFits: has('int4-when-fits'),
      timeseries: (one('timeseries') ?? 'auto') as PlanOptions['timeseries'],
      exclude: many('exclude'),
      ...(has('data-only') ? { dataOnly: true } : {}),
      ...(has('append') ? { append: true } : {}),
      ...(has('into') ? { into: 'one' as const } : {}),
      ...(has('views') ? { views: true } : {}),
    },
    planFile: one('plan'),
    truncate: one('truncate'),
    verifyLevel: (one('level') ?? one('verify') ?? 'checksum') as VerifyLevel,
    jobs: wholeNumber('jobs', one('jobs'), 1, 64),
    yes: has('yes'),
    dryRun: has('dry-run'),
    json: has('json'),
    plain: has('plain'),
    sql: has('sql'),
    out: one('out'),
    repair: has('repair'),
    toSqlite: one('to-sqlite'),
    report: reportFile(one('report')),
    workFolder: one('work-folder') ?? '.gpt-migrate',
    keepDays: wholeNumber('keep-days', one('keep-days'), 0, 3650) ?? 14,
    keepRunning: has('keep-running'),
    startOver: has('start-over'),
    salvage: has('salvage'),
    run: one('run'),
    force: one('force'),
    rows: wholeNumber('rows', one('rows'), 1, 1_000_000_000) ?? 50_000,
    folder: one('folder') ?? 'gpt-migrate-demo',
    port: wholeNumber('port', one('port'), 1, 65535),
    help: has('help'),
    version: has('version'),
  }
}

function readTokens(argv: readonly string[]): { values: Map<string, string[]>; positionals: string[] } {
  const specs: readonly OptionSpec[] = optionSpecs
  const options = Object.fromEntries(
    specs.map((spec) => [
      spec.name,
      {
        type: spec.value === undefined ? ('boolean' as const) : ('string' as const),
        ...(spec.short === undefined ? {} : { short: spec.short }),
      },
    ]),
  )
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const values = new Map<string, string[]>()
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const spec = specs.find((known) => known.name === token.name)
    if (spec === undefined) throw unknownOption(token.rawName, specs)
    if (spec.value === undefined) {
      if (token.value !== undefined) throw usage('value-not-wanted', `--${spec.name} takes no value.`)
      values.set(spec.name, [])
      continue
    }
    const { value } = token
    const looksLikeOption = !token.inlineValue && value?.startsWith('-') === true
    if (value === undefined || value === '' || looksLikeOption)
      throw usage('value-missing', `--${spec.name} needs a value: --${spec.name} ${spec.value}.`)
    if (spec.choices !== undefined && !spec.choices.includes(value)) {
      throw usage('value-unknown', `--${spec.name} takes ${listOf(spec.choices)}, not "${value}".`)
    }
    values.set(spec.name, [...(values.get(spec.name) ?? []), value])
  }
  return { values, positionals }
}

function commandOf(word: string | undefined): Arguments['command'] {
  if (word === undefined) return 'run'
  const found = commandSpecs.find((spec) => spec.name === word)
  if (found !== undefined) return found.name
  const close = nearest(
    word,
    commandSpecs.map((spec) => spec.name),
  )
  const hint =
    close !== null
      ? `Did you mean: gpt-migrate ${close}`
      : looksLikePath(word)
        ? `To move a file or a folder: gpt-migrate --source ${word}`
        : 'See gpt-migrate --help.'
  throw usage('unknown-command', `There is no command "${word}".`, hint)
}

function looksLikePath(word: string): boolean {
  return /[/\\]|^\.|\.(db|sqlite3?|db3)$/i.test(word)
}

/** A word that nothing reads is refused: it was meant to do something. */
function refuseSurplus(command: Arguments['command'], rest: readonly string[]): void {
  const spec = commandSpecs.find((known) => known.name === command)
  const words = spec === undefined || spec.arguments === '' ? 0 : spec.arguments.split(' ').length
  // Only the last of a command's words reads what follows it.
  const takesMore = words < 2 || rest[0] === spec?.arguments.split(' ')[0]?.split('|').at(-1)
  const most = spec?.arguments.includes('…') ? Infinity : takesMore ? words : 1
  if (rest.length <= most) return
  throw usage('surplus-argument', `${command} takes no "${rest[most]}".`)
}

function unknownOption(raw: string, specs: readonly OptionSpec[]): MigrateError {
  const close = nearest(
    raw.replace(/^-+/, ''),
    specs.map((spec) => spec.name),
  )
  return usage(
    'unknown-option',
    `There is no option ${raw}.`,
    close === null ? 'See gpt-migrate --help.' : `Did you mean --${close}?`,
  )
}

function pairs(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.lastIndexOf('=')
      if (at <= 0 || at === text.length - 1)
        throw usage('as-malformed', `--as takes FILE=NAME, not "${text}".`)
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}

function wholeNumber(name: string, text: string | null, least: number, most: number): number | null {
  if (text === null) return null
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= least && value <= most))
    throw usage(
      'value-not-a-number',
      `--${name} takes a whole number from ${least} to ${most}, not "${text}".`,
    )
  return value
}

function mappingChoice(word: string | null): MappingChoice {
  if (word === null || word === 'gpt-trader' || word === 'auto') return word
  if (/[/\\]|\.(ya?ml|json)$/i.test(word)) return { file: word }
  const close = nearest(word, ['gpt-trader', 'auto'])
  throw usage(
    'value-unknown',
    `--mapping takes gpt-trader, auto or a file such as mapping.yaml, not "${word}".`,
    close === null ? 'See gpt-migrate --help.' : `Did you mean ${close}?`,
  )
}

function timezone(name: string): string {
  // Asking Intl takes some milliseconds.
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

function reportFile(file: string | null): string | null {
  if (file === null || /\.(json|md|html)$/.test(file)) return file
  throw usage('report-format', `--report takes a file that ends in .json, .md or .html, not "${file}".`)
}

function listOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

function usage(code: string, message: string, hint = 'See gpt-migrate --help.'): MigrateError {
  return new MigrateError('usage', code, message, { hint })
}
