/** Which call of the engine a command line is for, as far as its first words say; the engine can be started before the rest is loaded. Pure. */
import type { CallName } from '../engine/door/index.ts'
import { defaultCommand } from './command.ts'

const calls: ReadonlyMap<string, CallName> = new Map<string, CallName>([
  [defaultCommand, 'runAll'],
  ['plan', 'planOnly'],
])

/** What is answered without an engine, and the wizard, which shows its first frame before it needs one. */
const others = /^(-[a-zA-Z]*[hV]|--help|--version)$/
const asksNothing = /^(-[a-zA-Z]*y|--yes|--dry-run)$/

/** Null where another call comes first, or none at all; a guess, which the engine may wait for in vain. */
export function expectedCall(argv: readonly string[]): CallName | null {
  const [first = '-'] = argv
  const command = first.startsWith('-') ? defaultCommand : first
  if (argv.some((word) => others.test(word))) return null
  if (command === defaultCommand && !argv.some((word) => asksNothing.test(word))) return null
  return calls.get(command) ?? null
}
