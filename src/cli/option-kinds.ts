/** The kinds of options: each function makes an option whose texts are read as one type. Pure. */
import { intervalForm, nearest } from '../engine/door/index.ts'
import type { OptionSpec } from './command.ts'
import { listOf, usageError } from './usage-error.ts'

type Spec = Omit<OptionSpec, 'read'>
type ValueSpec = Spec & { readonly value: string }

/** A switch: true when it was given. */
export function flag(spec: Spec): OptionSpec<boolean> {
  return { ...spec, read: (texts) => texts !== null }
}

/** The last text given; null without one. */
export function text(spec: ValueSpec): OptionSpec<string | null> {
  return { ...spec, read: (texts) => texts?.at(-1) ?? null }
}

/** The name of a target schema; PostgreSQL's own schemas and the journal's are refused. */
export function schemaName(spec: ValueSpec): OptionSpec<string | null> {
  return {
    ...spec,
    read: (texts, name) => {
      const schema = texts?.at(-1) ?? null
      if (schema !== null && /^(pg_.*|information_schema|gpt_migrate)$/.test(schema))
        throw usageError('schema-reserved', `--${name} names ${schema}, which is not for tables of yours.`)
      return schema
    },
  }
}

/** One text with a default. */
export function textOr(usual: string, spec: ValueSpec): OptionSpec<string> {
  return { ...spec, read: (texts) => texts?.at(-1) ?? usual }
}

/** A duration as a number and a unit, such as `7 days`; null without one. */
export function interval(spec: ValueSpec): OptionSpec<string | null> {
  return {
    ...spec,
    read: (texts, name) => {
      const given = texts?.at(-1)?.trim().toLowerCase() ?? null
      if (given === null || intervalForm.test(given)) return given
      throw usageError(
        'value-malformed',
        `--${name} takes a number and a unit, not "${given}".`,
        `For example --${name} '7 days'; units are minutes, hours, days, weeks, months and years.`,
      )
    },
  }
}

/** Every text given. */
export function list(spec: ValueSpec): OptionSpec<readonly string[]> {
  return { ...spec, read: (texts) => texts ?? [] }
}

/** One of a few words; null without one. */
export function choice<const W extends string>(
  choices: readonly W[],
  spec: Omit<ValueSpec, 'choices'>,
): OptionSpec<W | null> {
  return {
    ...spec,
    choices,
    read: (texts, name) => (texts === null ? null : oneOf(choices, texts.at(-1)!, name)),
  }
}

/** One of a few words, with a default among them. */
export function choiceOr<const W extends string>(
  usual: NoInfer<W>,
  choices: readonly W[],
  spec: Omit<ValueSpec, 'choices'>,
): OptionSpec<W> {
  return {
    ...spec,
    choices,
    read: (texts, name) => (texts === null ? usual : oneOf(choices, texts.at(-1)!, name)),
  }
}

/** A whole number within bounds; null without one. */
export function wholeNumber(least: number, most: number, spec: ValueSpec): OptionSpec<number | null> {
  return {
    ...spec,
    read: (texts, name) => (texts === null ? null : readWhole(texts.at(-1)!, name, least, most)),
  }
}

/** A whole number within bounds, with a default. */
export function wholeNumberOr(
  usual: number,
  least: number,
  most: number,
  spec: ValueSpec,
): OptionSpec<number> {
  return {
    ...spec,
    read: (texts, name) => (texts === null ? usual : readWhole(texts.at(-1)!, name, least, most)),
  }
}

/** The same option with another description, for a command to which it means something else. */
export function described<T>(option: OptionSpec<T>, description: string): OptionSpec<T> {
  return { ...option, description }
}

function readWhole(word: string, name: string, least: number, most: number): number {
  const value = /^\d+$/.test(word) ? Number(word) : Number.NaN
  if (value >= least && value <= most) return value
  throw usageError(
    'value-not-a-number',
    `--${name} takes a whole number from ${least} to ${most}, not "${word}".`,
  )
}

function oneOf<W extends string>(choices: readonly W[], word: string, name: string): W {
  const found = choices.find((known) => known === word)
  if (found !== undefined) return found
  const close = nearest(word, choices)
  throw usageError(
    'value-unknown',
    `--${name} takes ${listOf(choices)}, not "${word}".`,
    close === null ? undefined : `Did you mean --${name} ${close}?`,
  )
}
