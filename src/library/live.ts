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
} from '../engine/model/answers.ts'
import { call } from './call.ts'
import type { Watching } from './engine.ts'
import { choiceOf, type RunChoice, refuseUnknown, runChoiceNames, withDefaults } from './options.ts'

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
  refuseUnknown('follow', options, [...runChoiceNames, 'resync'])
  return call('follow', { ...choiceOf(options), resync: options.resync ?? [] }, options)
}

const cutoverNames = ['onCutover', 'beforeCutover', 'onAbort', 'within', 'fence', 'hold', 'acceptQuarantine']

/** Moves the application to PostgreSQL. Returns the state, the proof and what is left to do. Throws MigrateError when nothing was switched. */
export async function cutover(options: CutoverOptions): Promise<CutOverAnswer> {
  refuseUnknown('cutover', options, [...runChoiceNames, ...cutoverNames, 'exclude', 'noFallback', 'dryRun'])
  const { within, fence, hold } = withDefaults(cutOverDefaults, options)
  const request = {
    ...choiceOf(options),
    onCutover: options.onCutover ?? null,
    beforeCutover: options.beforeCutover ?? null,
    onAbort: options.onAbort ?? null,
    withinMs: within * 1000,
    fenceMs: fence * 1000,
    holdMs: hold * 1000,
    acceptsQuarantine: options.acceptQuarantine ?? false,
    exclude: options.exclude ?? [],
    keepsFallback: !(options.noFallback ?? false),
    isDry: options.dryRun ?? false,
  }
  return call('cutOver', request, options)
}

/** Settles an interrupted cut-over: says which database the application continues with. Returns the new state. Throws MigrateError. */
export async function keepAfterCutover(options: KeepOptions): Promise<SettledCutOver> {
  refuseUnknown('keepAfterCutover', options, [...runChoiceNames, 'keep'])
  return call('settleCutOver', { ...choiceOf(options), keep: options.keep }, options)
}

/** Moves the application back to the SQLite files. Returns the state and the rows that the old layout refused. Throws MigrateError. */
export async function cutoverBack(options: CutoverBackOptions): Promise<CutBack> {
  refuseUnknown('cutoverBack', options, [...runChoiceNames, 'to', 'onCutover', 'within', 'acceptQuarantine'])
  const request = {
    ...choiceOf(options),
    folder: options.to,
    command: options.onCutover ?? null,
    withinMs: (options.within ?? cutOverDefaults.within) * 1000,
    acceptAside: options.acceptQuarantine ?? false,
  }
  return call('cutBack', request, options)
}

/** Settles a move back: says which database the application continues with. Returns the new state. Throws MigrateError. */
export async function keepAfterCutoverBack(options: KeepOptions): Promise<SettledCutBack> {
  refuseUnknown('keepAfterCutoverBack', options, [...runChoiceNames, 'keep'])
  return call('keepSide', { ...choiceOf(options), keep: options.keep }, options)
}

/** Keeps SQLite files current from PostgreSQL: once, or until `signal` stops it. Returns what was written. Throws MigrateError. */
export async function fallback(options: FallbackOptions): Promise<FellBack> {
  refuseUnknown('fallback', options, [...runChoiceNames, 'to', 'once'])
  return call('fallBack', { ...choiceOf(options), folder: options.to, once: options.once ?? false }, options)
}

/** Drops the triggers that keep the files current; the files stay. Returns how many tables had triggers. Throws MigrateError. */
export async function endFallback(options: EndFallbackOptions): Promise<EndedFallback> {
  refuseUnknown('endFallback', options, [...runChoiceNames, 'dryRun'])
  return call('endFallback', { ...choiceOf(options), dryRun: options.dryRun ?? false }, options)
}
