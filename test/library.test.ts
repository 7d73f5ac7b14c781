/** The library as a program uses it: the examples of docs/library.md, run one after the other on one database. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commands } from '../src/cli/commands/index.ts'
import {
  cutover,
  cutoverBack,
  exportTo,
  fallback,
  follow,
  inspect,
  migrate,
  openEngine,
  partitions,
  plan,
  queries,
  rejects,
  rollback,
  run,
  status,
  verify,
} from '../src/index.ts'
import { type OptionName, optionRules } from '../src/library/option-rules.ts'
import { makeDatabase } from './engine/source/files.ts'
import { anyServer, type FreshDatabase, freshDatabase } from './support/databases.ts'
import { temporaryFolder } from './support/folders.ts'

const document = readFileSync(new URL('../docs/library.md', import.meta.url), 'utf8')
const library = new URL('../dist/index.js', import.meta.url).href

function blockAfter(mark: string): string {
  const [, text] = new RegExp(`<!-- ${mark} -->\\n\`\`\`(?:js)?\\n([\\s\\S]*?)\`\`\``).exec(document) ?? []
  if (text === undefined) throw new Error(`docs/library.md has no ${mark}`)
  return text
}

describe('docs/library.md', () => {
  const folder = temporaryFolder()
  let database: FreshDatabase
  beforeAll(async () => {
    database = await freshDatabase(anyServer().url)
    makeDatabase(
      join(folder, 'app.db'),
      "create table items(id integer primary key, name text); insert into items values (1, 'a'), (2, 'b'), (3, 'c')",
    )
  })
  afterAll(() => database.drop())

  const run = (name: string): string => {
    const file = join(folder, `${name}.mjs`)
    writeFileSync(file, blockAfter(`example-${name}`).replace("'gpt-migrate'", JSON.stringify(library)))
    const { stdout, stderr, status } = spawnSync(process.execPath, [file], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, DATABASE_URL: database.url },
    })
    expect(stderr).toBe('')
    expect(status).toBe(0)
    return stdout
  }

  it('moves a database', async () => {
    expect(run('move')).toBe(blockAfter('output-move'))
    await rollback({ target: database.url, workFolder: join(folder, '.gpt-migrate') })
  })

  it('plans, shows progress, then verifies, exports and rolls back', () => {
    expect(run('watch')).toBe(blockAfter('output-watch'))
    expect(run('back')).toBe(blockAfter('output-back'))
  })
})

/** What `cutover --back` does not take: the options of the fence around the old files. */
const notBack = ['fence', 'hold', 'noFallback']

describe('options', () => {
  it('has every option of the command line, by the same name', async () => {
    const doors = [
      ['run', migrate, ['dryRun']],
      ['run', run, []],
      ['plan', plan, ['sql', 'out']],
      ['inspect', inspect, []],
      ['verify', verify, []],
      ['rollback', rollback, ['dryRun']],
      ['export', exportTo, []],
      ['status', status, ['maxLag']],
      ['rejects', rejects, []],
      ['partitions', partitions, []],
      ['follow', follow, []],
      ['cutover', cutover, ['back', 'to', 'keep']],
      ['cutover', cutoverBack, ['back', 'keep', 'exclude', 'dryRun', 'beforeCutover', 'onAbort']],
      ['fallback', fallback, ['end']],
      ['queries', queries, ['report']],
    ] as const
    const ofTheScreen: readonly string[] = ['yes', 'plain', 'json']
    for (const [name, door, elsewhere] of doors) {
      const command = commands.find((known) => known.name === name)!
      const others: readonly string[] = [...elsewhere, ...(door === cutoverBack ? notBack : [])]
      const keys = Object.keys(command.options).filter(
        (key) => !ofTheScreen.includes(key) && !others.includes(key),
      )
      expect(keys.length, name).toBeGreaterThan(1)
      // An unknown option is refused by name, so each of the others is known; the misspelt one stands last, so all are looked at.
      const options = Object.fromEntries([...keys, 'mispelt'].map((key) => [key, null]))
      await expect((door as (options: object) => Promise<unknown>)(options), name).rejects.toMatchObject({
        code: 'unknown-option',
        message: expect.stringContaining('"mispelt"'),
      })
    }
  })

  it('suggests the option that was meant', async () => {
    await expect(migrate({ sorce: 'app.db' } as never)).rejects.toMatchObject({
      kind: 'usage',
      exitCode: 2,
      hint: 'Did you mean source?',
    })
  })

  it('refuses a value that an option does not take, whichever it is', async () => {
    const names = Object.keys(optionRules) as OptionName[]
    for (const name of names) {
      // Neither a text nor a whole number, a list, an object or a function.
      expect(() => optionRules[name](0.5, name), name).toThrow(new RegExp(`^${name} takes .*, not 0.5\\.$`))
    }
    const calls = [
      () => migrate({ verify: 'ful' as never }),
      () => migrate({ jobs: 0 }),
      () => migrate({ jobs: '2' as never }),
      () => migrate({ timezone: 'Mars/North' }),
      () => migrate({ schema: 'gpt_migrate' }),
      () => migrate({ retention: 'soon' }),
      () => migrate({ epoch: { 'trades.at': 'fortnights' as never } }),
      () => migrate({ mapping: 'gpt-trade' }),
      () => plan({ exclude: 'trades' as never }),
      () => inspect({ source: [7 as never] }),
      () => verify({ level: 'none' as never }),
      () => cutover({ within: -1 }),
      () => exportTo({} as never),
      () => rollback('postgres://localhost/x' as never),
    ]
    for (const call of calls) await expect(call(), String(call)).rejects.toMatchObject({ kind: 'usage' })
  })

  it('refuses options that contradict each other, as the command line does', async () => {
    for (const options of [
      { append: true },
      { jsonText: 'string' },
      { searchLanguage: 'english' },
      { dataOnly: true, views: true },
      { into: 'one', mapping: 'gpt-trader' },
      { plan: 'plan.yaml', exclude: ['trades'] },
      { dataOnly: true, append: true, truncate: 'trader' },
    ] as const)
      await expect(migrate(options), JSON.stringify(options)).rejects.toMatchObject({
        kind: 'usage',
        code: expect.stringMatching(/^options-exclude$|^option-alone$/),
      })
  })

  it('an engine that is shared outlives its calls', async () => {
    const engine = openEngine()
    try {
      for (const source of ['/nowhere', '/nowhere/else']) {
        await expect(inspect({ source, engine })).rejects.toMatchObject({
          kind: 'source',
          message: expect.stringContaining(source),
        })
      }
    } finally {
      await engine.close()
    }
    const notOne = { close: async () => {} }
    await expect(inspect({ source: '/nowhere', engine: notOne })).rejects.toMatchObject({
      code: 'not-an-engine',
    })
  })

  it('an aborted signal begins nothing', async () => {
    const reason = new Error('not today')
    await expect(plan({ source: '/nowhere', signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})
