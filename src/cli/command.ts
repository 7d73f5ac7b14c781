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

/** An option without its name, which its key in the table says: `workFolder` is typed `--work-folder`. */
export type OptionSpec<T = unknown> = {
  readonly short?: string
  /** What the value is called in help; absent for a switch. */
  readonly value?: string
  readonly choices?: readonly string[]
  readonly completes?: Completion
  readonly group: OptionGroup
  readonly description: string
  /** The page of a command names it at the end, and describes it with --verbose only. */
  readonly seldom?: true
  /** False for what must not be repeated by the command that runs the same again, such as `--truncate`. */
  readonly again?: false
  /** The value's text as it may be printed; absent: as it is. */
  readonly printed?: (text: string) => string
  /** The value from all texts given, null when the option was not given. Throws a usage error. */
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

/** A word after the command. */
type Operand = {
  /** As help shows it: `DIR`, `[PATH…]`. */
  readonly shown: string
  readonly choices?: readonly string[]
  readonly completes?: Completion
  /** Any number of them. */
  readonly many?: true
  /** Only after this word in the place before it. */
  readonly after?: string
}

type Example = { readonly line: string; readonly does: string }

/** What was asked of a command. */
export type Invocation<O extends Options = Options> = {
  readonly values: Values<O>
  readonly operands: readonly string[]
  /** The options as they were typed, by name: for the command that does the same again. */
  readonly texts: ReadonlyMap<string, readonly string[]>
  /** Started when it is first read. */
  readonly engine: EngineProcess
  readonly world: World
  /** The whole table, for commands that describe it. */
  readonly commands: readonly Command[]
}

/** The command that `gpt-migrate` without a command is. */
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
  /** The exit codes that it can give and, where the general meaning does not fit, what they mean here. Usage and bug are added. */
  readonly exitCodes: Readonly<Partial<Record<ExitCodeName, string | true>>>
  /** Throws a usage error for options that contradict each other. */
  readonly check?: (given: Pick<Invocation<O>, 'values' | 'operands' | 'texts'>) => void
  /** Performs the command and returns its exit code. What is slow to load is imported here, not at the top of the file. */
  readonly perform: (invocation: Invocation<O>) => Promise<number>
}

/** A command of any options. */
export type Command = Omit<CommandSpec<Options>, 'options' | 'check' | 'perform'> & {
  readonly options: NamedOptions
  readonly check?: (given: Pick<Invocation, 'values' | 'operands' | 'texts'>) => void
  readonly perform: (invocation: Invocation) => Promise<number>
}

export function defineCommand<const O extends Options>(spec: CommandSpec<O>): Command {
  // The parser makes the values from the same options: what `perform` is handed has their types.
  return { ...spec, options: named(spec.options) } as unknown as Command
}

/** The options with the names of their keys. */
export function named<const O extends Options>(options: O): NamedOptions<O> {
  const entries = Object.entries(options).map(([key, option]) => {
    return [key, { ...option, name: key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`) }]
  })
  return Object.fromEntries(entries) as NamedOptions<O>
}

/** The values of options when none of them is given. */
export function usualValues<const O extends Options>(options: O): Values<O> {
  const read = Object.entries(options).map(([key, option]) => [key, option.read(null, key)])
  return Object.fromEntries(read) as Values<O>
}
