/**
 * The options of the library's functions. Pure. Invariant: an option has its name on the command line, in camel case, the
 * same values and the same default; an unknown option is refused, because ignoring it would silently apply the default.
 */
import { nearest, targetChoice, targetDefaults } from '../engine/door/index.ts'
import type { Environment, TargetChoice, TargetOptions } from '../engine/model/options.ts'
import { listOf, type OptionName, optionRules, usage } from './option-rules.ts'

/** Any option may be omitted, or be null or undefined for its default. */
export type Given<O> = { readonly [K in keyof O]?: O[K] | null | undefined }

/** The options that name a target, and the environment in which PG* variables, DATABASE_URL and passwords are looked up. */
export type Target = Given<TargetOptions> & {
  /** Default: `process.env`. */
  readonly env?: Environment | undefined
}

/** `run`: an earlier run's name; the last one by default. */
export type RunChoice = Target & { readonly run?: string | null | undefined }

const watchingNames = ['signal', 'onEvent', 'engine'] as const
export const targetNames = ['env', ...namesOf(targetDefaults)] as const
export const runChoiceNames = [...targetNames, 'run'] as const

/**
 * The options that were given, without those that are null or undefined. `name`: of the function; `own`: its options, and `required`: those
 * that it cannot do without. Throws usage errors: `unknown-option` with a suggestion, `option-missing`, and those of a value's rule.
 */
export function checked<O extends object>(
  name: string,
  options: O,
  own: readonly OptionName[],
  required: readonly OptionName[] = [],
): O {
  if (typeof options !== 'object' || options === null)
    throw usage('value-malformed', `${name}() takes an object of options.`)
  const known: readonly OptionName[] = [...watchingNames, ...own]
  const entries = Object.entries(options).flatMap(([key, value]) => {
    const option = known.find((one) => one === key)
    if (option === undefined) {
      const close = nearest(key, known)
      const hint = close === null ? `It takes ${listOf(known)}.` : `Did you mean ${close}?`
      throw usage('unknown-option', `${name}() has no option "${key}".`, hint)
    }
    return value === null || value === undefined ? [] : [[option, optionRules[option](value, option)]]
  })
  const given = Object.fromEntries(entries) as O
  const missing = required.find((option) => !(option in given))
  if (missing === undefined) return given
  throw usage('option-missing', `${name}() needs the option "${missing}".`)
}

/** Returns the names of options that have defaults. */
export function namesOf<O extends object>(defaults: O): (keyof O & OptionName)[] {
  return Object.keys(defaults) as (keyof O & OptionName)[]
}

export function withDefaults<O extends object>(defaults: O, given: Given<O>): O {
  const entries = Object.entries(defaults) as [keyof O, O[keyof O]][]
  return Object.fromEntries(entries.map(([key, value]) => [key, given[key] ?? value])) as O
}

export function targetOf(options: Given<TargetOptions>): TargetOptions {
  return withDefaults(targetDefaults, options)
}

export function environmentOf({ env }: Target): Environment {
  return env ?? process.env
}

export function choiceOf(options: RunChoice): { target: TargetChoice; run: string | null } {
  return { target: targetChoice(targetOf(options), environmentOf(options)), run: options.run ?? null }
}
