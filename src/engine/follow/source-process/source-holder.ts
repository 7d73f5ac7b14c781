/**
 * The work of the process that holds the sources. Invariant: the fence is opened as soon as the engine is gone or its lease has expired,
 * unless the command was started; then it stays until the command's time is over.
 */

import { MigrateError } from '../../model/errors.ts'
import type { FollowedSource } from '../../model/follow.ts'
import { noteCommand, StartedCommand } from './command.ts'
import { Fence, isKeptOut } from './fence.ts'
import { isSameFile, OpenSource } from './open-source.ts'
import { findOpeners, type Openers } from './openers.ts'
import type { SourceAnswer, SourceRequest } from './protocol.ts'
import { readSources } from './read-sources.ts'

const LEASE_MS = 3_000
const LOOK_EVERY_MS = 200
const LONGEST_TIMER_MS = 2 ** 31 - 1

type AbortCommand = { readonly command: string; readonly log: string }

export type HolderProcess = {
  /** Kills the process, without closing its handles. */
  readonly leave: () => never
  /** Tells the engine that the command of `--on-abort` was started. */
  readonly reportAbort: () => Promise<void>
}

export class SourceHolder {
  readonly #sources = new Map<string, OpenSource>()
  readonly #fence = new Fence()
  readonly #process: HolderProcess
  #hasFenceHandles = false
  #command: StartedCommand | null = null
  #held: readonly FollowedSource[] = []
  #holdMs = 0
  /** The command to run when the fence is opened before the cut-over's command was started. */
  #onAbort: AbortCommand | null = null
  /** The `--before-cutover` command while it runs. */
  #before: StartedCommand | null = null
  #lease: NodeJS.Timeout | undefined

  constructor(holder: HolderProcess) {
    this.#process = holder
  }

  async perform(request: SourceRequest): Promise<SourceAnswer> {
    switch (request.kind) {
      case 'read': {
        const outcome = readSources(
          request,
          (path) => this.#open(path),
          () => this.#closeSources(),
        )
        // Reading blocks this process, so that no lease renewal could arrive.
        this.#renewLease()
        return { kind: 'read', outcome }
      }
      case 'prepare-fence':
        this.#closeSources()
        this.#hasFenceHandles = true
        this.#fence.prepare(request.sources.map(({ path }) => this.#open(path)))
        return { kind: 'done' }
      case 'take-fence': {
        const busy = await this.#fence.take(request.withinMs)
        if (busy !== null) return { kind: 'busy', path: busy }
        this.#renewLease()
        return { kind: 'fenced', at: new Date().toISOString() }
      }
      case 'probe':
        return {
          kind: 'probed',
          results: request.sources.map(({ path }) => ({ path, isBusy: isKeptOut(path) })),
        }
      case 'start-command':
        return this.#startCommand(request)
      case 'await-command': {
        const command = this.#command
        if (command === null) throw new Error('no command was started')
        const hasEnded = await command.waitFor(request.withinMs)
        return hasEnded ? { kind: 'command-ended', exitCode: command.exitCode } : { kind: 'command-running' }
      }
      case 'run-before':
        return this.#runBefore(request)
      case 'forget-abort':
        this.#onAbort = null
        return { kind: 'done' }
      case 'hold':
        return { kind: 'openers', ...(await this.#hold(request.sources, request.holdMs)) }
      case 'renew-lease':
        this.#renewLease()
        return { kind: 'done' }
      case 'find-openers':
        return {
          kind: 'openers',
          ...findOpeners(
            request.sources.map(({ path }) => path),
            new Set([process.pid]),
          ),
        }
      case 'end':
        this.#end()
        return { kind: 'done' }
      default:
        throw new Error(`unknown request ${JSON.stringify(request satisfies never)}`)
    }
  }

  /** Continues after the engine is gone. */
  abandon(): void {
    if (this.#command === null) this.#end()
    else void this.#hold(this.#held, this.#holdMs).finally(() => this.#end())
  }

  async #runBefore({
    command,
    onAbort,
    log,
  }: Extract<SourceRequest, { kind: 'run-before' }>): Promise<SourceAnswer> {
    this.#onAbort = onAbort === null ? null : { command: onAbort, log }
    const started = await StartedCommand.start(command, {}, log)
    this.#before = started
    await started.ended
    this.#before = null
    return { kind: 'command-ended', exitCode: started.exitCode }
  }

  /** Waits, and returns which processes still have the sources open at the end. */
  async #hold(sources: readonly FollowedSource[], holdMs: number): Promise<Openers> {
    const paths = sources.map(({ path }) => path)
    const startedAt = this.#command?.startedAt ?? performance.now()
    for (;;) {
      const seen = findOpeners(paths, new Set([process.pid]))
      const isOver = this.#command === null || this.#command.hasEnded
      const isAlone = seen.isComplete && seen.openers.length === 0
      const leftMs = startedAt + holdMs - performance.now()
      if ((isOver && isAlone) || leftMs <= 0) return seen
      await new Promise((resolve) => setTimeout(resolve, Math.min(LOOK_EVERY_MS, leftMs)))
    }
  }

