/** Sample databases into an embedded PostgreSQL: what a newcomer runs first. */
import { join } from 'node:path'

import { exitCodes } from '../../engine/door/index.ts'

import { formatCounted } from '../../ui/format.ts'
import { defineCommand, usualValues } from '../command.ts'
import { textOr, wholeNumberOr } from '../option-kinds.ts'
import { jsonEvents, take } from '../options.ts'
import { refuseUnwritable } from '../output-file.ts'
import { planningOptions, runRequestOf } from '../requests.ts'
import { runExitCodes } from '../run-exit-codes.ts'
import { shellCommand } from '../shell-command.ts'
import { lineFace } from './run.ts'

export const demo = defineCommand({
  name: 'demo',
  purpose: 'sample databases into an embedded PostgreSQL',
  options: {
    rows: wholeNumberOr(50_000, 1, 1_000_000_000, {
      name: 'rows',
      value: 'N',
      group: 'What to move',
      description: 'Rows in all (default: 50000)',
    }),
    folder: textOr('gpt-migrate-demo', {
      name: 'folder',
      value: 'DIR',
      completes: 'folders',
      group: 'Where to',
      description: 'Where to put the sample databases and the server (default: gpt-migrate-demo)',
    }),
    ...take('target', 'keepRunning', 'port', 'verify', 'jobs', 'exact', 'report', 'keepDays'),
    ...take('yes', 'plain'),
    json: jsonEvents,
  },
  examples: [
    { line: 'gpt-migrate demo', does: 'six databases with about 50,000 rows, moved and verified' },
    { line: 'gpt-migrate demo --rows 1000000 --keep-running', does: 'a million rows; the server stays on' },
  ],
  exitCodes: runExitCodes,
  async perform({ values, texts, engine, world }) {
    refuseUnwritable('report', values.report)
    const { folder, rows, json } = values
    const source = join(folder, 'databases')
    const target = values.target ?? `embedded:${join(folder, 'postgres')}`
    const workFolder = join(folder, 'work')
    const again = shellCommand(
      new Map([...texts, ['source', [source]], ['target', [target]], ['work-folder', [workFolder]]]),
    )
    const {
      sources: _sources,
      mapping: _mapping,
      as: _as,
      dryRun: _dryRun,
      salvage: _salvage,
      startOver: _startOver,
      ...run
    } = runRequestOf({ ...usualValues(planningOptions), ...values, target, workFolder }, world, again)
    if (!json) world.print(`Sample databases with about ${formatCounted(rows, 'row')} in ${source}`)
    const { report } = await engine.call('runDemo', { folder, rows, run }, lineFace(values, world).hear)
    return report?.exitCode ?? exitCodes.ok
  },
})
