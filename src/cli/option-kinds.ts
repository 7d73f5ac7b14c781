/** The kinds of options: each function makes an option whose texts are read as one type, and judged by the library's rules. Pure. */
import { MigrateError } from '../engine/door/index.ts'
import type { Rule, WordRule } from '../library/option-rules.ts'
import type { OptionSpec } from './command.ts'
import { usageError } from './usage-error.ts'

type Spec = Omit<OptionSpec, 'read'>
type ValueSpec = Spec & { readonly value: string }
type ChoiceSpec = Omit<ValueSpec, 'choices'>

/** A switch: true when it was given. */
export function flag(spec: Spec): OptionSpec<boolean> {
  return { ...spec, read: (texts) => texts !== null }
}

/** The last text given; null without one. */
export function text(spec: ValueSpec): OptionSpec<string | null> {
  return { ...spec, read: (texts) => texts?.at(-1) ?? null }
}

/** One text that a rule judges; null without one. */
export function ruled<T>(rule: Rule<T>, spec: ValueSpec): OptionSpec<T | null> {
  return { ...spec, read: (texts, name) => (texts === null ? null : judge(rule, texts.at(-1)!, name)) }
}

/** Such a text with a default. */
export function ruledOr<T>(usual: T, rule: Rule<T>, spec: ValueSpec): OptionSpec<T> {
  const { read, ...rest } = ruled(rule, spec)
  return { ...rest, read: (texts, name) => read(texts, name) ?? usual }
}

/** One text with a default. */
export function textOr(usual: string, spec: ValueSpec): OptionSpec<string> {
  return { ...spec, read: (texts) => texts?.at(-1) ?? usual }
}

/** Every text given. */
export function list(spec: ValueSpec): OptionSpec<readonly string[]> {
  return { ...spec, read: (texts) => texts ?? [] }
}

/** One of a few words; null without one. */
export function choice<W extends string>(rule: WordRule<W>, spec: ChoiceSpec): OptionSpec<W | null> {
  return { ...ruled(rule, spec), choices: rule.words }
}

/** One of a few words, with a default among them. */
export function choiceOr<W extends string>(
  usual: NoInfer<W>,
  rule: WordRule<W>,
  spec: ChoiceSpec,
): OptionSpec<W> {
  return { ...ruledOr(usual, rule, spec), choices: rule.words }
}

/** A whole number within bounds; null without one. */
export function wholeNumber(rule: Rule<number>, spec: ValueSpec): OptionSpec<number | null> {
  return ruled(fromDigits(rule), spec)
}

/** A whole number within bounds, with a default. */
export function wholeNumberOr(usual: number, rule: Rule<number>, spec: ValueSpec): OptionSpec<number> {
  return ruledOr(usual, fromDigits(rule), spec)
}

/** The same option with another description, for a command to which it means something else. */
export function described<T>(option: OptionSpec<T>, description: string): OptionSpec<T> {
  return { ...option, description }
}

/** A rule for the number that a word of digits spells; any other word is left for the rule to refuse. */
function fromDigits(rule: Rule<number>): Rule<number> {
  return (word, written) => rule(/^\d+$/.test(String(word)) ? Number(word) : word, written)
}

/** What the library's rule makes of the value. A usage error without a hint points to the help. */
export function judge<T>(rule: Rule<T>, value: unknown, name: string): T {
  try {
    return rule(value, `--${name}`)
  } catch (error) {
    if (!(error instanceof MigrateError) || error.hint !== null) throw error
    throw usageError(error.code, error.message)
  }
}