  async #startCommand({
    command,
    env,
    log,
    note,
    marks,
    holdMs,
  }: Extract<SourceRequest, { kind: 'start-command' }>): Promise<SourceAnswer> {
    if (!this.#fence.isHeld) throw fenceOpened()
    clearTimeout(this.#lease)
    for (const { path, mark } of marks) {
      if (!isSameFile(this.#open(path).identity(), mark)) throw replaced(path)
    }
    this.#held = marks
    this.#holdMs = holdMs
    this.#command = await StartedCommand.start(command, env, log)
    try {
      noteCommand(note, this.#command.process)
    } catch {
      // The disk is full, but the command was started.
    }
    // The engine may be stopped, and never ask to open the fence.
    setTimeout(() => this.#fence.open(), Math.min(holdMs, LONGEST_TIMER_MS))
    return { kind: 'command-started', process: this.#command.process, at: new Date().toISOString() }
  }

  #renewLease(): void {
    clearTimeout(this.#lease)
    if (!this.#fence.isHeld || this.#command !== null) return
    this.#lease = setTimeout(() => this.#end(), LEASE_MS)
  }

  #open(path: string): OpenSource {
    const known = this.#sources.get(path)
    if (known !== undefined) return known
    const opened = new OpenSource(path)
    this.#sources.set(path, opened)
    return opened
  }

  /** Closes all sources between rounds; none once a fence has handles on them. */
  #closeSources(): void {
    if (this.#hasFenceHandles) return
    for (const source of this.#sources.values()) source.close()
    this.#sources.clear()
  }

  #end(): void {
    clearTimeout(this.#lease)
    this.#fence.open()
    if (!this.#hasFenceHandles) this.#closeSources()
    const abort = this.#command === null ? this.#onAbort : null
    this.#onAbort = null
    // Lets the answer to the request out first.
    if (abort === null) setImmediate(() => this.#process.leave())
    else void this.#abort(abort).finally(() => this.#process.leave())
  }

  /** Waits for the command that stops the application: started before its end, the application would be stopped afterwards. */
  async #abort({ command, log }: AbortCommand): Promise<void> {
    await this.#before?.ended
    await StartedCommand.start(command, {}, log)
    await this.#process.reportAbort()
  }
}

function fenceOpened(): MigrateError {
  return new MigrateError(
    'copy',
    'fence-opened',
    'The fence had been opened before the command was started: this program was held up for too long.',
    { hint: 'Nothing was switched. Try again.' },
  )
}

function replaced(path: string): MigrateError {
  return new MigrateError(
    'source',
    'source-replaced',
    `${path} is another file than the one that was followed: it was restored, or moved over.`,
    { hint: 'Nothing was switched. Put the file back, or move the new one with a run of its own.' },
  )
}
