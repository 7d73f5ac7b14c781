import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openWritable } from '../../../src/engine/source/base/sqlite.ts'
import { QueryTrials } from '../../../src/engine/source/base/trial-query.ts'
import { temporaryFolder } from '../../support/folders.ts'
import { processesOf } from '../../support/program.ts'

it('ends a query that does not end, and tries the next one', async () => {
  const file = join(temporaryFolder(), 'a.db')
  const db = openWritable(file)
  db.exec('create table t (x); insert into t values (1)')
  db.close()
  const trials = new QueryTrials(1_500)
  const endless = 'with recursive c (x) as (select 1 union all select x + 1 from c) select count(*) from c'
  expect(await trials.try({ file, sql: 'select * from t where x = ?', parameters: [1n] })).toEqual({
    kind: 'ended',
  })
  expect(await trials.try({ file, sql: endless })).toEqual({ kind: 'unbounded' })
  expect(await trials.try({ file, sql: 'select nothing from t' })).toMatchObject({ kind: 'failed' })
  await trials.end()
})

/** Empty where the process has ended meanwhile. */
function ofProcess(pid: number, what: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8')
  } catch {
    return ''
  }
}

it.runIf(process.platform === 'linux')(
  'what executes the SQL of others has no password in its environment',
  async () => {
    const file = join(temporaryFolder(), 'b.db')
    openWritable(file).close()
    const secrets = { PGPASSWORD: 'first-secret', DATABASE_URL: 'postgres://u:second-secret@h/d' }
    Object.assign(process.env, secrets)
    const trials = new QueryTrials(30_000)
    await trials.try({ file, sql: 'select 1' })
    const told = processesOf(process.pid)
      .filter((pid) => ofProcess(pid, 'cmdline').includes('trial-query-main'))
      .map((pid) => ofProcess(pid, 'environ'))
    for (const name of Object.keys(secrets)) delete process.env[name]
    await trials.end()
    expect(told.length).toBe(1)
    expect(told[0]).not.toContain('-secret')
  },
)
