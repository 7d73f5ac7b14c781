/** Writes the target's data back as SQLite databases in the old layout. */

import { exitCodes, printableJson } from '../../engine/door/index.ts'

import { exportTo } from '../../index.ts'
import { defineCommand } from '../command.ts'
import { text } from '../option-kinds.ts'
import { onTarget, refuseUnnamedTarget, targetOptions } from '../requests.ts'
import { take } from '../take-options.ts'
import { usageError } from '../usage-error.ts'

export const exportCommand = defineCommand({
  name: 'export',
  purpose: 'write SQLite databases from the target alone: the way back',
  options: {
    ...targetOptions,
    toSqlite: text({
      value: 'DIR',
      completes: 'folders',
      group: 'Where to',
      description: 'Write the databases into this folder, which must be empty or not exist',
    }),
    ...take('run', 'json'),
  },
  examples: [
    { line: 'gpt-migrate export --to-sqlite ./back', does: 'the databases of the last run, in ./back' },
    {
      line: 'gpt-migrate export --run 2026-11-22-1 --to-sqlite ./back',
      does: 'those of an earlier run',
    },
  ],
  exitCodes: {
    ok: 'every row and object was written',
    target: true,
    copy: 'the run is not finished',
    verify: 'something was not written, and is named',
  },
  async perform(invocation) {
    const { values, world } = invocation
    const { toSqlite, run, json } = values
    if (toSqlite === null) {
      throw usageError(
        'no-folder',
        'export needs a folder to write to.',
        'Name one that is empty or not there yet: gpt-migrate export --to-sqlite DIR.',
      )
    }
    refuseUnnamedTarget(values, world)
    const answer = await exportTo({ ...onTarget(invocation), run, toSqlite })
    const { exportLines } = await import('../../faces/export-lines.ts')
    for (const line of json ? [printableJson(answer)] : exportLines(answer)) world.print(line)
    return answer.unwrittenCount === 0 ? exitCodes.ok : exitCodes.verify
  },
})
