import { describe, expect, it } from 'vitest'
import { commandSpecs, type OptionSpec, optionSpecs } from '../../src/cli/options.ts'
import { type Arguments, parseArguments } from '../../src/cli/parse-arguments.ts'
import { MigrateError } from '../../src/engine/door/index.ts'

const specs: readonly OptionSpec[] = optionSpecs

/** A value that each option takes and that is not its default, and where it shows; `beside`: what it can't be without. */
const samples: Record<
  string,
  { value?: string; beside?: string; shows: (given: Arguments) => unknown; as: unknown }
> = {
  source: { value: './data', shows: (given) => given.sources, as: ['./data'] },
  as: { value: 'a=b.db=trading.db', shows: (given) => given.as, as: { 'a=b.db': 'trading.db' } },
  mapping: { value: 'auto', shows: (given) => given.mapping, as: 'auto' },
  plan: { value: 'plan.yaml', shows: (given) => given.planFile, as: 'plan.yaml' },
  into: { value: 'one', shows: (given) => given.plan.into ?? 'apart', as: 'one' },
  views: { shows: (given) => given.plan.views ?? false, as: true },
  append: { beside: '--data-only', shows: (given) => given.plan.append ?? false, as: true },
  'data-only': { shows: (given) => given.plan.dataOnly ?? false, as: true },
  truncate: { value: 'shop', shows: (given) => given.truncate, as: 'shop' },
  exclude: { value: 'notes', shows: (given) => given.plan.exclude, as: ['notes'] },
  'allow-missing': { shows: (given) => given.plan.allowMissing, as: true },
  salvage: { shows: (given) => given.salvage, as: true },
  target: { value: 'embedded', shows: (given) => given.target, as: 'embedded' },
  schema: { value: 'app', shows: (given) => given.plan.schema, as: 'app' },
  'keep-running': { shows: (given) => given.keepRunning, as: true },
  'start-over': { shows: (given) => given.startOver, as: true },
  yes: { shows: (given) => given.yes, as: true },
  'dry-run': { shows: (given) => given.dryRun, as: true },
  verify: { value: 'full', shows: (given) => given.verifyLevel, as: 'full' },
  jobs: { value: '3', shows: (given) => given.jobs, as: 3 },
  timezone: { value: 'Europe/Berlin', shows: (given) => given.plan.timezone, as: 'Europe/Berlin' },
  orphans: { value: 'fail', shows: (given) => given.plan.orphans, as: 'fail' },
  unmapped: { value: 'archive', shows: (given) => given.plan.unmapped, as: 'archive' },
  'on-overflow': { value: 'quarantine', shows: (given) => given.plan.onOverflow, as: 'quarantine' },
  'on-reject': { value: 'fail', shows: (given) => given.plan.onReject, as: 'fail' },
  identifiers: { value: 'snake_case', shows: (given) => given.plan.identifiers, as: 'snake_case' },
  timeseries: { value: 'native', shows: (given) => given.plan.timeseries, as: 'native' },
  'strict-types': { shows: (given) => given.plan.strictTypes, as: true },
  'int4-when-fits': { shows: (given) => given.plan.int4WhenFits, as: true },
  exact: { shows: (given) => given.plan.exact, as: true },
  json: { shows: (given) => given.json, as: true },
  plain: { shows: (given) => given.plain, as: true },
  report: { value: 'r.html', shows: (given) => given.report, as: 'r.html' },
  sql: { shows: (given) => given.sql, as: true },
  'to-sqlite': { value: 'back', shows: (given) => given.toSqlite, as: 'back' },
  level: { value: 'full', shows: (given) => given.verifyLevel, as: 'full' },
  repair: { shows: (given) => given.repair, as: true },
  out: { value: 'plan.json', shows: (given) => given.out, as: 'plan.json' },
  'work-folder': { value: 'w', shows: (given) => given.workFolder, as: 'w' },
  'keep-days': { value: '0', shows: (given) => given.keepDays, as: 0 },
  run: { value: '2026-01-01-1', shows: (given) => given.run, as: '2026-01-01-1' },
  force: { value: 'app', shows: (given) => given.force, as: 'app' },
  rows: { value: '12', shows: (given) => given.rows, as: 12 },
  folder: { value: 'f', shows: (given) => given.folder, as: 'f' },
  port: { value: '5433', shows: (given) => given.port, as: 5433 },
  help: { shows: (given) => given.help, as: true },
  version: { shows: (given) => given.version, as: true },
}

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

