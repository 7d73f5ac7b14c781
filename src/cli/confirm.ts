/**
 * Asks before something is destroyed. Invariant: without a terminal to ask in, nothing is destroyed unless `--yes` was given, and any
 * answer but a plain yes means no.
 */
import { createInterface } from 'node:readline/promises'
import { printable } from '../engine/door/index.ts'
import { usageError } from './usage-error.ts'
import type { World } from './world.ts'

/** Whether a person can be asked: both streams are terminals, and the output is not for a program. */
export function canAsk({ terminal }: World, json: boolean): boolean {
  return terminal.stdinIsTerminal && terminal.stdoutIsTerminal && !terminal.ci && !json
}

/** The error of a destructive command that cannot ask. */
export function needsYes(command: string, does: string, takesDryRun = false): Error {
  return usageError(
    'needs-yes',
    `gpt-migrate ${command} ${does}, and there is no terminal to ask in.`,
    `Add --yes to do it${takesDryRun ? ', or --dry-run to see what would be done' : ''}.`,
  )
}

/** Asks a yes-or-no question; only "y" and "yes" mean yes. */
export async function askYes(question: string, world: World): Promise<boolean> {
  return /^y(es)?$/i.test((await ask(`${question} [y/N] `, world)).trim())
}

/** Whether the person answered yes, or gave `--yes`. Throws when nobody can be asked; the error names the `command` and what it `does`. */
export async function isAgreed(
  { yes, json }: { readonly yes: boolean; readonly json: boolean },
  world: World,
  {
    command,
    does,
    question,
    takesDryRun,
  }: {
    readonly command: string
    readonly does: string
    readonly question: string
    readonly takesDryRun?: boolean
  },
): Promise<boolean> {
  if (yes) return true
  if (!canAsk(world, json)) throw needsYes(command, does, takesDryRun)
  if (await askYes(question, world)) return true
  world.print('Nothing was changed.')
  return false
}

/** Asks the person to type a name. Returns whether it was typed exactly. */
export async function askForName(question: string, name: string, world: World): Promise<boolean> {
  return (await ask(`${question}, type ${printable(name)}: `, world)).trim() === name
}

/** Returns the answer, '' at the end of input. Ctrl+C exits the program. */
async function ask(question: string, { stdin, stdout, leaveNow }: World): Promise<string> {
  const lines = createInterface({ input: stdin, output: stdout })
  const ended = new Promise<string>((resolve) => {
    lines.once('close', () => resolve(''))
    lines.once('SIGINT', () => {
      stdout.write('\n')
      leaveNow('SIGINT')
    })
  })
  try {
    return await Promise.race([lines.question(question), ended])
  } finally {
    lines.close()
  }
}
