/** What can go wrong on our own side: limits of the user, and places that are none. A sentence, exit 3, and an untouched target. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { anyServer, type FreshDatabase, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { isUntouched } from '../support/outside-checker.ts'
import { runProgram } from '../support/program.ts'

const folder = temporaryFolder()
const source = join(folder, 'large.db')
let target: FreshDatabase

beforeAll(async () => {
  const db = openWritable(source)
  db.exec(`create table t (id integer primary key, a text);
    with recursive n (i) as (select 1 union all select i + 1 from n where i < 20000)
    insert into t (a) select printf('%0200d', i) from n`)
  db.close()
  writeFileSync(join(folder, 'a file'), '')
  target = await freshDatabase(anyServer().url)
})
afterAll(() => target.drop())

it.each([
  ['files may not be so large', 'ulimit -f 2000', join(folder, 'work'), /large\.db cannot be written/],
  ['the work folder is a file', 'true', join(folder, 'a file'), /The work folder cannot be used at .*a file/],
  ['the work folder can be none', 'true', '/proc/none', /The work folder cannot be used at \/proc\/none/],
])('%s', { timeout: 60_000 }, async (_name, limit, workFolder, told) => {
  const args = ['--yes', '--plain', '--source', source, '--target', target.url, '--work-folder', workFolder]
  const { exitCode, errors } = await runProgram(args, { limit })
  expect(errors).toMatch(told)
  expect(errors).toMatch(/\n {2}\S/)
  expect(errors).not.toMatch(/\n\s+at /)
  expect(exitCode).toBe(3)
  expect(await isUntouched(target.url)).toBe(true)
})
