/** What a shell offers, from the table of commands and from the names that target and sources know. */
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { commands } from '../../src/cli/commands/index.ts'
import { candidatesFor } from '../../src/cli/completion/candidates.ts'
import { scripts, shells } from '../../src/cli/completion/scripts.ts'
import { optionsOf } from '../../src/cli/options-of.ts'
import { runCommand } from '../support/command.ts'
import { anyServer, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runLine } from '../support/shell.ts'

const timeout = 60_000
const offered = (...words: readonly string[]): readonly string[] =>
  candidatesFor(words, commands)
    .words.map(({ word }) => word)
    .filter((word) => word.startsWith(words.at(-1)!))

it('commands, then a command’s own options, and those of the run without one', () => {
  expect(offered('')).toEqual(commands.map(({ name }) => name))
  expect(offered('ro')).toEqual(['rollback'])
  for (const command of commands)
    expect(offered(command.name, '--')).toEqual(optionsOf(command).map(({ name }) => `--${name}`))
  expect(offered('--trunc')).toEqual(['--truncate'])
  expect(offered('status', '--trunc')).toEqual([])
})

it('the values of an option, in both spellings; a switch once', () => {
  expect(offered('verify', '--level', '')).toEqual(['count', 'checksum', 'full'])
  expect(candidatesFor(['verify', '--level='], commands)).toMatchObject({
    prefix: '--level=',
    words: [{ word: 'count' }, {}, {}],
  })
  expect(offered('verify', '--repair', '--rep')).toEqual([])
  expect(offered('--source', 'a', '--sou')).toEqual(['--source'])
})

it('operands, in their places', () => {
  expect(offered('rejects', 're')).toEqual(['retry'])
  expect(candidatesFor(['rejects', 'retry', ''], commands).completes).toBe('files')
  expect(candidatesFor(['rejects', 'list', ''], commands).completes).toBeNull()
  expect(candidatesFor(['inspect', 'a', 'b', ''], commands).completes).toBe('files')
  expect(candidatesFor(['serve', ''], commands).completes).toBe('folders')
  expect(candidatesFor(['help', ''], commands).completes).toBe('commands')
})

it('names that the sources and the target know', { timeout }, async () => {
  const folder = temporaryFolder()
  const db = new Database(join(folder, 'shop.db'))
  db.exec('create table orders (id integer primary key); create table customers (id integer primary key)')
  db.close()
  const words = async (...typed: readonly string[]): Promise<string[]> => {
    const { exitCode, output, errors } = await runCommand(['completion', 'words', '--', ...typed], {
      cwd: folder,
    })
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' })
    return output.split('\n').slice(0, -1)
  }
  expect(await words('plan', '--exclude', 'o')).toEqual(['orders\t'])
  expect(await words('--source', 'nowhere', '--exclude', '')).toEqual([])
  expect(await words('--source', '')).toEqual([':files'])
  expect(await words('--mapping=g')).toEqual(['--mapping=gpt-trader\t'])
  const target = await freshDatabase(anyServer().url)
  try {
    expect(await runCommand(['--yes', '--target', target.url], { cwd: folder })).toMatchObject({
      exitCode: 0,
    })
    const [run] = await words('verify', '--target', target.url, '--run', '')
    expect(run).toMatch(/^\d{4}-\d\d-\d\d-1\t$/)
    expect(await words('verify', '--target', 'postgres://nobody@127.0.0.1:1/x', '--run', '')).toEqual([])
  } finally {
    await target.drop()
  }
})

it.each(shells)('the script for %s is printed, and names no command', { timeout }, async (shell) => {
  const { exitCode, output } = await runCommand(['completion', shell], { cwd: '.' })
  expect(exitCode).toBe(0)
  expect(output.trimEnd()).toBe(scripts[shell].trimEnd())
  for (const { name } of commands)
    if (!['completion', 'run'].includes(name)) expect(output).not.toMatch(new RegExp(`\\b${name}\\b`))
})

it.each([
  ['gpt-migrate ro', ['rollback']],
  ['gpt-migrate verify --level ', ['count', 'checksum', 'full']],
  ['gpt-migrate verify --level=f', ['full']],
  ['gpt-migrate --source sh', ['shop.db']],
  ['gpt-migrate --source wit', ['with spaces.db']],
  ['gpt-migrate --source shop.db --exclude ', ['order\\ items']],
])('bash: %s', { timeout }, async (line, expected) => {
  if (!existsSync('/bin/bash')) return expect(process.platform).toBe('win32')
  const folder = temporaryFolder()
  const db = new Database(join(folder, 'shop.db'))
  db.exec('create table "order items" (id integer primary key)')
  db.close()
  writeFileSync(join(folder, 'with spaces.db'), '')
  // Bash ends words at '=' too.
  const typed = line.match(/=|[^\s=]+/g)!
  if (/[ =]$/.test(line)) typed.push('')
  const script = join(folder, 'ask.bash')
  writeFileSync(
    script,
    `${scripts.bash}
gpt-migrate() { npx gpt-migrate "$@"; }
COMP_WORDS=(${typed.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${typed.length - 1}
_gpt_migrate
printf '%s\\n' "\${COMPREPLY[@]}"
`,
  )
  const { output, errors } = await runLine(`bash ${script}`, folder)
  expect({ output: output.trim().split('\n'), errors }).toEqual({ output: expected, errors: '' })
})

it.each([
  ['zsh', '/usr/bin/zsh'],
  ['fish', '/usr/bin/fish'],
] as const)('%s reads its script', (shell, program) => {
  if (!existsSync(program)) return expect(scripts[shell]).toContain('completion words -- ')
  const file = join(temporaryFolder(), 'completion')
  writeFileSync(file, scripts[shell])
  expect(execFileSync(program, ['-n', file], { encoding: 'utf8' })).toBe('')
})
