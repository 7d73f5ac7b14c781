/** `--help`: an overview and a page for each command, made from the table of commands. Fits 80 columns. Pure. */
import { exitCodeMeanings, exitCodes } from '../engine/door/index.ts'

import { wrapWords } from '../ui/text.ts'
import { type Command, defaultCommand, type Option, optionGroups } from './command.ts'
import { commonOptions } from './common-options.ts'
import { optionsOf } from './options-of.ts'

const width = 80
const margin = 24

/** What most runs need; the others are in `gpt-migrate help run`. */
const everyday = new Set(['source', 'target', 'mapping', 'exclude', 'yes', 'dry-run', 'verify', 'report'])

/** The overview: commands, the options of most runs, exit codes. */
export function overview(commands: readonly Command[]): string {
  const ofRun = commands.filter(({ name }) => name === defaultCommand).flatMap(optionsOf)
  const shown = ofRun.filter(({ name }) => everyday.has(name))
  return [
    ...wrapWords(
      'gpt-migrate moves SQLite databases into PostgreSQL and proves, cell by cell, that nothing was lost.',
      width,
    ),
    '',
    'Usage',
    '  gpt-migrate [options]            the wizard; with --yes, without questions',
    '  gpt-migrate COMMAND [options]',
    '',
    'Commands',
    ...commands.flatMap((command) => row(command.name, command.purpose, 14)),
    '',
    'Options of most runs (gpt-migrate help run has the others)',
    ...shown.flatMap(optionRow),
    '',
    'Options of every command',
    ...Object.values<Option>(commonOptions).flatMap(optionRow),
    '',
    'Exit codes',
    ...exitCodeMeanings.flatMap(({ code, meaning }) => row(String(code), meaning, 8)),
    '',
    'Examples',
    '  gpt-migrate',
    '  gpt-migrate --yes --source ./data --target postgres://me@localhost/trader',
    '  gpt-migrate demo',
    '  gpt-migrate help rollback',
    '',
  ].join('\n')
}

/** Help for one command; without `isFull`, rarely needed options are only named. */
export function commandHelp(command: Command, isFull: boolean): string {
  const own = optionsOf(command)
  const described = isFull ? own : own.filter(({ seldom }) => seldom !== true)
  const more = own.filter((option) => !described.includes(option))
  const lines = [...wrapWords(`gpt-migrate ${command.name}: ${command.purpose}`, width)]
  for (const detail of command.details ?? []) lines.push(...wrapWords(detail, width))
  lines.push('', 'Usage', `  ${usageOf(command)}`)
  for (const group of optionGroups) {
    const options = described.filter((option) => option.group === group)
    if (options.length > 0) lines.push('', group, ...options.flatMap(optionRow))
  }
  if (more.length > 0)
    lines.push('', `More (gpt-migrate help ${command.name} --verbose explains them)`, ...names(more))
  lines.push('', 'Examples')
  for (const { line, does } of command.examples) lines.push(`  ${line}`, `      ${does}`)
  lines.push(
    '',
    'Exit codes',
    ...exitCodesOf(command).flatMap(({ code, meaning }) => row(String(code), meaning, 8)),
  )
  return [...lines, ''].join('\n')
}

/** How a command is typed. */
export function usageOf(command: Command): string {
  if (command.name === defaultCommand) return 'gpt-migrate [run] [options]'
  const operands = (command.operands ?? []).map(({ shown }) => ` ${shown}`).join('')
  return `gpt-migrate ${command.name}${operands} [options]`
}

/** The exit codes of a command, with what they mean for it. */
export function exitCodesOf(
  command: Command,
): readonly { readonly code: number; readonly meaning: string }[] {
  const own = new Map<number, string | true>(
    Object.entries({ usage: true as const, bug: true as const, ...command.exitCodes }).map(
      ([name, meaning]) => [exitCodes[name as keyof typeof exitCodes], meaning ?? true],
    ),
  )
  return exitCodeMeanings.flatMap(({ code, meaning }) => {
    const here = own.get(code)
    return here === undefined ? [] : [{ code, meaning: here === true ? meaning : here }]
  })
}

/** An option as it is typed: `-s, --source PATH`. */
export function optionSpelling({ short, name, value }: Option): string {
  return `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`
}

function optionRow(option: Option): string[] {
  const indent = option.short === undefined ? '    ' : ''
  return row(`${indent}${optionSpelling(option)}`, option.description)
}

/** The options' spellings, joined by spaces that do not break within an option. */
function names(options: readonly Option[]): string[] {
  const words = options.map((option) => optionSpelling(option).replaceAll(' ', '\u00a0')).join('\u00a0· ')
  return wrapWords(words, width - 2).map((line) => `  ${line.replaceAll('\u00a0', ' ')}`)
}

/** `right`, wrapped, beside `left`; below it when `left` is too long. */
function row(left: string, right: string, column = margin): string[] {
  const beside = left.length + 3 <= column
  const lines = wrapWords(right, width - column).map((line) => `${' '.repeat(column)}${line}`)
  return beside
    ? [`  ${left}`.padEnd(column) + lines[0]!.trimStart(), ...lines.slice(1)]
    : [`  ${left}`, ...lines]
}
