/** Predicts from the command line's first words which engine call it will make, so that the engine can start while the rest loads. Pure. */
import type { CallName } from '../engine/door/index.ts'
import { defaultCommand } from './command.ts'

const calls: ReadonlyMap<string, CallName> = new Map<string, CallName>([
  [defaultCommand, 'runAll'],
  ['plan', 'planOnly'],
])

/**
 * Words that are answered without an engine. A run without a word of `asksNothing` is the wizard's, which shows its first frame before it
 * needs one.
 */
const others = /^(-[a-zA-Z]*[hV]|--help|--version)$/
const asksNothing = /^(-[a-zA-Z]*y|--yes|--dry-run)$/

/** Returns the call that the engine may prepare for, or null when another one comes first or none at all. A wrong guess costs only time. */
export function expectedCall(argv: readonly string[]): CallName | null {
  const [first = '-'] = argv
  const command = first.startsWith('-') ? defaultCommand : first
  if (argv.some((word) => others.test(word))) return null
  if (command === defaultCommand && !argv.some((word) => asksNothing.test(word))) return null
  return calls.get(command) ?? null
}
