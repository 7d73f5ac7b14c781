/** Help, for one command or for all. */
import { exitCodes, nearest } from '../../engine/door/index.ts'
import { defineCommand } from '../command.ts'
import { usageError } from '../usage-error.ts'

export const help = defineCommand({
  name: 'help',
  purpose: 'show the help of a command',
  operands: [{ shown: '[COMMAND]', completes: 'commands' }],
  options: {},
  examples: [
    { line: 'gpt-migrate help', does: 'the commands, and the options of most runs' },
    { line: 'gpt-migrate help rollback', does: 'the same as gpt-migrate rollback --help' },
    { line: 'gpt-migrate help run --verbose', does: 'every option of a run with what it does' },
  ],
  exitCodes: { ok: 'the help was printed' },
  async perform({ operands: [name], world, commands }) {
    const { commandHelp, overview } = await import('../help.ts')
    if (name === undefined) {
      world.print(overview(commands))
      return exitCodes.ok
    }
    const command = commands.find((known) => known.name === name)
    if (command !== undefined) {
      world.print(commandHelp(command, world.isVerbose))
      return exitCodes.ok
    }
    const names = commands.map((known) => known.name)
    const close = nearest(name, names)
    throw usageError(
      'unknown-command',
      `There is no command "${name}".`,
      close === null ? 'See gpt-migrate --help.' : `Did you mean: gpt-migrate help ${close}`,
    )
  },
})
