/** Goes on with what is written to the sources of an earlier run. */

import { follow as followRun } from '../../index.ts'
import { defineCommand } from '../command.ts'
import { followedExitCode } from '../followed-exit-code.ts'
import { jsonEvents, take } from '../options.ts'
import { onTarget, refuseUnnamedTarget, targetOptions } from '../requests.ts'
import { lineFace } from './run.ts'

export const follow = defineCommand({
  name: 'follow',
  purpose: 'bring what is written to the sources after a run into the target, until it is stopped',
  details: [
    'It goes on where an earlier following stopped, and also after a run without --follow whose snapshots are there.',
    'While another process follows the same run, this one takes over from it.',
  ],
  options: { ...targetOptions, ...take('run'), json: jsonEvents },
  examples: [
    { line: 'gpt-migrate follow --target postgres://me@localhost/app', does: 'the last run' },
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
    const { run, json } = values
    refuseUnnamedTarget(values, world)
    const onEvent = lineFace({ json, plain: true }, world, engine).hear
    return followedExitCode(await followRun({ ...onTarget(invocation), run, onEvent }))
  },
})
