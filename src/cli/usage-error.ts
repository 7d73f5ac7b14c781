import { MigrateError } from '../engine/door/index.ts'

/** A usage error: what is wrong with the command line, and what to type instead. */
export function usageError(code: string, message: string, hint = 'See gpt-migrate --help.'): MigrateError {
  return new MigrateError('usage', code, message, { hint })
}

/** "a, b or c". */
export function listOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
