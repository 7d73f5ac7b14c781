/** Prints an error for a person: a sentence and what to do next, never a stack, and no password in either. */

import { exitCodes, printableJson, printableText, toPlainError } from '../engine/door/index.ts'
import type { World } from './world.ts'

/** Masks passwords in addresses, which may have been typed anywhere, such as in place of a command. */
function withoutPasswords(text: string): string {
  return text
    .replace(/(\b[a-z][\w+.-]*:\/+[^\s:@/]*):[^\s]*@/gi, '$1:***@')
    .replace(/(password=)(?:'(?:[^'\\]|\\.)*'|\S+)/gi, '$1***')
}

/** Prints the error and returns its exit code; with `json`, also prints it as an event on standard output. */
export function printError(
  thrown: unknown,
  json: boolean,
  { print, complain }: Pick<World, 'print' | 'complain'>,
): number {
  const plain = toPlainError(thrown)
  const error = {
    ...plain,
    message: withoutPasswords(plain.message),
    hint: plain.hint === null ? null : withoutPasswords(plain.hint),
  }
  if (json) print(printableJson({ type: 'run-failed', error, at: new Date().toISOString() }))
  complain(`gpt-migrate: ${indented(error.message)}`)
  if (error.hint !== null) complain(`  ${indented(error.hint)}`)
  return exitCodes[error.kind]
}

function indented(text: string): string {
  return printableText(text).replaceAll('\n', '\n  ')
}
