/** Keeps the target of an earlier run current with what is written to its sources. */

import { exitCodes, printable } from '../../engine/door/index.ts'
import { follow as followRun } from '../../index.ts'
import { defineCommand } from '../command.ts'
import { isAgreed } from '../confirm.ts'
import { followedExitCode } from '../followed-exit-code.ts'
import { list } from '../option-kinds.ts'
import { onTarget, refuseUnnamedTarget, targetOptions } from '../requests.ts'
import { jsonEvents, take, yesTo } from '../take-options.ts'
import { lineFace } from './run.ts'

export const follow = defineCommand({
  name: 'follow',
  purpose: 'apply what is written to the sources after a run to the target, until it is stopped',
  details: [
    'It resumes where an earlier following stopped, and also starts after a run without --follow whose snapshots are there.',
    'While another process follows the same run, this one takes over from it.',
    'A table whose columns changed in the source, that is new there, or that somebody else wrote to in the target is not followed any further until it is copied again with --resync: its target table is emptied, or made again where its columns changed.',
  ],
  options: {
    ...targetOptions,
    ...take('run'),
    resync: list({
      value: 'TABLE',
      completes: 'tables',
      group: 'How',
      description: "Copy the table again first: table or database/table; '*' for all; may be repeated",
    }),
    yes: yesTo('Copy tables again'),
    json: jsonEvents,
  },
  examples: [
    { line: 'gpt-migrate follow --target postgres://me@localhost/app', does: 'the last run' },
    { line: 'gpt-migrate follow --resync orders', does: 'copy a table again, then follow' },
    { line: 'gpt-migrate follow --json', does: 'its rounds as events, for a program to read' },
  ],
  exitCodes: {
    source: true,
    target: true,
    plan: 'the run is not one that can be followed; nothing was written',
    copy: 'following ended; what to do is said',
    interrupted: true,
    terminated: true,
  },
  async perform(invocation) {
    const { values, engine, world } = invocation
    const { run, json, resync } = values
    refuseUnnamedTarget(values, world)
    const question = `The target's rows of ${resync.map(printable).join(', ')} are replaced by the source's. Continue?`
    const asked = { command: 'follow --resync', does: 'empties tables and fills them again', question }
    if (resync.length > 0 && !(await isAgreed(values, world, asked))) return exitCodes.usage
    const { onEvent } = await lineFace({ json, plain: true }, world, engine)
    return followedExitCode(await followRun({ ...onTarget(invocation), run, resync, onEvent }))
  },
})
