/** Every command, address and path that a run prints works as it is printed. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Report } from '../../src/engine/model/report.ts'
import { isNight } from '../support/breadth.ts'
import { runCommand } from '../support/command.ts'
import { anyServer, type FreshDatabase, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runProgram } from '../support/program.ts'
import { localBinaries } from '../support/servers.ts'
import { printed, runLine, runLineHere } from '../support/shell.ts'

const timeout = 120_000

describe('on a server of their own', { timeout }, () => {
  let folder: string
  let target: FreshDatabase
  beforeEach(async () => {
    folder = temporaryFolder()
    target = await freshDatabase(anyServer().url, `it's a "shop" ${Date.now()}`)
    const db = new Database(join(folder, 'my shop.db'))
    db.exec(`create table item (id integer primary key, price numeric, note text);
             insert into item values (1, 1.5, 'a'), (2, 2.25, 'b' || char(0) || 'c')`)
    db.close()
  })
  afterEach(() => target.drop())

  const run = (...args: readonly string[]) =>
    runCommand(['--yes', '--source', 'my shop.db', '--target', target.url, ...args], { cwd: folder })
  /** As a user has it who gave the password in the URL: it is not printed. */
  const paste = (line: string, ...binaries: readonly string[]) =>
    runLineHere(`PGPASSWORD=${new URL(target.url).password} ${line}`, folder, ...binaries)

  it('Report, Rejects, Verify and Undo; no Again after a run that is finished', async () => {
    const { exitCode, output } = await run()
    expect(exitCode).toBe(8)
    expect(output).not.toMatch(/^(Again|Resume)/m)
    expect(printed(output, 'Password')).toContain('PGPASSWORD or ~/.pgpass')
    expect(output).not.toContain(new URL(target.url).password)
    const report = printed(output, 'Report').split(' (')[0]!
    expect(readFileSync(report, 'utf8')).toMatch(/^<!doctype html>/i)
    expect(existsSync(report.replace(/html$/, 'json'))).toBe(true)
    const rejects = await paste(printed(output, 'Rejects'))
    expect(rejects).toMatchObject({ exitCode: 0, errors: '' })
    expect(rejects.output).toContain('1 row in quarantine')
    expect(await paste(printed(output, 'Verify'))).toMatchObject({ exitCode: 0, errors: '' })
    const { operations = [] } = JSON.parse(readFileSync(report.replace(/html$/, 'json'), 'utf8')) as Report
    expect(operations.map(({ topic }) => topic)).toEqual(expect.arrayContaining(['connections', 'backups']))
    // pg_dump refuses servers that are newer than itself.
    const commands = operations.filter(({ topic }) => topic !== 'backups').map(({ command }) => command)
    const local = localBinaries()?.folder
    const pasted = local === undefined ? [] : await Promise.all(commands.map((line) => paste(line, local)))
    expect(pasted.filter(({ exitCode, errors }) => exitCode !== 0 || errors !== '')).toEqual([])
    expect(await paste(printed(output, 'Undo'))).toMatchObject({ exitCode: 0, errors: '' })
    expect((await paste(printed(output, 'Undo'))).exitCode).toBe(4)
    const client = new pg.Client({ connectionString: target.url })
    await client.connect()
    expect((await client.query("select to_regclass('public.item') as item")).rows).toEqual([{ item: null }])
    await client.end()
  })

  it('Undo of a data-only run', async () => {
    const client = new pg.Client({ connectionString: target.url })
    await client.connect()
    await client.query('create table item (id bigint primary key, price numeric, note text)')
    const { output } = await run('--data-only')
    expect(await paste(printed(output, 'Undo'))).toMatchObject({ exitCode: 0, errors: '' })
    expect((await client.query('select count(*)::int as n from item')).rows).toEqual([{ n: 0 }])
    await client.end()
  })

  it('Resume of a run that stopped', async () => {
    const { output, exitCode } = await run('--on-reject', 'fail', '--schema', 'app data')
    expect(exitCode).toBe(6)
    const again = await paste(printed(output, 'Resume'))
    expect(again.output).toContain('Resuming run')
    expect(again.exitCode).toBe(6)
  })

  it.each(['yaml', 'json'])('a plan saved as .%s is run by --plan', async (ending) => {
    const db = new Database(join(folder, 'my shop.db'))
    db.exec('create table other (id integer primary key); insert into other values (1)')
    db.close()
    const file = `my plan's.${ending}`
    const saved = await runCommand(
      ['plan', '--source', 'my shop.db', '--target', target.url, '--exclude', 'other', '--out', file],
      { cwd: folder },
    )
    expect(saved).toMatchObject({ exitCode: 0, errors: '' })
    const { exitCode, output } = await paste(`npx ${printed(saved.output, 'npx')}`)
    expect(exitCode).toBe(8)
    expect(output).toContain('Copying: 2 rows')
  })

  it('a plan is whole: an option that decides one is refused beside it', async () => {
    const { exitCode, errors } = await run('--plan', 'plan.yaml', '--exclude', 'item')
    expect(exitCode).toBe(2)
    expect(errors).toContain('no --exclude beside it')
  })
})

