/** The built program's manners: what goes to which stream, and with which exit code. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { makeDatabase } from '../engine/source/files.ts'
import { runCommand } from '../support/command.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runProgram } from '../support/program.ts'

const launcher = fileURLToPath(new URL('../../bin/gpt-migrate.js', import.meta.url))

it('--help and --version go to standard output', async () => {
  expect(await runProgram(['--version'])).toMatchObject({ exitCode: 0, output: '0.2.0\n', errors: '' })
  const help = await runProgram(['-h'])
  expect(help).toMatchObject({ exitCode: 0, errors: '' })
  expect(help.output).toContain('Exit codes')
})

it.each([
  [['--sorce', '.'], 'There is no option --sorce.', 'Did you mean --source?'],
  [['verfy'], 'There is no command "verfy".', 'Did you mean: gpt-migrate verify'],
  [['--source', '.'], 'not a terminal', '--yes'],
  [['--yes'], 'No target was named.', '--target'],
  [['--yes', '--target', 'embedded', '--report', 'no/such/folder/r.html'], 'cannot be written', '--report'],
  [['plan', '--out', 'no/such/folder/plan.json'], 'cannot be written', '--out'],
  [['serve'], 'needs the folder', 'serve'],
  [['rejects', 'burn', '--target', 'embedded'], 'list, export or retry', '--help'],
])('%j: a sentence and what to do, on standard error, with exit code 2', async (args, sentence, hint) => {
  const folder = temporaryFolder()
  const { exitCode, output, errors } = await runCommand(args, { cwd: folder })
  expect({ exitCode, output }).toEqual({ exitCode: 2, output: '' })
  expect(errors).toMatch(/^gpt-migrate: /)
  expect(errors).toContain(sentence)
  expect(errors).toContain(hint)
  expect(errors).not.toContain('    at ')
  expect(existsSync(join(folder, '.gpt-migrate'))).toBe(false)
})

it.each(['pg_catalog', 'pg_mine', 'information_schema', 'gpt_migrate'])(
  '--schema %s, which is not for tables of a user, is refused',
  async (schema) => {
    const { exitCode, errors } = await runCommand(['plan', '--schema', schema], { cwd: temporaryFolder() })
    expect(exitCode).toBe(2)
    expect(errors).toContain(`--schema names ${schema}`)
  },
)

it.each([
  [['postgres://me:Zaubernuss@db/app']],
  [['plan', 'postgres://me:Zaubernuss@db/app']],
  [['plan', '--exclude', 'x', 'host=db password=Zaubernuss']],
  [['--mapping', 'postgres://me:Zauber@nuss@db/app.yaml', 'plan']],
  [['status', '--run', '1', 'postgres://:Zaubernuss@db/app']],
])('a password that stands where none was expected is masked: %j', async (args) => {
  const { exitCode, output, errors } = await runCommand(args, { cwd: temporaryFolder() })
  expect(exitCode).toBe(2)
  expect(errors).not.toBe('')
  expect(output + errors).not.toMatch(/Zauber|nuss/)
})

it('hostile-names: tables and columns cannot speak to the terminal in a plan', {
  timeout: 60_000,
}, async () => {
  const folder = temporaryFolder()
  makeDatabase(
    join(folder, 'app.db'),
    'create table "t\u001b[2J\u202e" (id integer primary key, "c\u001b]0;x\u0007" text, "d\u009b1m" blob)',
  )
  const { exitCode, output, errors } = await runCommand(['plan', '--source', 'app.db', '--verbose'], {
    cwd: folder,
  })
  expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' })
  expect(output).toContain('\\u001b[2J')
  expect(output).not.toMatch(/[\p{Cf}]|\p{Cc}(?<!\n)/u)
})

it('--json reports an error as an event too', async () => {
  const { exitCode, output, errors } = await runProgram(['--json', '--yes'])
  expect(exitCode).toBe(2)
  expect(JSON.parse(output)).toMatchObject({
    type: 'run-failed',
    error: { kind: 'usage', code: 'no-target' },
  })
  expect(errors).toContain('No target was named.')
})

it('hostile-names: the name of a file cannot speak to the terminal', async () => {
  const folder = temporaryFolder()
  const name = 'a\u001b[2J\u202ebd.db'
  writeFileSync(join(folder, name), 'not a database at all, but long enough to have a header that says so')
  const { exitCode, output, errors } = await runCommand(['inspect', name], { cwd: folder })
  expect(exitCode).toBe(3)
  expect(output + errors).not.toMatch(/[\p{Cf}]|\p{Cc}(?<!\n)/u)
  expect(errors).toContain('\\u001b[2J\\u202e')
})

it('a reader that goes away does not change the exit code', async () => {
  const child = spawn(process.execPath, [launcher, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.destroy()
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0)
  expect(errors).toBe('')
})

it.skipIf(process.platform === 'win32')('a folder that was removed under the shell is named', () => {
  const folder = temporaryFolder()
  const script = `cd ${folder} && rmdir ${folder} && exec "$0" "$1" plan --source a.db`
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script, process.execPath, launcher], {
    encoding: 'utf8',
  })
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toMatch(/^gpt-migrate: The folder that you are in was removed\.\n {2}Change to/)
})
