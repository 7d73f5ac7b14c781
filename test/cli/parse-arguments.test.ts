import { describe, expect, it } from 'vitest'

import { type Command, defaultCommand, type Option } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/commands/index.ts'
import { commonOptions } from '../../src/cli/common-options.ts'
import { everyOption, optionsOf } from '../../src/cli/options-of.ts'
import { parseArguments } from '../../src/cli/parse-arguments.ts'
import { MigrateError } from '../../src/engine/door/index.ts'

const specs = everyOption(commands)
const common = Object.values<Option>(commonOptions).map(({ name }) => name)

/** What an option can't be without: by its name, or by command and name. */
const beside: Readonly<Record<string, readonly string[]>> = {
  'json-text': ['--data-only'],
  append: ['--data-only'],
  follow: ['--yes'],
  'search-language': ['--search'],
  'verify yes': ['--repair'],
  'verify dry-run': ['--repair'],
  'cutover to': ['--back'],
}

/** A value that an option takes and that is not its default. */
const samples: Readonly<Record<string, { readonly value: string; readonly as?: unknown }>> = {
  source: { value: './data', as: ['./data'] },
  as: { value: 'a=b.db=trading.db', as: { 'a=b.db': 'trading.db' } },
  exclude: { value: 'notes', as: ['notes'] },
  log: { value: 'app.log', as: ['app.log'] },
  mapping: { value: 'mine.yaml', as: { file: 'mine.yaml' } },
  epoch: { value: 'log.at=seconds', as: { 'log.at': 'seconds' } },
  resync: { value: 'notes', as: ['notes'] },
  columnstore: { value: '7 days' },
  retention: { value: '2 years' },
  timezone: { value: 'Europe/Berlin' },
  report: { value: 'r.html' },
}

function sampleOf({ name, value, choices, read }: Option): { value: string; as: unknown } | null {
  if (value === undefined) return null
  const known = samples[name]
  if (known !== undefined) return { value: known.value, as: known.as ?? known.value }
  if (choices !== undefined) {
    const choice = choices.find((word) => word !== read(null, name))!
    return { value: choice, as: choice }
  }
  return isNumber(read, name) ? { value: '7', as: 7 } : { value: 'word', as: 'word' }
}

function isNumber(read: Option['read'], name: string): boolean {
  try {
    return read(['word'], name) !== 'word'
  } catch {
    return true
  }
}

const words = (command: Command): string[] => (command.name === defaultCommand ? [] : [command.name])

/** A command that has the option. */
const ownerOf = (name: string): string =>
  commands.find((command) => optionsOf(command).some((option) => option.name === name))!.name

function refusalOf(argv: readonly string[]): { code: string; message: string; hint: string | null } {
  try {
    parseArguments(argv)
  } catch (error) {
    expect(error).toBeInstanceOf(MigrateError)
    const { kind, code, message, hint } = error as MigrateError
    expect(kind).toBe('usage')
    return { code, message, hint }
  }
  throw new Error(`${argv.join(' ')} was accepted`)
}

describe.each(commands.map((command) => ({ command, name: command.name })))('$name', ({ command, name }) => {
  for (const [key, option] of Object.entries<Option>(command.options)) {
    it(`takes --${option.name}`, () => {
      const sample = sampleOf(option)
      const spellings =
        sample === null
          ? [[`--${option.name}`]]
          : [[`--${option.name}`, sample.value], [`--${option.name}=${sample.value}`]]
      if (option.short !== undefined)
        spellings.push([`-${option.short}`, ...(sample === null ? [] : [sample.value])])
      expect(parseArguments(words(command)).values[key]).not.toEqual(sample === null ? true : sample.as)
      for (const spelling of spellings) {
        const argv = [
          ...words(command),
          ...(beside[`${name} ${option.name}`] ?? beside[option.name] ?? []),
          ...spelling,
        ]
        expect(parseArguments(argv).values[key]).toEqual(sample === null ? true : sample.as)
      }
    })
  }

  it('refuses every option that it does not read, and names who has it', () => {
    const own = new Set(optionsOf(command).map((option) => option.name))
    const foreign = specs.filter((option) => !own.has(option.name))
    expect(foreign.length + own.size).toBe(specs.length)
    for (const option of foreign) {
      const sample = sampleOf(option)
      const argv = [...words(command), `--${option.name}`, ...(sample === null ? [] : [sample.value])]
      const { code, message, hint } = refusalOf(argv)
      expect(code).toBe('option-elsewhere')
      expect(hint).toContain(`gpt-migrate ${name} --help`)
      const owners = commands.filter((other) => optionsOf(other).some((known) => known.name === option.name))
      for (const owner of owners)
        if (owner.name !== defaultCommand) expect(message).toContain(`gpt-migrate ${owner.name}`)
      // Whose it is comes before what is wrong with its value.
      const faulty = sample === null ? `--${option.name}=1` : `--${option.name}`
      expect(refusalOf([...words(command), faulty]).code).toBe('option-elsewhere')
    }
  })

  it.each(common)('takes --%s', (word) => {
    expect(parseArguments([...words(command), `--${word}`]).command.name).toBe(name)
  })
})

