/** A run's target is now a standby: nothing there can be tried, and values that agree must not be reported as a mismatch. */
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { embeddedBinaries } from '../../src/engine/target/server/embedded-binaries.ts'
import { initServer, startServer } from '../../src/engine/target/server/local-server.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest, verifyForTest } from '../support/run.ts'

it('a standby is refused before anything is compared', { timeout: 60_000 }, async () => {
  const folder = temporaryFolder()
  chmodSync(folder, 0o755)
  const file = join(folder, 'a.db')
  const db = openWritable(file)
  db.exec('create table t (id integer primary key, x text); insert into t (x) values (1), (2)')
  db.close()
  const dataFolder = join(folder, 'data')
  const start = { binaries: embeddedBinaries(), dataFolder, password: 'standby' }
  await initServer({ ...start, sync: false })
  const primary = await startServer({ ...start, port: 0, settings: { fsync: 'off' } })
  const workFolder = join(folder, 'work')
  const { report } = await runForTest({ sources: [file], url: primary.url, workFolder })
  await primary.stop()
  expect(report?.status).toBe('ok')

  writeFileSync(join(dataFolder, 'standby.signal'), '')
  const standby = await startServer({ ...start, port: 0, settings: {} })
  try {
    await expect(verifyForTest(standby.url, workFolder, false)).rejects.toMatchObject({
      kind: 'target',
      code: 'read-only-server',
      message: expect.stringContaining('is a standby'),
    })
  } finally {
    await standby.stop()
  }
})
