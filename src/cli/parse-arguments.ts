/** argv → a command with its values, or a usage error in a sentence. Pure. Invariant: no word of the command line is ignored. */
import { parseArgs } from 'node:util'
import { type MigrateError, nearest } from '../engine/door/index.ts'
import { listOf } from '../library/option-rules.ts'
import { type Command, defaultCommand, type Invocation, type Option } from './command.ts'
import { commands } from './commands/index.ts'
import { commonOptions } from './common-options.ts'
import { everyOption, optionsOf } from './options-of.ts'
import { usageError, withHelpOf } from './usage-error.ts'

export type Given = Pick<Invocation, 'operands' | 'texts' | 'values'> & {
  readonly command: Command
  /** Whether the command was typed; otherwise it is the default. */
  readonly isNamed: boolean
  readonly help: boolean
  readonly version: boolean
  readonly verbose: boolean
  readonly quiet: boolean
  readonly noColor: boolean
  readonly json: boolean
}

export function parseArguments(argv: readonly string[]): Given {
  const words = readTokens(argv)
  const { unknown } = words
  const first = words.positionals[0]
  const isKnown = commands.some(({ name }) => name === (first ?? defaultCommand))
  const read = (): Given => {
    if (unknown !== null)
      throw unknownOption(unknown, isKnown ? optionsOf(commandOf(first)) : everyOption(commands))
    return readWords(commandOf(first), words)
  }
  return first !== undefined && isKnown ? withHelpOf(first, read) : read()
}

function readWords(command: Command, { texts, positionals, fault }: Tokens): Given {
  const [first, ...operands] = positionals
  const asked = (option: Option): boolean => texts.has(option.name)
  for (const name of [...texts.keys(), ...(fault === null ? [] : [fault.option])])
    refuseForeign(name, command)
  if (fault !== null) throw fault.error
  const common = {
    command,
    isNamed: first !== undefined,
    operands,
    texts,
    help: asked(commonOptions.help),
    version: asked(commonOptions.version),
    verbose: asked(commonOptions.verbose),
    quiet: asked(commonOptions.quiet),
    noColor: asked(commonOptions.noColor),
    json: texts.has('json'),
  }
  // A request for help needs no other arguments.
  if (common.help || common.version) return { ...common, values: {} }
  if (common.quiet && common.verbose)
    throw usageError('options-exclude', '--quiet says less and --verbose says more: take one of them.')
  refuseSurplus(command, operands)
  refuseWithoutServer(texts)
  const values = Object.fromEntries(
    Object.entries(command.options).map(([key, { name, read }]) => [
      key,
      read(texts.get(name) ?? null, name),
    ]),
  )
  const given = { ...common, values }
  command.check?.(given)
  return given
}

/** Refuses options of the embedded server when the target is another server. */
function refuseWithoutServer(texts: ReadonlyMap<string, readonly string[]>): void {
  const target = texts.get('target')?.at(-1)
  if (target === undefined || /^embedded(:|$)/.test(target)) return
  for (const name of ['port', 'keep-running']) {
    if (texts.has(name))
      throw usageError(
        'option-alone',
        `--${name} is for the embedded server: it goes with --target embedded, and not with a server’s address.`,
      )
  }
}

type Tokens = {
  readonly texts: Map<string, string[]>
  readonly positionals: readonly string[]
  /** The first option that no command has, as typed. */
  readonly unknown: string | null
  /** The first option whose value is missing or unwanted; reported only when the command takes that option. */
  readonly fault: { readonly option: string; readonly error: MigrateError } | null
}

function readTokens(argv: readonly string[]): Tokens {
  const specs = everyOption(commands)
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      specs.map(({ name, value, short }) => [
        name,
        {
          type: value === undefined ? ('boolean' as const) : ('string' as const),
          ...(short === undefined ? {} : { short }),
        },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  let fault: Tokens['fault'] = null
  const texts = new Map<string, string[]>()
  const positionals = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []))
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const spec = specs.find((known) => known.name === token.name)
    if (spec === undefined) return { texts, positionals, unknown: token.rawName, fault }
    if (spec.value === undefined) {
      if (token.value === undefined) texts.set(spec.name, [])
      else
        fault ??= {
          option: spec.name,
          error: usageError('value-not-wanted', `--${spec.name} takes no value.`),
        }
      continue
    }
    const { value } = token
    const looksLikeOption = !token.inlineValue && value?.startsWith('-') === true
    if (value === undefined || value === '' || looksLikeOption)
      fault ??= {
        option: spec.name,
        error: usageError('value-missing', `--${spec.name} needs a value: --${spec.name} ${spec.value}.`),
      }
    else texts.set(spec.name, [...(texts.get(spec.name) ?? []), value])
  }
  return { texts, positionals, unknown: null, fault }
}

function commandOf(word: string | undefined): Command {
  const found = commands.find(({ name }) => name === (word ?? defaultCommand))
  if (found !== undefined || word === undefined) return found!
  const close = nearest(
    word,
    commands.map(({ name }) => name),
  )
  const hint =
    close !== null
      ? `Did you mean: gpt-migrate ${close}`
      : looksLikePath(word)
        ? `To move a file or a folder: gpt-migrate --source ${word}`
        : 'See gpt-migrate --help.'
  throw usageError('unknown-command', `There is no command "${word}".`, hint)
}

function looksLikePath(word: string): boolean {
  return /[/\\]|^\.|\.(db|sqlite3?|db3)$/i.test(word)
}

/** Refuses an option that only other commands take. */
function refuseForeign(name: string, command: Command): void {
  const own = optionsOf(command)
  if (own.some((option) => option.name === name)) return
  const owners = commands.filter(({ options }) =>
    Object.values<Option>(options).some((option) => option.name === name),
  )
  const close = nearest(
    name,
    own.map((option) => option.name),
  )
  throw usageError(
    'option-elsewhere',
    `${typed(command)} takes no --${name}: it is an option of ${listOf(owners.map(({ name: owner }) => `gpt-migrate ${owner}`))}.`,
    `${close === null ? '' : `Did you mean --${close}? `}See gpt-migrate ${command.name} --help.`,
  )
}

function typed({ name }: Command): string {
  return name === defaultCommand ? 'gpt-migrate without a command' : `gpt-migrate ${name}`
}

/** Refuses an operand that the command does not take. */
function refuseSurplus(command: Command, operands: readonly string[]): void {
  const specs = command.operands ?? []
  for (const [index, word] of operands.entries()) {
    const spec = specs[index] ?? (specs.at(-1)?.many === true ? specs.at(-1) : undefined)
    if (spec === undefined || (spec.after !== undefined && operands[index - 1] !== spec.after))
      throw usageError(
        'surplus-argument',
        `gpt-migrate ${command.name} takes no "${word}".`,
        `See gpt-migrate ${command.name} --help.`,
      )
    if (spec.choices === undefined || spec.choices.includes(word)) continue
    const close = nearest(word, spec.choices)
    throw usageError(
      'unknown-word',
      `gpt-migrate ${command.name} takes ${listOf(spec.choices)}, not "${word}".`,
      close === null
        ? `See gpt-migrate ${command.name} --help.`
        : `Did you mean: gpt-migrate ${command.name} ${close}`,
    )
  }
}

function unknownOption(raw: string, specs: readonly Option[]): MigrateError {
  const close = nearest(
    raw.replace(/^-+/, ''),
    specs.map(({ name }) => name),
  )
  return usageError(
    'unknown-option',
    `There is no option ${raw}.`,
    close === null ? undefined : `Did you mean --${close}?`,
  )
}
