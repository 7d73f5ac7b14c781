/**
 * The documents say what the program does: their tables are made from the program's own and compared. After a change,
 * `npx vitest run test/documents.test.ts --update` writes them anew.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

import { picturesOf } from '../scripts/pictures.ts'
import type { Command, Option } from '../src/cli/command.ts'
import { commands } from '../src/cli/commands/index.ts'
import { commonOptions } from '../src/cli/common-options.ts'
import { exitCodesOf, optionSpelling, usageOf } from '../src/cli/help.ts'
import { manPage } from '../src/cli/man-page.ts'
import { everyOption, optionsOf } from '../src/cli/options-of.ts'
import { exitCodeMeanings, rejectSentences, version } from '../src/engine/door/index.ts'

import { JOURNAL_DDL, JOURNAL_TABLES } from '../src/engine/journal/ddl.ts'
import { differences } from '../src/engine/queries/differences/differences.ts'
import { differencesOfTables } from '../src/engine/queries/differences/of-tables.ts'
import { afterKeys } from '../src/wizard/keys/after.ts'
import { connectionKeys } from '../src/wizard/keys/connection.ts'
import { discoveryKeys } from '../src/wizard/keys/discovery.ts'
import { everywhereKeys } from '../src/wizard/keys/everywhere.ts'
import { bindings } from '../src/wizard/keys/keys.ts'
import { movingKeys } from '../src/wizard/keys/moving.ts'
import { previewKeys } from '../src/wizard/keys/preview.ts'
import { runKeys } from '../src/wizard/keys/run.ts'
import { glossary, words } from '../src/wizard/steps/glossary.ts'
import { type PlantedFault, plantedFaults } from './danger/planted-faults.ts'
import { followFaults } from './follow/planted-faults.ts'
import { drawRooms, engineRooms, innerRooms } from './support/imports.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const documents = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md'].concat(
  readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((name) => `docs/${name.split(sep).join('/')}`)
    .filter((name) => name.endsWith('.md')),
)

const saidOf: Readonly<Record<PlantedFault['area'], string>> = {
  cells: 'table, key, column, both values',
  rows: 'the row that is missing or too many, or how many of them',
  shape: 'the check that failed, and what differs from the plan',
  record: 'the table whose sums or counts disagree',
}

const cell = (text: string): string => text.replaceAll('|', '\\|')
const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')

const isCommon = (option: Option): boolean =>
  Object.values<Option>(commonOptions).some(({ name }) => name === option.name)

const optionTable = (options: readonly Option[]): string =>
  tableOf(
    ['option', 'meaning'],
    options.map((option) => [
      optionSpelling(option)
        .split(', ')
        .map((spelling) => `\`${spelling}\``)
        .join(', '),
      option.description,
    ]),
  )

function sectionOf(command: Command): string {
  const own = optionsOf(command).filter((option) => !isCommon(option))
  const sentences = [`${command.purpose}.`, ...(command.details ?? [])].join(' ')
  const examples = command.examples.map(({ line, does }) => `${line}\n    # ${does}`).join('\n')
  const codes = exitCodesOf(command).map(({ code, meaning }) => `${code} ${meaning}`)
  return [
    `### gpt-migrate ${command.name}`,
    `\`${usageOf(command)}\`: ${sentences}`,
    ...(own.length === 0 ? [] : [optionTable(own)]),
    `\`\`\`\n${examples}\n\`\`\``,
    `Exit codes: ${codes.join(' · ')}.`,
  ].join('\n\n')
}

/** A block for each recorded frame: `frame-preview` is docs/frames/03-preview.txt. */
const frameBlocks = Object.fromEntries(
  readdirSync(join(root, 'docs/frames'))
    .filter((name) => name.endsWith('.txt'))
    .map((name) => [
      name.replace(/^\d+-/, 'frame-').replace('.txt', ''),
      () => `\`\`\`\n${read(`docs/frames/${name}`).trimEnd()}\n\`\`\``,
    ]),
)

/** What `--json` prints, a line each, as the events' type has it. */
function drawEvents(): string {
  const [, union = ''] = /export type RunEvent =([\s\S]*?)\n\nexport/.exec(read('src/engine/model/event.ts'))!
  const events = [...union.matchAll(/\/\*\* ([^\n]*) \*\/\n {2}\| \{([\s\S]*?)\}(?=\n {2}(?:\/\*\*|\|)|$)/g)]
  expect(events).toHaveLength([...union.matchAll(/readonly type: /g)].length)
  return tableOf(
    ['`type`', 'what has happened', 'with'],
    events.map(([, meaning = '', body = '']) => {
      const name = /readonly type: '([\w-]+)'/.exec(body)![1]!
      const fields = [...body.matchAll(/readonly (\w+):/g)].map(([, field]) => field!)
      return [`\`${name}\``, meaning, fields.filter((field) => field !== 'type').join(', ')]
    }),
  )
}

