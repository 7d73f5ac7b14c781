/** Errors in a dump, in sentences that name the file and the line. */
import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { MigrateError } from '../../model/errors.ts'
import { formatCount } from '../../model/format-count.ts'

/** The line number for people. */
function lineOf(line: number): string {
  return `line ${formatCount(line)}`
}

/** The error for an incomplete dump. */
export function incomplete(path: string, why: string): MigrateError {
  return new MigrateError('source', 'dump-incomplete', `${path} is not complete: ${why}.`, {
    hint: 'Make the dump again, or move what stands in it with --salvage.',
  })
}

export function statementFailed(path: string, line: number, reason: string): MigrateError {
  return new MigrateError(
    'source',
    'dump-statement-failed',
    `The statement in ${lineOf(line)} of ${path} cannot be executed: ${reason}.`,
    { hint: 'Correct the dump, or move what can be had of it with --salvage.' },
  )
}

export function statementRefused(path: string, line: number, what: string): MigrateError {
  return new MigrateError(
    'source',
    'dump-statement-refused',
    `${lineOf(line).replace('l', 'L')} of ${path} has ${what}, which is not taken from a dump.`,
    {
      hint: "Only statements that fill the one database are: remove that one, or build the database with SQLite's own program and choose that.",
    },
  )
}

export function grownTooLarge(path: string, line: number, maxBytes: number): MigrateError {
  const megabytes = formatCount(maxBytes / 1_000_000)
  return new MigrateError(
    'source',
    'dump-unbounded',
    `${path} makes a database of more than ${megabytes} MB, in ${lineOf(line)}: more than a dump of its size holds.`,
    { hint: "Build the database with SQLite's own program, and choose that." },
  )
}

/** With less free space, a full disk is the cause. */
const LEAST_FREE_BYTES = 64 << 20

export function isDiskFull(file: string): boolean {
  const { bavail, bsize } = statfsSync(dirname(file))
  return bavail * bsize < LEAST_FREE_BYTES
}