describe('every option', () => {
  it('is the same for every command that has it', () => {
    for (const { name, value, short, choices } of commands.flatMap(optionsOf)) {
      const first = specs.find((option) => option.name === name)
      expect({ name, value, short, choices }).toEqual({
        name,
        value: first?.value,
        short: first?.short,
        choices: first?.choices,
      })
    }
    const shorts = specs.flatMap(({ short }) => short ?? [])
    expect(new Set(shorts).size).toBe(shorts.length)
  })

  for (const spec of specs.filter((candidate) => candidate.choices !== undefined)) {
    it(`--${spec.name} takes its choices and nothing else`, () => {
      const command = ownerOf(spec.name)
      for (const choice of spec.choices!)
        parseArguments([command, `--${spec.name}`, choice, ...(beside[spec.name] ?? [])])
      const { code, message } = refusalOf([command, `--${spec.name}`, 'sideways'])
      expect(code).toBe('value-unknown')
      for (const choice of spec.choices!) expect(message).toContain(choice)
      for (const choice of spec.choices!) expect(spec.description).toContain(choice)
    })
  }

  for (const spec of specs.filter((candidate) => candidate.value !== undefined)) {
    it(`--${spec.name} needs its value, and takes no option for it`, () => {
      for (const argv of [[`--${spec.name}`], [`--${spec.name}=`], [`--${spec.name}`, '--yes']]) {
        expect(refusalOf([ownerOf(spec.name), ...argv]).code).toBe('value-missing')
      }
    })
  }

  it('a switch takes no value', () => {
    expect(refusalOf(['--yes=false']).code).toBe('value-not-wanted')
  })

  it('the last value counts, but sources and exclusions add up', () => {
    const given = parseArguments('-s a -s b --exclude x --exclude y --jobs 2 --jobs 4'.split(' '))
    expect(given.values).toMatchObject({ source: ['a', 'b'], exclude: ['x', 'y'], jobs: 4 })
  })

  it('a value that begins with a dash is given with an equals sign', () => {
    expect(parseArguments(['--source=-odd.db']).values.source).toEqual(['-odd.db'])
  })
})

describe('what is mistyped', () => {
  it.each([
    ['--sorce', 'Did you mean --source?'],
    ['--taget=x', 'Did you mean --target?'],
    ['--dryrun', 'Did you mean --dry-run?'],
    ['--no-yes', 'See gpt-migrate --help.'],
    ['--taregt', 'Did you mean --target?'],
    ['-x', 'See gpt-migrate --help.'],
  ])('%s', (word, hint) => {
    expect(refusalOf([word])).toMatchObject({ code: 'unknown-option', hint })
  })

  it.each([
    [['cutover', '--keep'], 'value-missing'],
    [['verify', '--full'], 'unknown-option'],
    [['verify', '--repair=yes'], 'value-not-wanted'],
  ])('%s points to the help of its command', ([command, word], code) => {
    expect(refusalOf([command!, word!])).toMatchObject({ code, hint: `See gpt-migrate ${command} --help.` })
  })

  it.each([
    ['verfy', 'Did you mean: gpt-migrate verify'],
    ['roll-back', 'Did you mean: gpt-migrate rollback'],
    ['./data', 'To move a file or a folder: gpt-migrate --source ./data'],
    ['trading.db', 'To move a file or a folder: gpt-migrate --source trading.db'],
    ['abracadabra', 'See gpt-migrate --help.'],
  ])('%s', (word, hint) => {
    expect(refusalOf([word])).toMatchObject({ code: 'unknown-command', hint })
  })

  it.each([
    ['--jobs', '0'],
    ['--jobs', '65'],
    ['--jobs', '1.5'],
    ['--jobs', '1e1'],
    ['--port', '65536'],
    ['--rows', 'many'],
    ['--keep-days', '²'],
  ])('%s %s is no number that it takes', (name, value) => {
    expect(refusalOf([ownerOf(name.slice(2)), name, value])).toMatchObject({ code: 'value-not-a-number' })
  })

  it.each([
    [['--timezone', 'Europe/Berln'], 'unknown-timezone'],
    [['--epoch', 'log.at=secnds'], 'value-unknown'],
    [['--epoch', 'seconds'], 'epoch-malformed'],
    [['--retention', '7 dais'], 'value-malformed'],
    [['--search-language', 'english'], 'option-alone'],
    [['--target', 'postgres://db.example/app', '--keep-running'], 'option-alone'],
    [['verify', '--target', 'postgres://db.example/app', '--port', '5433'], 'option-alone'],
    [['--report', 'report.pdf'], 'report-format'],
    [['--as', 'trading.db'], 'as-malformed'],
    [['--as', '=x'], 'as-malformed'],
    [['--as', 'x='], 'as-malformed'],
  ])('%j', (argv, code) => {
    expect(refusalOf(argv).code).toBe(code)
  })

  it.each([
    [['verify', 'full']],
    [['serve', 'a', 'b']],
    [['demo', '50000']],
    [['rejects', 'list', 'all']],
    [['run', 'run']],
  ])('%j: a word that nothing would read', (argv) => {
    expect(refusalOf(argv).code).toBe('surplus-argument')
  })
})

describe('commands', () => {
  it('without a word it is a run', () => {
    expect(parseArguments([])).toMatchObject({ command: { name: defaultCommand }, isNamed: false })
    expect(parseArguments(['run'])).toMatchObject({ command: { name: defaultCommand }, isNamed: true })
  })

  it('options may stand before and after the command', () => {
    const { command, values } = parseArguments(['--json', 'plan', '--sql'])
    expect(command.name).toBe('plan')
    expect(values).toMatchObject({ json: true, sql: true })
  })

  it('who asks for help need not have typed the rest', () => {
    expect(parseArguments(['rejects', 'burn', '--help'])).toMatchObject({ help: true })
  })

  it('--quiet and --verbose exclude each other', () => {
    expect(refusalOf(['--quiet', '--verbose']).code).toBe('options-exclude')
  })
})
