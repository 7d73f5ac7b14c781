/** Completion scripts for shells, and the words that those scripts ask for. */

import { type EngineProcess, exitCodes, isTargetNamed, listSourceTables } from '../../engine/door/index.ts'
import { listOf } from '../../library/option-rules.ts'
import { type Command, type Completion, defineCommand } from '../command.ts'
import { candidatesFor, type Typed } from '../completion/candidates.ts'
import { howToTurnOn, type Shell, scripts, shells } from '../completion/scripts.ts'
import { usageError } from '../usage-error.ts'
import type { World } from '../world.ts'

/** A shell waits for the answer when Tab is pressed, and starting a process takes seconds on a busy machine. */
const patienceMs = 5_000

export const completion = defineCommand({
  name: 'completion',
  purpose: 'print completions for bash, zsh, fish or PowerShell',
  details: [
    `Turn them on: ${howToTurnOn.bash}; for zsh: ${howToTurnOn.zsh}; for fish: ${howToTurnOn.fish}; for PowerShell: ${howToTurnOn.powershell}.`,
  ],
  operands: [
    { shown: listOf(shells).replaceAll(/, | or /g, '|'), choices: [...shells, 'words'] },
    { shown: '[-- WORD…]', many: true },
  ],
  options: {},
  examples: [
    { line: 'gpt-migrate completion bash', does: 'print the script for bash' },
    {
      line: 'gpt-migrate completion words -- verify --level',
      does: 'what the scripts ask: the possible next words',
    },
  ],
  exitCodes: { ok: 'printed' },
  async perform(invocation) {
    const { operands, world, commands } = invocation
    const [what, ...words] = operands
    if (what === 'words') {
      for (const line of await linesFor(words, commands, world, () => invocation.engine)) world.print(line)
      return exitCodes.ok
    }
    if (what === undefined || words.length > 0) {
      throw usageError(
        'shell-missing',
        `gpt-migrate completion takes one shell: ${listOf(shells)}.`,
        'gpt-migrate completion bash',
      )
    }
    world.print(scripts[what as Shell].trimEnd())
    return exitCodes.ok
  },
})

async function linesFor(
  words: readonly string[],
  commands: readonly Command[],
  world: World,
  engine: () => EngineProcess,
): Promise<string[]> {
  // PowerShell passes an empty word with its quotes.
  const typedWords = words.map((word) => (word === '""' ? '' : word))
  const current = typedWords.at(-1) ?? ''
  const { words: known, completes, prefix, typed } = candidatesFor(typedWords, commands)
  const looked = completes === null ? [] : await namesFor(completes, typed, commands, world, engine)
  const lines = [...known, ...looked.map((word) => ({ word, meaning: '' }))]
    .map(({ word, meaning }) => ({ word: prefix + word, meaning }))
    .filter(({ word }) => word.startsWith(current) && !/[\n\t]/.test(word))
    .map(({ word, meaning }) => `${word}\t${meaning}`)
  return completes === 'files' || completes === 'folders' ? [...lines, `:${completes}`] : lines
}

/** Returns names from the program, the target or the sources; none when they cannot be looked up in time. */
async function namesFor(
  what: Completion,
  { texts }: Typed,
  commands: readonly Command[],
  world: World,
  engine: () => EngineProcess,
): Promise<readonly string[]> {
  switch (what) {
    case 'files':
    case 'folders':
      return []
    case 'commands':
      return commands.map(({ name }) => name)
    case 'mappings':
      return ['gpt-trader', 'auto']
    case 'tables':
      return inTime(listSourceTables(texts.get('source') ?? ['.'], AbortSignal.timeout(patienceMs)))
    case 'runs': {
      const target = texts.get('target')?.at(-1) ?? null
      if (!isTargetNamed({ target, env: world.env })) return []
      const choice = {
        target,
        role: texts.get('role')?.at(-1) ?? null,
        env: world.env,
        workFolder: texts.get('work-folder')?.at(-1) ?? '.gpt-migrate',
        port: null,
      }
      return inTime(
        engine()
          .call('listRuns', { target: choice })
          .then((runs) => runs.map(({ run }) => run)),
      )
    }
    default:
      return what satisfies never
  }
}

async function inTime(names: Promise<readonly string[]>): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<readonly string[]>((resolve) => {
    timer = setTimeout(() => resolve([]), patienceMs)
  })
  try {
    return await Promise.race([names.catch(() => []), late])
  } finally {
    clearTimeout(timer)
  }
}
