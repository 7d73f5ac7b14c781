/**
 * What a command and an option are. Invariant: the parser, help, completions, the man page and the documentation read nothing but
 * these specifications, so what they say is what the program accepts.
 */
import type { EngineProcess, ExitCodeName } from '../engine/door/index.ts'
import type { World } from './world.ts'

export const optionGroups = ['What to move', 'Where to', 'How', 'Output', 'Other'] as const
type OptionGroup = (typeof optionGroups)[number]

/** What a shell offers for a word: files, folders, or names that the target, the sources or the program know. */
export type Completion = 'files' | 'folders' | 'runs' | 'tables' | 'mappings' | 'commands'

/** An option without its name, which is made from its key in the table: `workFolder` is typed `--work-folder`. */
export type OptionSpec<T = unknown> = {
  readonly short?: string
  /** What the value is called in help; absent for a switch. */
  readonly value?: string
  readonly choices?: readonly string[]
  readonly completes?: Completion
  readonly group: OptionGroup
  readonly description: string
  /** Rarely needed: the command's help lists its name at the end, and describes it only with --verbose. */
  readonly seldom?: true
  /** False for an option that the printed command for the same run must not repeat, such as `--truncate`. */
  readonly again?: false
  /** Returns the value as it may be printed; without it, the value is printed as typed. */
  readonly printed?: (text: string) => string
  /** Returns the value for all texts given, or for null when the option was not given. Throws a usage error. */
  readonly read: (texts: readonly string[] | null, name: string) => T
}

type Named = {
  /** As it is typed, without the dashes. */
  readonly name: string
}
export type Option = OptionSpec & Named

export type Options = Readonly<Record<string, OptionSpec>>
export type NamedOptions<O extends Options = Options> = { readonly [K in keyof O]: O[K] & Named }
export type Values<O extends Options> = { readonly [K in keyof O]: ReturnType<O[K]['read']> }

/** A positional argument of a command. */
type Operand = {
  /** As help shows it: `DIR`, `[PATH…]`. */
  readonly shown: string
  readonly choices?: readonly string[]
  readonly completes?: Completion
  /** It may be repeated. */
  readonly many?: true
  /** Accepted only after this word in the preceding place. */
  readonly after?: string
}

type Example = { readonly line: string; readonly does: string }

/** A parsed command line, as the command gets it. */
export type Invocation<O extends Options = Options> = {
  readonly values: Values<O>
  readonly operands: readonly string[]
  /** The options as typed, by name, for printing a command that does the same again. */
  readonly texts: ReadonlyMap<string, readonly string[]>
  /** Started when it is first read. */
  readonly engine: EngineProcess
  readonly world: World
  /** All commands, for those that describe them. */
  readonly commands: readonly Command[]
}

/** The command that `gpt-migrate` runs when none is named. */
export const defaultCommand = 'run'

type CommandSpec<O extends Options> = {
  readonly name: string
  /** One line, for lists of commands. */
  readonly purpose: string
  /** Further sentences for the command's own help. */
  readonly details?: readonly string[]
  readonly operands?: readonly Operand[]
  readonly options: O
  readonly examples: readonly [Example, Example, ...Example[]]
  /** The exit codes that the command can end with; a text replaces the general meaning. Usage and bug are added. */
  readonly exitCodes: Readonly<Partial<Record<ExitCodeName, string | true>>>
  /** Throws a usage error for options that contradict each other. */
  readonly check?: (given: Pick<Invocation<O>, 'values' | 'operands' | 'texts'>) => void
  /** Performs the command and returns its exit code. Slow modules are imported inside it, not at the top of the file. */
  readonly perform: (invocation: Invocation<O>) => Promise<number>
}

/** A command whatever its options. */
export type Command = Omit<CommandSpec<Options>, 'options' | 'check' | 'perform'> & {
  readonly options: NamedOptions
  readonly check?: (given: Pick<Invocation, 'values' | 'operands' | 'texts'>) => void
  readonly perform: (invocation: Invocation) => Promise<number>
}

export function defineCommand<const O extends Options>(spec: CommandSpec<O>): Command {
  // The parser reads the values from the same options, so `perform` gets values of its types.
  return { ...spec, options: named(spec.options) } as unknown as Command
}

/** Names each option after its key. */
export function named<const O extends Options>(options: O): NamedOptions<O> {
  const entries = Object.entries(options).map(([key, option]) => {
    return [key, { ...option, name: key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`) }]
  })
  return Object.fromEntries(entries) as NamedOptions<O>
}

/** Returns the values of `options` when none of them is given. */
export function usualValues<const O extends Options>(options: O): Values<O> {
  const read = Object.entries(options).map(([key, option]) => [key, option.read(null, key)])
  return Object.fromEntries(read) as Values<O>
}
