/** Shows what is in the databases, down to the values. */

import { exitCodes, printableJson } from '../../engine/door/index.ts'

import { inspect as inspectDatabases } from '../../index.ts'
import { defineCommand } from '../command.ts'
import { take } from '../take-options.ts'
import { progressFace, withFace } from './run.ts'

export const inspect = defineCommand({
  name: 'inspect',
  purpose: 'show what is in the databases, down to the values',
  operands: [{ shown: '[PATH…]', many: true, completes: 'files' }],
  options: take('source', 'salvage', 'workFolder', 'json'),
  examples: [
    { line: 'gpt-migrate inspect ./data', does: 'every database below ./data' },
    { line: 'gpt-migrate inspect app.db --json', does: 'one database, for a program to read' },
  ],
  exitCodes: { ok: 'everything was read', source: true, interrupted: true, terminated: true },
  async perform({ values, operands, engine, world }) {
    const named = [...values.source, ...operands]
    const { salvage, workFolder } = values
    const source = named.length === 0 ? ['.'] : named
    const inspection = await withFace(await progressFace(values, world, engine), (onEvent) =>
      inspectDatabases({ source, salvage, workFolder, engine, onEvent }),
    )
    const { inspectionLines } = await import('../../faces/inspection-lines.ts')
    for (const line of values.json ? [printableJson(inspection)] : inspectionLines(inspection))
      world.print(line)
    return exitCodes.ok
  },
})
