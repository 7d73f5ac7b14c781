/** `--help`, made from the tables of commands, options and exit codes. */
import { exitCodeMeanings } from '../engine/index.ts'
import { commandSpecs, type OptionSpec, optionGroups, optionSpecs } from './options.ts'

export function helpText(): string {
  const specs: readonly OptionSpec[] = optionSpecs
  const lines = [
    'gpt-migrate moves SQLite databases into PostgreSQL and proves, cell by cell, that nothing was lost.',
    '',
    'Usage',
    '  gpt-migrate [options]            the wizard; with --yes, the whole run without questions',
    '  gpt-migrate COMMAND [options]',
    '',
    'Commands',
    ...commandSpecs.map((spec) => row(`${spec.name} ${spec.arguments}`.trim(), spec.description)),
  ]
  for (const group of optionGroups) {
    lines.push('', group)
    for (const spec of specs.filter((candidate) => candidate.group === group)) {
      const short = spec.short === undefined ? '    ' : `-${spec.short}, `
      lines.push(
        row(`${short}--${spec.name}${spec.value === undefined ? '' : ` ${spec.value}`}`, spec.description),
      )
    }
  }
  lines.push('', 'Exit codes', ...exitCodeMeanings.map(({ code, meaning }) => row(String(code), meaning)))
  lines.push(
    '',
    'Examples',
    '  npx gpt-migrate',
    '  npx gpt-migrate --yes --source ./data --target postgres://me@localhost/gpt_trader',
    '',
  )
  return lines.join('\n')
}

function row(left: string, right: string): string {
  return left.length > 26 ? `  ${left}\n${' '.repeat(30)}${right}` : `  ${left.padEnd(27)} ${right}`
}
