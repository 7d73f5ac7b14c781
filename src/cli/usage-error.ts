import { MigrateError } from '../engine/door/index.ts'

const ALL_HELP = 'See gpt-migrate --help.'

/** A usage error: what is wrong with the command line, and what to type instead. */
export function usageError(code: string, message: string, hint = ALL_HELP): MigrateError {
  return new MigrateError('usage', code, message, { hint })
}

/** Calls `read`; an error that only points to the general help points to the help of `command` instead. */
export function withHelpOf<T>(command: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof MigrateError) || error.hint !== ALL_HELP) throw error
    throw usageError(error.code, error.message, `See gpt-migrate ${command} --help.`)
  }
}