describe('every option', () => {
  const usual = parseArguments([])

  for (const spec of specs) {
    it(`--${spec.name}`, () => {
      const sample = samples[spec.name]
      if (sample === undefined) throw new Error('has no sample here')
      const { value, beside, shows, as } = sample
      expect(shows(usual)).not.toEqual(as)
      const spellings =
        value === undefined ? [[`--${spec.name}`]] : [[`--${spec.name}`, value], [`--${spec.name}=${value}`]]
      if (spec.short !== undefined)
        spellings.push([`-${spec.short}`, ...(value === undefined ? [] : [value])])
      for (const spelling of spellings) {
        const argv = [...(beside === undefined ? [] : [beside]), ...spelling]
        expect(shows(parseArguments(argv))).toEqual(as)
      }
    })
  }

  for (const spec of specs.filter((candidate) => candidate.choices !== undefined)) {
    it(`--${spec.name} takes its choices and nothing else`, () => {
      for (const choice of spec.choices!) parseArguments([`--${spec.name}`, choice])
      const { code, message } = refusalOf([`--${spec.name}`, 'sideways'])
      expect(code).toBe('value-unknown')
      for (const choice of spec.choices!) expect(message).toContain(choice)
      for (const choice of spec.choices!)
        if (spec.name !== 'mapping') expect(spec.description).toContain(choice)
    })
  }

  for (const spec of specs.filter((candidate) => candidate.value !== undefined)) {
    it(`--${spec.name} needs its value, and takes no option for it`, () => {
      for (const argv of [[`--${spec.name}`], [`--${spec.name}=`], [`--${spec.name}`, '--yes']]) {
        expect(refusalOf(argv).code).toBe('value-missing')
      }
    })
  }

  it('a switch takes no value', () => {
    expect(refusalOf(['--yes=false']).code).toBe('value-not-wanted')
  })

  it('the last value counts, but sources and exclusions add up', () => {
    const given = parseArguments('-s a -s b --exclude x --exclude y --jobs 2 --jobs 4'.split(' '))
    expect(given).toMatchObject({ sources: ['a', 'b'], plan: { exclude: ['x', 'y'] }, jobs: 4 })
  })

  it('a value that begins with a dash is given with an equals sign', () => {
    expect(parseArguments(['--source=-odd.db']).sources).toEqual(['-odd.db'])
  })
})

describe('what is mistyped', () => {
  it.each([
    ['--sorce', 'Did you mean --source?'],
    ['--taget=x', 'Did you mean --target?'],
    ['--dryrun', 'Did you mean --dry-run?'],
    ['--no-yes', 'See gpt-migrate --help.'],
    ['-x', 'See gpt-migrate --help.'],
  ])('%s', (word, hint) => {
    expect(refusalOf([word])).toMatchObject({ code: 'unknown-option', hint })
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
    expect(refusalOf([name, value])).toMatchObject({ code: 'value-not-a-number' })
  })

  it.each([
    [['--timezone', 'Europe/Berln'], 'unknown-timezone'],
    [['--report', 'report.pdf'], 'report-format'],
    [['--as', 'trading.db'], 'as-malformed'],
    [['--as', '=x'], 'as-malformed'],
    [['--as', 'x='], 'as-malformed'],
  ])('%j', (argv, code) => {
    expect(refusalOf(argv).code).toBe(code)
  })

  it.each([[['verify', 'full']], [['serve', 'a', 'b']], [['demo', '50000']], [['rejects', 'list', 'all']]])(
    '%j: a word that nothing would read',
    (argv) => {
      expect(refusalOf(argv).code).toBe('surplus-argument')
    },
  )
})

describe('commands', () => {
  it.each(commandSpecs.map((spec) => spec.name))('%s', (name) => {
    expect(parseArguments([name]).command).toBe(name)
  })

  it('inspect takes its paths with or without --source', () => {
    expect(parseArguments(['inspect', 'a', 'b']).sources).toEqual(['a', 'b'])
    expect(parseArguments(['inspect', '-s', 'a']).sources).toEqual(['a'])
  })

  it('options may stand before and after the command', () => {
    expect(parseArguments(['--json', 'plan', '--sql'])).toMatchObject({
      command: 'plan',
      json: true,
      sql: true,
    })
  })
})
