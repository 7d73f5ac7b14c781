/** Prints the built-in mappings as files to start a mapping of one's own from. */

import { exitCodes } from '../../engine/door/index.ts'
import { defineCommand } from '../command.ts'
import { refuseUnwritable, writeOutput } from '../output-file.ts'
import { take } from '../take-options.ts'
import { usageError } from '../usage-error.ts'

export const mappings = defineCommand({
  name: 'mappings',
  purpose: 'print a built-in mapping as a file to start your own from',
  operands: [
    { shown: 'show', choices: ['show'] },
    { shown: '[NAME]', choices: ['gpt-trader'], after: 'show' },
  ],
  options: take('out'),
  examples: [
    { line: 'gpt-migrate mappings show gpt-trader', does: 'print the mapping of GPT-Trader' },
    {
      line: 'gpt-migrate mappings show --out mine.yaml',
      does: 'write it to a file, for --mapping mine.yaml',
    },
  ],
  exitCodes: { ok: 'the mapping was printed or written' },
  async perform({ values: { out }, operands, engine, world }) {
    if (operands.length === 0) {
      throw usageError(
        'word-missing',
        'gpt-migrate mappings needs a word: show.',
        'gpt-migrate mappings show gpt-trader',
      )
    }
    refuseUnwritable('out', out)
    const mapping = await engine.call('showMapping', { name: 'gpt-trader' })
    if (out === null) world.print(mapping.trimEnd())
    else writeOutput('out', out, mapping)
    return exitCodes.ok
  },
})
