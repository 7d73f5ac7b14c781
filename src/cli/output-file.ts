/** Output files that a person named: refused before the work starts when their folder does not exist. */
import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileReason, MigrateError, writeNamedFile } from '../engine/door/index.ts'

/** Throws a usage error when it is already known that the file cannot be written. */
export function refuseUnwritable(option: string, file: string | null): void {
  if (file === null) return
  const folder = dirname(resolve(file))
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw cannotWrite(option, file, `there is no folder ${folder}`)
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true)
    throw cannotWrite(option, file, 'it is a folder')
}

export function writeOutput(option: string, file: string, text: string): void {
  try {
    writeNamedFile(file, text)
  } catch (cause) {
    throw cannotWrite(option, file, fileReason(cause), cause)
  }
}

function cannotWrite(option: string, file: string, reason: string, cause?: unknown): MigrateError {
  return new MigrateError('usage', 'output-unwritable', `${file} cannot be written: ${reason}.`, {
    hint: `Name another file: --${option} FILE.`,
    ...(cause === undefined ? {} : { cause }),
  })
}
