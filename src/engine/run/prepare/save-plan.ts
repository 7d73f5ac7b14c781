/** Saves the plan to a file that the user named. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { MigrateError } from '../../model/errors.ts'
import { fileReason } from '../../model/file-error.ts'
import type { Plan } from '../../model/plan.ts'
import { writeNamedFile } from '../../own-files/named-file.ts'
import { writePlan } from '../../plan-files/plan-file.ts'

/** Returns the absolute path. Throws `file-exists` or `file-not-written`. */
export async function savePlan(request: { readonly plan: Plan; readonly file: string }): Promise<string> {
  const path = resolve(request.file)
  if (existsSync(path)) {
    throw new MigrateError('usage', 'file-exists', `${path} is there already.`, {
      hint: 'Give the plan another name.',
    })
  }
  try {
    writeNamedFile(path, writePlan(request.plan, path), { isNew: true })
  } catch (error) {
    throw new MigrateError('usage', 'file-not-written', `${path} cannot be written: ${fileReason(error)}.`, {
      hint: 'Name a folder that is there and that you may write to.',
      cause: error,
    })
  }
  return path
}
