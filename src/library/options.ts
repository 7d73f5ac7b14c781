/**
 * The options of the library's functions. Pure. Invariant: an option has its name on the command line, in camel case, and the same default;
 * an unknown option is refused, because ignoring it would silently apply the default.
 */
import { MigrateError, nearest, targetChoice, targetDefaults } from '../engine/door/index.ts'
import type { Environment, TargetChoice, TargetOptions } from '../engine/model/options.ts'
import { watchingNames } from './engine.ts'

/** Any option may be omitted, or be null or undefined for its default. */
export type Given<O> = { readonly [K in keyof O]?: O[K] | null | undefined }

/** The options that name a target, and the environment in which PG* variables, DATABASE_URL and passwords are looked up. */
export type Target = Given<TargetOptions> & {
  /** Default: `process.env`. */
  readonly env?: Environment | undefined
}

/** `run`: an earlier run's name; the last one by default. */
export type RunChoice = Target & { readonly run?: string | null | undefined }

export const targetNames = ['env', ...Object.keys(targetDefaults)]
export const runChoiceNames = [...targetNames, 'run']

/** Throws `unknown-option`, with a suggestion. `name`: the function's name. */
export function refuseUnknown(name: string, options: object, own: readonly string[]): void {
  const known = [...watchingNames, ...own]
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue
    const close = nearest(key, known)
    throw new MigrateError('usage', 'unknown-option', `${name}() has no option "${key}".`, {
      ...(close === null ? {} : { hint: `Did you mean ${close}?` }),
    })
  }
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
