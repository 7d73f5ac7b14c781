import { named } from './command.ts'
import { flag } from './option-kinds.ts'

/** The options that every command takes. */
export const commonOptions = named({
  verbose: flag({
    seldom: true,
    short: 'v',
    group: 'Output',
    description: 'Say more: every notice, table and difference',
    again: false,
  }),
  quiet: flag({
    seldom: true,
    short: 'q',
    group: 'Output',
    description: 'Say less: the outcome, and what needs attention',
    again: false,
  }),
  noColor: flag({
    seldom: true,
    group: 'Output',
    description: 'No colours, as with NO_COLOR in the environment',
    again: false,
  }),
  help: flag({
    seldom: true,
    short: 'h',
    group: 'Other',
    description: 'Show the help of the command',
    again: false,
  }),
  version: flag({
    seldom: true,
    short: 'V',
    group: 'Other',
    description: 'Show the version',
    again: false,
  }),
})