const blocks: Record<string, () => string> = {
  ...frameBlocks,
  'exit-codes': () =>
    tableOf(
      ['code', 'meaning'],
      exitCodeMeanings.map(({ code, meaning }) => [String(code), meaning]),
    ),
  'dialect-differences': () =>
    [
      tableOf(
        ['code', 'in PostgreSQL', 'example', 'SQLite', 'PostgreSQL', 'instead'],
        differences.map(({ code, what, example, sqlite, postgres, instead }) => [
          `\`${code}\``,
          what,
          `\`${example}\``,
          sqlite,
          postgres,
          `\`${instead}\``,
        ]),
      ),
      tableOf(
        ['code', 'in PostgreSQL', 'instead'],
        differencesOfTables.map(({ code, what, instead }) => [`\`${code}\``, what, `\`${instead}\``]),
      ),
    ].join('\n\n'),
  commands: () =>
    tableOf(
      ['command', 'what it shows or does'],
      commands.map((command) => [`\`${usageOf(command)}\``, command.purpose]),
    ),
  'common-options': () => optionTable(Object.values<Option>(commonOptions)),
  options: () => commands.map(sectionOf).join('\n\n'),
  rooms: drawRooms,
  events: drawEvents,
  'planted-faults': () =>
    tableOf(
      ['fault', 'where', 'what `full` says, or else `checksum`'],
      plantedFaults.map(({ danger, area }) => [danger, area, saidOf[area]]),
    ),
  'follow-faults': () =>
    tableOf(
      ['fault', 'found by'],
      followFaults.map(({ danger, finder }) => [danger, finder]),
    ),
  keys: () => {
    const shown = bindings.filter(({ shown, explains }) => shown !== '' && explains !== '')
    const steps = [
      'Discovery',
      'Connection',
      'Preview',
      'Migration and Summary',
      'after the run',
      'everywhere',
    ]
    const everywhere = [...movingKeys, ...everywhereKeys]
    const groups = [discoveryKeys, connectionKeys, previewKeys, runKeys, afterKeys, everywhere]
    const rows = groups.flatMap((group, index) =>
      group
        .filter((binding) => shown.includes(binding))
        .map(({ shown: key, explains }) => [steps[index]!, `\`${key}\``, explains]),
    )
    return tableOf(['step', 'key', 'meaning'], rows)
  },
  words: () =>
    tableOf(
      ['word', 'meaning'],
      words.map((word) => [word, glossary[word]]),
    ),
  guides: () =>
    documents
      .filter((path) => path.startsWith('docs/guides/'))
      .toSorted()
      .map((path) => {
        const [, title = ''] = /^# (.+)/.exec(read(path)) ?? []
        return `- [${title}](${path.slice('docs/'.length)})`
      })
      .join('\n'),
  'reject-codes': () => tableOf(['code', 'reason'], Object.entries(rejectSentences)),
  journal: () => {
    const comments = [
      ...JOURNAL_DDL.matchAll(/comment on (table|column) gpt_migrate\.(\S+) is\s+'((?:[^']|'')*)'/g),
    ]
    const comment = (kind: string, name: string): string =>
      comments.find((found) => found[1] === kind && found[2] === name)?.[3]?.replaceAll("''", "'") ?? ''
    return [...JOURNAL_TABLES]
      .toReversed()
      .map((table) => {
        const [, body = ''] =
          new RegExp(`create table (?:if not exists )?gpt_migrate\\.${table} \\(\\n([\\s\\S]*?)\\n\\);`).exec(
            JOURNAL_DDL,
          ) ?? []
        const rows = body
          .split('\n')
          .map((line) => /^ {2}("?\w+"?) (\w+)/.exec(line))
          .filter((match) => match !== null && match[1] !== 'primary')
          .map((match) => [`\`${match![1]}\``, match![2]!, comment('column', `${table}.${match![1]}`)])
        return `## ${table}\n\n${comment('table', table)}\n\n${tableOf(['column', 'type', ''], rows)}`
      })
      .join('\n\n')
  },
}