it('of the demo: Serve, Connect, Database, Verify, Undo; and it can be had twice', {
  timeout: 2 * timeout,
}, async () => {
  const folder = temporaryFolder()
  const demo = (...args: readonly string[]) => runProgram(['demo', '--rows', '300', ...args], { cwd: folder })
  const first = await demo()
  expect(first).toMatchObject({ exitCode: 0, errors: '' })
  expect(first.output).not.toContain('postgresql://')
  const served = await runLine(printed(first.output, 'Serve'), folder)
  expect(served).toMatchObject({ exitCode: 0, errors: '' })
  try {
    const home = join(folder, 'gpt-migrate-demo', 'postgres')
    const { password } = JSON.parse(readFileSync(join(home, 'server.json'), 'utf8')) as { password: string }
    expect(first.output + served.output).not.toContain(password)
    expect(statSync(join(home, 'pgpass')).mode & 0o777).toBe(0o600)
    const local = localBinaries()
    if (local !== null) {
      const connected = await runLine(
        `${printed(served.output, 'Connect')} -Atc 'select count(*) from ml.models'`,
        folder,
        local.folder,
      )
      expect(connected).toMatchObject({ exitCode: 0, errors: '' })
      expect(Number(connected.output)).toBeGreaterThan(0)
    }
    expect(await runLineHere(printed(first.output, 'Verify'), folder)).toMatchObject({
      exitCode: 0,
      errors: '',
    })
    const months = await runLineHere(printed(first.output, 'More'), folder)
    expect(months).toMatchObject({ exitCode: 0, errors: '' })
    expect(months.output).toContain('made predictions_')
    const dry = await runCommand(['demo', '--rows', '300', '--dry-run'], { cwd: folder })
    expect(dry).toMatchObject({ exitCode: 0 })
    expect(dry.output).toContain('holds an earlier demo: 6 databases and an embedded PostgreSQL')
    if (isNight) {
      const second = await demo()
      expect(second).toMatchObject({ exitCode: 0, errors: '' })
      expect(second.output).toContain('stays; this one goes into')
      expect(await runLineHere(printed(second.output, 'Undo'), folder)).toMatchObject({
        exitCode: 0,
        errors: '',
      })
    }
    expect(await runLineHere(printed(first.output, 'Undo'), folder)).toMatchObject({
      exitCode: 0,
      errors: '',
    })
  } finally {
    await runLine(printed(served.output, 'Stop'), folder)
  }
  if (!isNight) return
  const anew = await demo('--yes', '--keep-running')
  expect(anew).toMatchObject({ exitCode: 0, errors: '' })
  expect(anew.output).toMatch(/^Database +PGPASSFILE=\S+ psql /m)
  expect(await demo('--yes')).toMatchObject({ exitCode: 0 })
})

it('looking at an embedded server that is not there makes none', { timeout }, async () => {
  const folder = temporaryFolder()
  for (const command of [
    ['status'],
    ['rejects'],
    ['rollback', '--yes'],
    ['verify'],
    ['export', '--to-sqlite', 'back'],
  ]) {
    const { exitCode, output, errors } = await runCommand([...command, '--target', 'embedded'], {
      cwd: folder,
    })
    expect({ exitCode, output }).toEqual({ exitCode: 4, output: '' })
    expect(errors).toContain('There is no embedded server')
  }
  const db = new Database(join(folder, 'a.db'))
  db.exec('create table t (a)')
  db.close()
  for (const command of ['plan', '--dry-run'])
    expect(await runCommand([command, '--target', 'embedded:pg'], { cwd: folder })).toMatchObject({
      exitCode: 0,
    })
  expect(existsSync(join(folder, 'pg'))).toBe(false)
  expect(existsSync(join(folder, '.gpt-migrate', 'postgres'))).toBe(false)
})
