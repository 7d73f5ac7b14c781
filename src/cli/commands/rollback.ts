/** Takes a run back: what it created is removed, and nothing else. */

import { exitCodes } from '../../engine/door/index.ts'
import { defineCommand } from '../command.ts'
import { text } from '../option-kinds.ts'
import { take } from '../options.ts'
import { refuseUnnamedTarget, targetChoiceOf, targetOptions } from '../requests.ts'

export const rollback = defineCommand({
  name: 'rollback',
  purpose: 'remove what a run created, and nothing else',
  options: {
    ...targetOptions,
    ...take('run', 'json'),
    force: text({
      name: 'force',
      value: 'DATABASE',
      group: 'How',
      description: "Although rows have changed since the run; type the target database's name",
    }),
  },
  examples: [
    { line: 'gpt-migrate rollback --target postgres://me@localhost/app', does: 'take the last run back' },
    { line: 'gpt-migrate rollback --run 2026-11-22-1', does: 'take back an earlier run' },
  ],
  exitCodes: { ok: 'the run was rolled back', target: true },
  async perform({ values, engine, world }) {
    refuseUnnamedTarget(values, world)
    const { run, force, json } = values
    const done = await engine.call('rollBack', { target: targetChoiceOf(values, world), run, force })
    if (json) {
      world.print(JSON.stringify(done))
      return exitCodes.ok
    }
    const tables = done.removed.filter((object) => object.kind === 'table').length
    world.print(
      `Rolled back run ${done.run}: ${tables} tables and ${done.removed.length - tables} other objects removed.`,
    )
    for (const { object, reason } of done.kept) world.print(`  kept ${object.kind} ${object.name}: ${reason}`)
    return exitCodes.ok
  },
})
