/** Finds and reads the source files and logs under the given paths. Invariant: no link is followed, and nothing is written. */
import { lstatSync, readdirSync } from 'node:fs'
import { extname, join, relative, resolve } from 'node:path'
import { MigrateError } from '../../model/errors.ts'
import { fileReason } from '../../model/file-error.ts'
import { MOST_TEXT_BYTES, NamedFileError, readNamedFile } from '../../own-files/named-file.ts'
import { errorCode } from '../../source/base/error-code.ts'
import { languages } from './languages.ts'

const extensions = new Set(['sql', 'ddl', ...languages.flatMap((language) => language.extensions)])

/** Folders of third-party and generated code. */
const skipped = new Set([
  'node_modules',
  'bower_components',
  'vendor',
  'venv',
  'env',
  'site-packages',
  '__pycache__',
  'dist',
  'build',
  'target',
  'coverage',
  'third_party',
])
const MOST_BYTES = 4 << 20

/** Returns the paths of files that may contain SQL, in order. Throws MigrateError `usage`, code `path-missing`. */
export function findSourceFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (stats === undefined) {
      throw new MigrateError('usage', 'path-missing', `${path} does not exist.`, {
        hint: "Name a folder or a file of the application's source.",
      })
    }
    return stats.isDirectory() ? [...walk(path)] : [path]
  })
}

function* walk(folder: string): Generator<string> {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (!skipped.has(entry.name) && !entry.name.startsWith('.')) yield* walk(path)
    } else if (entry.isFile() && isSource(entry.name)) yield path
  }
}

function isSource(name: string): boolean {
  return extensions.has(extname(name).slice(1).toLowerCase()) && !/\.min\.\w+$|\.d\.ts$/.test(name)
}

/** Returns null for a file that cannot be read, or is too large to be written by hand. */
export function readSourceFile(file: string): string | null {
  try {
    return readNamedFile(file, MOST_BYTES).toString('utf8')
  } catch (error) {
    if (error instanceof NamedFileError || errorCode(error) !== '') return null
    throw error
  }
}

/** Throws MigrateError `usage`, code `log-unreadable`. */
export function readLog(file: string): string {
  try {
    return readNamedFile(file, MOST_TEXT_BYTES).toString('utf8')
  } catch (cause) {
    throw new MigrateError(
      'usage',
      'log-unreadable',
      `The log ${file} cannot be read: ${fileReason(cause)}.`,
      {
        hint: 'Name a log file: --log FILE.',
        cause,
      },
    )
  }
}

/** Returns the path relative to the working directory, or absolute when it is outside. */
export function shownPath(file: string): string {
  const way = relative('.', file)
  return way === '' || way.startsWith('..') ? resolve(file) : way
}
