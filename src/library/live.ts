/** Moves the running application over and back. */
import { cutOverDefaults } from '../engine/door/index.ts'
import type {
  CutBack,
  CutOverAnswer,
  EndedFallback,
  FellBack,
  FollowAnswer,
  SettledCutBack,
  SettledCutOver,
} from '../engine/model/live-answers.ts'
import { call } from './call.ts'
import type { Watching } from './engine.ts'
import { checked, choiceOf, type RunChoice, runChoiceNames, withDefaults } from './options.ts'

export type FollowOptions = RunChoice &
  Watching & {
    /** Tables to copy again first, as `database/table` or `table`; `*`: all. */
    readonly resync?: readonly string[] | undefined
  }

/** `onCutover`, `beforeCutover` and `onAbort` are run by a shell; `onCutover` has DATABASE_URL in its environment. */
export type CutoverOptions = RunChoice &
  Watching & {
    readonly onCutover?: string | null | undefined
    readonly beforeCutover?: string | null | undefined
    readonly onAbort?: string | null | undefined
    /** Seconds. */
    readonly within?: number | undefined
    readonly fence?: number | undefined
    readonly hold?: number | undefined
    readonly acceptQuarantine?: boolean | undefined
    readonly exclude?: readonly string[] | undefined
    readonly noFallback?: boolean | undefined
    readonly dryRun?: boolean | undefined
  }

/** `to`: the folder that `fallback` keeps current. */
export type CutoverBackOptions = RunChoice &
  Watching &
  Pick<CutoverOptions, 'onCutover' | 'within' | 'acceptQuarantine'> & { readonly to: string }

/** `keep`: the database that the application continues with. */
export type KeepOptions = RunChoice & Watching & { readonly keep: 'sqlite' | 'postgres' }

export type FallbackOptions = RunChoice &
  Watching & { readonly to: string; readonly once?: boolean | undefined }
export type EndFallbackOptions = RunChoice & Watching & { readonly dryRun?: boolean | undefined }

/** Applies what is written to the sources to the target, until `signal` stops it. Returns how far it came. Throws MigrateError. */
export async function follow(options: FollowOptions): Promise<FollowAnswer> {
  const given = checked('follow', options, [...runChoiceNames, 'resync'])
  return call('follow', { ...choiceOf(given), resync: given.resync ?? [] }, given)
}

const cutoverNames = [
  'onCutover',
  'beforeCutover',
  'onAbort',
  'within',
  'fence',
  'hold',
  'acceptQuarantine',
  'exclude',
  'noFallback',
  'dryRun',
] as const

/** Moves the application to PostgreSQL. Returns the state, the proof and what is left to do. Throws MigrateError when nothing was switched. */
export async function cutover(options: CutoverOptions): Promise<CutOverAnswer> {
  const given = checked('cutover', options, [...runChoiceNames, ...cutoverNames])
  const { within, fence, hold } = withDefaults(cutOverDefaults, given)
  const request = {
    ...choiceOf(given),
    onCutover: given.onCutover ?? null,
    beforeCutover: given.beforeCutover ?? null,
    onAbort: given.onAbort ?? null,
    withinMs: within * 1000,
    fenceMs: fence * 1000,
    holdMs: hold * 1000,
    acceptsQuarantine: given.acceptQuarantine ?? false,
    exclude: given.exclude ?? [],
    keepsFallback: !(given.noFallback ?? false),
    isDry: given.dryRun ?? false,
  }
  return call('cutOver', request, given)
}

/** Settles an interrupted cut-over: says which database the application continues with. Returns the new state. Throws MigrateError. */
export async function keepAfterCutover(options: KeepOptions): Promise<SettledCutOver> {
  const given = checked('keepAfterCutover', options, [...runChoiceNames, 'keep'], ['keep'])
  return call('settleCutOver', { ...choiceOf(given), keep: given.keep }, given)
}

/** Moves the application back to the SQLite files. Returns the state and the rows that the old layout refused. Throws MigrateError. */
export async function cutoverBack(options: CutoverBackOptions): Promise<CutBack> {
  const given = checked(
    'cutoverBack',
    options,
    [...runChoiceNames, 'to', 'onCutover', 'within', 'acceptQuarantine'],
    ['to'],
  )
  const request = {
    ...choiceOf(given),
    folder: given.to,
    command: given.onCutover ?? null,
    withinMs: (given.within ?? cutOverDefaults.within) * 1000,
    acceptAside: given.acceptQuarantine ?? false,
  }
  return call('cutBack', request, given)
}

/** Settles a move back: says which database the application continues with. Returns the new state. Throws MigrateError. */
export async function keepAfterCutoverBack(options: KeepOptions): Promise<SettledCutBack> {
  const given = checked('keepAfterCutoverBack', options, [...runChoiceNames, 'keep'], ['keep'])
  return call('keepSide', { ...choiceOf(given), keep: given.keep }, given)
}

/** Keeps SQLite files current from PostgreSQL: once, or until `signal` stops it. Returns what was written. Throws MigrateError. */
export async function fallback(options: FallbackOptions): Promise<FellBack> {
  const given = checked('fallback', options, [...runChoiceNames, 'to', 'once'], ['to'])
  return call('fallBack', { ...choiceOf(given), folder: given.to, once: given.once ?? false }, given)
}

/** Drops the triggers that keep the files current; the files stay. Returns how many tables had triggers. Throws MigrateError. */
export async function endFallback(options: EndFallbackOptions): Promise<EndedFallback> {
  const given = checked('endFallback', options, [...runChoiceNames, 'dryRun'])
  return call('endFallback', { ...choiceOf(given), dryRun: given.dryRun ?? false }, given)
}
