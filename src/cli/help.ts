/** `--help`, made from the tables of commands, options and exit codes. Fits 80 columns. */
import { exitCodeMeanings } from '../engine/door/index.ts'
import { wrapWords } from '../ui/text.ts'
import { commandSpecs, type OptionSpec, optionGroups, optionSpecs } from './options.ts'

const width = 80
const margin = 27

export function helpText(): string {
  const specs: readonly OptionSpec[] = optionSpecs
  const lines = [
    'gpt-migrate moves SQLite databases into PostgreSQL and proves, cell by cell,',
    'that nothing was lost.',
    '',
    'Usage',
    '  gpt-migrate [options]            the wizard; with --yes, without questions',
    '  gpt-migrate COMMAND [options]',
    '',
    'Commands',
    ...commandSpecs.flatMap((spec) => row(`${spec.name} ${spec.arguments}`.trim(), spec.description)),
  ]
  for (const group of optionGroups) {
    lines.push('', group)
    for (const spec of specs.filter((candidate) => candidate.group === group)) {
      const short = spec.short === undefined ? '    ' : `-${spec.short}, `
      const value = spec.value === undefined ? '' : ` ${spec.value}`
      lines.push(...row(`${short}--${spec.name}${value}`, spec.description))
    }
  }
  lines.push(
    '',
    'Exit codes',
    ...exitCodeMeanings.flatMap(({ code, meaning }) => row(String(code), meaning, 8)),
  )
  lines.push(
    '',
    'Examples',
    '  npx gpt-migrate',
    '  npx gpt-migrate --yes --source ./data --target postgres://me@localhost/trader',
    '  npx gpt-migrate demo',
    '',
  )
  return lines.join('\n')
}

/** The left text, and the right one beside it, wrapped; on the next line when the left one is too long. */
function row(left: string, right: string, column = margin): string[] {
  const beside = left.length + 4 <= column
  const lines = wrapWords(right, width - column).map((line) => `${' '.repeat(column)}${line}`)
  return beside
    ? [`  ${left}`.padEnd(column) + lines[0]!.trimStart(), ...lines.slice(1)]
    : [`  ${left}`, ...lines]
}
