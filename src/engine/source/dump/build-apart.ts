/**
 * Builds a database from a dump in a process that can be killed. Invariant: no limit of time per statement, memory or disk is exceeded, and
 * after a failure the file is not used.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromPlainError, MigrateError } from '../../model/errors.ts'
import type { Finding } from '../../model/finding.ts'
import { formatCount } from '../../model/format-count.ts'
import { memoryBound, OUT_OF_MEMORY } from '../../threads/process-watch.ts'
import { startedFile } from '../../threads/started-file.ts'
import { environmentWithoutTarget } from '../../threads/watch-process.ts'
import type { BuildRequest } from './build.ts'
import type { BuildMessage } from './build-main.ts'
import { LEAST_BYTES, TIMES_PACKED } from './dump-file.ts'

const entry = fileURLToPath(startedFile('build-main', import.meta.url))

/** The most bytes of database per byte of dump, since a row may be in several indexes. */
const TIMES = 16
/** The time limit for one statement: a constant, plus time for the file's bytes, of which it may build an index. */
const PATIENCE_MS = 60_000
const BYTES_PER_MS = 4_000

type DumpBuild = Omit<BuildRequest, 'maxBytes'> & {
  /** Called with the number of bytes of the dump read so far. */
  readonly onBytes: (bytes: number) => void
}

/** Returns findings about what was lost or replaced. Throws a MigrateError of kind `source`. */
export function buildApart({ onBytes, ...request }: DumpBuild): Promise<readonly Finding[]> {
  const { bytes, maxBytes } = limitsOf(request.path, request.file)
  const child = fork(entry, [], {
    detached: process.platform !== 'win32',
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: environmentWithoutTarget(),
  })
  return new Promise((resolve, reject) => {
    let line = 1
    let wasLate = false
    let isSettled = false
    const watch = new Patience(PATIENCE_MS + bytes / BYTES_PER_MS, () => {
      wasLate = true
      child.kill('SIGKILL')
    })
    const settle = (act: () => void): void => {
      if (isSettled) return
      isSettled = true
      watch.end()
      ended(child).then(act)
    }
    child.on('message', (message: BuildMessage) => {
      watch.renew()
      switch (message.kind) {
        case 'statement':
          line = message.line
          return
        case 'bytes':
          onBytes(message.bytes)
          return
        case 'built':
          settle(() => resolve(message.findings))
          return
        case 'failed':
          settle(() => reject(fromPlainError(message.error)))
          return
        default:
          message satisfies never
      }
    })
    child.once('error', (error) => settle(() => reject(error)))
    child.once('exit', (_code, by) => settle(() => reject(deathOf(request.path, line, wasLate, by))))
    // If the process has ended meanwhile, its exit event reports that.
    child.send({ ...request, maxBytes } satisfies BuildRequest, () => undefined)
  })
}

function limitsOf(path: string, file: string): { bytes: number; maxBytes: number } {
  const { size } = statSync(path)
  const { bavail, bsize } = statfsSync(dirname(file))
  const times = /\.gz$/i.test(path) ? TIMES_PACKED : TIMES
  return {
    bytes: size,
    maxBytes: Math.min(LEAST_BYTES + times * size, Math.max(LEAST_BYTES, bavail * bsize)),
  }
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}

function deathOf(path: string, line: number, wasLate: boolean, by: NodeJS.Signals | null): MigrateError {
  const place = formatCount(line)
  if (wasLate)
    return new MigrateError(
      'source',
      'dump-unbounded',
      `A statement of ${path}, in line ${place} or after it, takes longer than it may, and was ended.`,
      { hint: 'Build the database with SQLite’s own program, and choose that.' },
    )
  const why =
    by === OUT_OF_MEMORY
      ? `it needed more than ${formatCount(memoryBound() / 1_000_000)} MB of memory`
      : `it was ended (${by ?? 'without a reason'})`
  return new MigrateError(
    'source',
    'dump-unbounded',
    `${path} could not be built into a database: ${why}, in line ${place} or after it.`,
    {
      hint: 'Allow more with GPT_MIGRATE_MEMORY=MEGABYTES, or build the database with SQLite’s own program, and choose that.',
    },
  )
}

class Patience {
  readonly #ms: number
  readonly #onLate: () => void
  #timer: NodeJS.Timeout

  constructor(ms: number, onLate: () => void) {
    this.#ms = ms
    this.#onLate = onLate
    this.#timer = setTimeout(onLate, ms)
  }

  renew(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#onLate, this.#ms)
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}
