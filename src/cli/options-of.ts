/** Which options a command takes. Pure. */
import { type Command, type Option, optionGroups } from './command.ts'
import { commonOptions } from './common-options.ts'

/** The command's own options and then the common ones, in the order of their groups. */
export function optionsOf(command: Command): readonly Option[] {
  const all = [...Object.values<Option>(command.options), ...Object.values<Option>(commonOptions)]
  return optionGroups.flatMap((group) => all.filter((option) => option.group === group))
}

/** Every option of every command, each name once. */
export function everyOption(commands: readonly Command[]): readonly Option[] {
  const known = new Map<string, Option>()
  for (const option of commands.flatMap(optionsOf))
    if (!known.has(option.name)) known.set(option.name, option)
  const all = [...known.values()]
  return optionGroups.flatMap((group) => all.filter((option) => option.group === group))
}
