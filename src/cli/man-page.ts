/** The manual page, in the macros of man(7), made from the table of commands. Pure. */
import { exitCodeMeanings } from '../engine/door/index.ts'
import type { Command, Option } from './command.ts'
import { commonOptions } from './common-options.ts'
import { exitCodesOf, optionSpelling, usageOf } from './help.ts'
import { optionsOf } from './options-of.ts'

export function manPage(commands: readonly Command[], version: string): string {
  const common = Object.values<Option>(commonOptions)
  const names = new Set(common.map(({ name }) => name))
  return [
    `.TH GPT\\-MIGRATE 1 "" "gpt\\-migrate ${text(version)}"`,
    '.SH NAME',
    'gpt\\-migrate \\- move SQLite databases into PostgreSQL and prove every cell',
    '.SH SYNOPSIS',
    '.B gpt\\-migrate',
    '[options]',
    '.br',
    '.B gpt\\-migrate',
    'COMMAND [options]',
    '.SH DESCRIPTION',
    'Without a command it opens a wizard; with \\-\\-yes it does the whole run without questions.',
    '.SH OPTIONS OF EVERY COMMAND',
    ...common.flatMap(optionLines),
    '.SH COMMANDS',
    ...commands.flatMap((command) => commandLines(command, names)),
    '.SH EXIT STATUS',
    ...exitCodeMeanings.flatMap(({ code, meaning }) => ['.TP', String(code), text(meaning)]),
    '.SH ENVIRONMENT',
    ...['.TP', 'DATABASE_URL', 'The target, when \\-\\-target is not given.'],
    ...[
      '.TP',
      'PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD, PGPASSFILE, PGSERVICE, PGSSLMODE',
      'As in libpq.',
    ],
    ...['.TP', 'NO_COLOR', 'No colours.'],
    ...['.TP', 'INK_SCREEN_READER', 'true: the wizard is written for screen readers.'],
    '',
  ].join('\n')
}

function commandLines(command: Command, common: ReadonlySet<string>): string[] {
  const own = optionsOf(command).filter(({ name }) => !common.has(name))
  const codes = exitCodesOf(command).map(({ code, meaning }) => `${code} ${meaning}`)
  return [
    `.SS ${text(usageOf(command))}`,
    text(`${command.purpose}.`),
    ...(command.details ?? []).map(text),
    ...own.flatMap(optionLines),
    '.PP',
    'Examples:',
    ...command.examples.flatMap(({ line, does }) => ['.TP', `.B ${text(line)}`, text(does)]),
    '.PP',
    text(`Exit codes: ${codes.join('; ')}.`),
  ]
}

function optionLines(option: Option): string[] {
  return ['.TP', `.B ${text(optionSpelling(option))}`, text(option.description)]
}

/** Escapes text for roff, where a backslash, a dash and a leading dot or quote mean something else (groff_char(7)). */
function text(words: string): string {
  const safe = words
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('…', '...')
    .replaceAll("'", '\\(aq')
  return /^[.]/.test(safe) ? `\\&${safe}` : safe
}
