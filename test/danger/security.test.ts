/** Nobody but the person at the keyboard learns the password, and a role needs no more than the right to create schemas. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { runCommand } from '../support/command.ts'
import { type FreshDatabase, forEachServerNightly, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runProgram, startProgram } from '../support/program.ts'
import { writeTroubledSource } from '../support/troubled-source.ts'

const password = 'Zaub%rnuß+wort'
const spellings = [
  password,
  encodeURIComponent(password),
  encodeURI(password),
  Buffer.from(password).toString('base64'),
]

forEachServerNightly((server) => {
  const role = `least_${process.pid}_${server.major}`
  let target: FreshDatabase
  let url: string
  const folder = temporaryFolder()
  const work = join(folder, 'work')
  const source = writeTroubledSource(folder, 10_000)

  const asAdmin = async (sql: string, database = target): Promise<pg.QueryResult> => {
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    try {
      return await client.query(sql)
    } finally {
      await client.end()
    }
  }

  beforeAll(async () => {
    target = await freshDatabase(server.url)
    const { hostname, port } = new URL(target.url)
    url = `postgresql://${role}:${encodeURIComponent(password)}@${hostname}:${port}/${target.address.database}`
    await asAdmin(`create role ${role} login password '${password}'; revoke all on schema public from public;
      grant create on database ${target.address.database} to ${role}`)
  })
  afterAll(async () => {
    await asAdmin(`drop owned by ${role} cascade; drop role ${role}`)
    await target.drop()
  })

  const expectNoPassword = (where: string, text: string): void => {
    for (const spelling of spellings) expect([where, text.includes(spelling)]).toEqual([where, false])
  }

  describe('a role that may only create schemas', () => {
    it('moves, verifies and takes back; the password is in nothing that is left', {
      timeout: 120_000,
    }, async () => {
      const env = { DATABASE_URL: url }
      const args = [
        '--yes',
        '--json',
        '--schema',
        'moved',
        '--source',
        source,
        '--work-folder',
        work,
        '--report',
        join(folder, 'report.md'),
      ]
      const { child, ended } = startProgram(args, { env })
      const titles = new Set<string>()
      child.stdout!.on('data', () => {
        try {
          titles.add(readFileSync(`/proc/${child.pid}/cmdline`, 'utf8'))
        } catch {
          // It has ended, or there is no /proc here.
        }
      })
      const moved = await ended
      expect(moved).toMatchObject({ exitCode: 8, errors: '' })
      expectNoPassword('output', moved.output)
      for (const title of titles) expectNoPassword('process title', title)
      for (const command of [['status'], ['rejects', 'list'], ['verify'], ['plan', '--source', source]]) {
        const { output, errors } = await runCommand([...command, '--work-folder', work], { cwd: folder, env })
        expectNoPassword(command[0]!, output + errors)
      }
      for (const file of filesBelow(work)) expectNoPassword(file, readFileSync(file, 'latin1'))
      expectNoPassword('report', readFileSync(join(folder, 'report.md'), 'utf8'))
      for (const table of ['run', 'block', 'quarantine', 'archive', 'step'])
        expectNoPassword(
          table,
          JSON.stringify((await asAdmin(`select t::text from gpt_migrate.${table} t`)).rows),
        )
      expect(
        await runCommand(['rollback', '--yes', '--work-folder', work], { cwd: folder, env }),
      ).toMatchObject({
        exitCode: 0,
        errors: '',
      })
      expect(
        (await asAdmin("select to_regnamespace('moved') as a, to_regnamespace('gpt_migrate') as b")).rows,
      ).toEqual([{ a: null, b: null }])
    })

    it.each(['the URL', 'PGPASSWORD', 'PGPASSFILE', '.pgpass'] as const)(
      'nor when it comes from %s',
      { timeout: 60_000 },
      async (from) => {
        const { hostname, port, pathname } = new URL(url)
        const bare = `postgresql://${role}@${hostname}:${port}${pathname}`
        const home = temporaryFolder()
        const own = join(home, 'work')
        const line = `${hostname}:${port}:*:${role}:${password}\n`
        writeFileSync(join(home, '.pgpass'), line, { mode: 0o600 })
        const ways = {
          'the URL': { target: url, env: { HOME: own } },
          PGPASSWORD: { target: bare, env: { HOME: own, PGPASSWORD: password } },
          PGPASSFILE: { target: bare, env: { HOME: own, PGPASSFILE: join(home, '.pgpass') } },
          '.pgpass': { target: bare, env: { HOME: home } },
        } satisfies Record<typeof from, { target: string; env: Record<string, string> }>
        const { target: named, env } = ways[from]
        const source = join(home, 'small.db')
        const db = openWritable(source)
        db.exec("create table t (id integer primary key, a text); insert into t values (1, 'x')")
        db.close()
        const args = ['--source', source, '--target', named, '--work-folder', own, '--schema', 'moved']
        const moved = await runProgram(['--yes', '--plain', ...args], { env })
        expect(moved).toMatchObject({ exitCode: 0, errors: '' })
        const again = await runCommand(['--yes', '--plain', ...args], { cwd: home, env })
        expect(again.exitCode).toBe(4)
        for (const { output, errors } of [moved, again]) expectNoPassword(from, output + errors)
        for (const file of filesBelow(own)) expectNoPassword(file, readFileSync(file, 'latin1'))
        const journal = await asAdmin('select t::text from gpt_migrate.run t')
        expectNoPassword('journal', JSON.stringify(journal.rows))
        const back = await runCommand(['rollback', '--yes', '--target', named], { cwd: home, env })
        expect(back).toMatchObject({ exitCode: 0, errors: '' })
      },
    )

    it('the work folder is for its owner only', () => {
      expect(statSync(work).mode & 0o777).toBe(0o700)
      for (const file of filesBelow(work)) expect([file, statSync(file).mode & 0o777]).toEqual([file, 0o600])
    })

    it('a wrong password or host is reported without it', async () => {
      for (const wrong of [
        url.replace('wort', 'wart'),
        url.replace(/:\d+\//, ':1/'),
        url.replace('postgresql', 'postgrsql'),
      ]) {
        const args = ['--yes', '--source', source, '--target', wrong, '--work-folder', work]
        const { exitCode, output, errors } = await runCommand(args, { cwd: folder })
        expect([2, 4]).toContain(exitCode)
        expect(errors + output).not.toMatch(/Zaub/)
      }
    })

    it('without the right to create schemas: a sentence, exit 4, and nothing written', async () => {
      await asAdmin(`revoke create on database ${target.address.database} from ${role}`)
      const { exitCode, errors } = await runCommand(
        ['--yes', '--schema', 'moved', '--source', source, '--work-folder', work],
        { cwd: folder, env: { DATABASE_URL: url } },
      )
      expect(exitCode).toBe(4)
      expect(errors).toContain(role)
      expect(
        (await asAdmin("select to_regnamespace('moved') as a, to_regnamespace('gpt_migrate') as b")).rows,
      ).toEqual([{ a: null, b: null }])
    })
  })
})

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
