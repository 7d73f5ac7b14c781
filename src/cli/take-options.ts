/** How commands take the shared options: some of them, with words of their own. */
import type { OptionSpec } from './command.ts'
import { described } from './option-kinds.ts'
import { options } from './options.ts'

type Shared = typeof options

/** Picks some of the shared options. */
export function take<const K extends keyof Shared>(...names: readonly K[]): Pick<Shared, K> {
  return Object.fromEntries(names.map((name) => [name, options[name]])) as Pick<Shared, K>
}

/** `--json` for a run. */
export const jsonEvents = described(options.json, 'Print the events as JSON, one object per line')

/** `--yes` for a command that asks before it destroys something. */
export const yesTo = (what: string): OptionSpec<boolean> => described(options.yes, `${what} without asking`)

/** `--dry-run` for a command that destroys something. */
export const dryRunOf = (what: string): OptionSpec<boolean> =>
  described(options.dryRun, `Only show what would ${what}`)