/** The document with every block between `<!-- name -->` and `<!-- /name -->` made anew. */
function madeAnew(text: string): string {
  return text.replace(/<!-- ([a-z-]+) -->\n[\s\S]*?<!-- \/\1 -->/g, (_, name: string) => {
    const make = blocks[name]
    if (make === undefined) throw new Error(`nothing makes the block ${name}`)
    return `<!-- ${name} -->\n${make()}\n<!-- /${name} -->`
  })
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8')

it('SECURITY.md names a test that is there for every promise', () => {
  const model = /## Threat model\n([\s\S]*?)\n## /.exec(read('SECURITY.md'))![1]!
  const rows = model.split('\n').filter((line) => /^\| (?!who \||---)/.test(line))
  expect(rows.length).toBeGreaterThanOrEqual(8)
  for (const row of rows) {
    const named = [
      ...row
        .split('|')
        .at(-2)!
        .matchAll(/`(test\/[^`]+)`/g),
    ].map(([, path]) => path!)
    expect(named.length, row).toBeGreaterThan(0)
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
  }
})

describe.each(documents)('%s', (path) => {
  it('has the tables of the program', async () => {
    await expect(madeAnew(read(path))).toMatchFileSnapshot(join(root, path))
  })

  it('leads nowhere that is not there', () => {
    const links = [...read(path).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(([, link]) => link!)
    expect(links.filter((link) => !existsSync(join(root, dirname(path), link)))).toEqual([])
  })

  it('names only options and commands that exist', () => {
    const known = new Set(everyOption(commands).map(({ name }) => name))
    const others = new Set(['update'])
    const named = [...read(path).matchAll(/(?<![\w-])--([a-z][a-z0-9_-]*)/g)].map(([, name]) => name!)
    expect(named.filter((name) => !known.has(name) && !others.has(name))).toEqual([])
    const words = new Set(commands.map(({ name }) => name))
    const started = [...read(path).matchAll(/(?:`|npx )gpt-migrate ([a-z]+)/g)].map(([, name]) => name!)
    expect(started.filter((name) => !words.has(name))).toEqual([])
  })
})

it('the reference has every exit code, option, reason and table of the journal', () => {
  for (const { meaning } of exitCodeMeanings) expect(read('docs/command-line.md')).toContain(meaning)
  for (const { name } of everyOption(commands)) expect(read('docs/command-line.md')).toContain(`--${name}`)
  for (const code of Object.keys(rejectSentences)) expect(read('docs/operations.md')).toContain(`| ${code} |`)
  for (const table of JOURNAL_TABLES) expect(read('docs/journal.md')).toContain(`## ${table}`)
})

it('the manual page is that of the program', async () => {
  await expect(manPage(commands, version)).toMatchFileSnapshot(join(root, 'man/gpt-migrate.1'))
})

it('the pictures are drawn from the recorded frames', () => {
  const pictures = picturesOf((frame) => read(`docs/frames/${frame}`))
  expect(readdirSync(join(root, 'docs/pictures')).toSorted()).toEqual(
    pictures.map(({ file }) => file).toSorted(),
  )
  for (const { file, svg } of pictures) expect(read(`docs/pictures/${file}`), file).toBe(svg)
})

it('the README opens with a picture of a verified run, for light and for dark', () => {
  const picture = /<picture>[\s\S]*?<\/picture>/.exec(read('README.md'))?.[0] ?? ''
  expect(picture).toMatch(/<img[^>]+alt="[^"]{20,}"/)
  const files = [...picture.matchAll(/(?:src|srcset)="([^"]+)"/g)].map(([, file]) => file!)
  expect(files).toHaveLength(2)
  for (const file of files) expect(read(file)).toContain('Moved and verified')
})

it('docs/README.md leads to every document', () => {
  const index = read('docs/README.md')
  const others = documents.filter((path) => path.startsWith('docs/') && path !== 'docs/README.md')
  expect(others.filter((path) => !index.includes(`](${path.slice('docs/'.length)})`))).toEqual([])
})

describe('docs/architecture.md', () => {
  it('describes every room', () => {
    const text = read('docs/architecture.md')
    for (const room of engineRooms.flat()) expect(text).toContain(`**engine/${room}**`)
    for (const room of Object.values(innerRooms).flat()) expect(text).toContain(`\`${room}\``)
  })

  it('leads to files that open with their job', () => {
    const links = [...read('docs/architecture.md').matchAll(/\]\(\.\.\/(src\/[^)]+\.tsx?)\)/g)].map(
      ([, link]) => link!,
    )
    expect(links.length).toBeGreaterThan(5)
    for (const link of links) expect(read(link), link).toMatch(/^(?:import [^\n]*\n|\n)*\/\*\*/)
  })
})
