/** kill -9 at random moments, again and again, until a run comes through: the target must be the undisturbed one's. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { seededRandom } from '../../src/engine/demo/random.ts'
import { createSampleDatabases } from '../../src/engine/demo/sample-databases.ts'
import { connect } from '../../src/engine/target/connection.ts'
import { forEachServer, freshDatabase } from '../support/databases.ts'
import { dumpTarget } from '../support/dump.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runProgram, startProgram } from '../support/program.ts'

/** More kills in the nightly suite: GPT_MIGRATE_KILLS=200. */
const kills = Number(process.env.GPT_MIGRATE_KILLS ?? 10)
const seed = Number(process.env.GPT_MIGRATE_SEED ?? Math.floor(Math.random() * 1e9))

forEachServer((server) => {
  it(`survives ${kills} kills (seed ${seed})`, { timeout: 60_000 + kills * 10_000 }, async () => {
    const folder = temporaryFolder()
    const sources = join(folder, 'databases')
    createSampleDatabases({ folder: sources, rows: 20_000, seed: 7 })
    const undisturbed = await freshDatabase(server.url)
    const disturbed = await freshDatabase(server.url)
    const random = seededRandom(seed)
    try {
      const args = (url: string, work: string): string[] => [
        '--yes',
        '--source',
        sources,
        '--target',
        url,
        '--work-folder',
        join(folder, work),
      ]
      const startedAt = performance.now()
      const whole = await runProgram(args(undisturbed.url, 'whole'))
      expect(whole).toMatchObject({ exitCode: 0, errors: '' })
      const wholeMs = performance.now() - startedAt
      for (let number = 0; number < kills; number++) {
        const { child, ended } = startProgram(args(disturbed.url, 'killed'))
        const timer = setTimeout(() => child.kill('SIGKILL'), random.unit() * wholeMs)
        const { exitCode, signal, errors } = await ended
        clearTimeout(timer)
        if (signal === 'SIGKILL') continue
        expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' })
        break
      }
      const last = await runProgram(args(disturbed.url, 'killed'))
      expect([0, 4]).toContain(last.exitCode)
      expect(await dumpTarget(disturbed.address)).toEqual(await dumpTarget(undisturbed.address))
      const connection = await connect(disturbed.address)
      const { rows } = await connection.query<{ rows: number }>(
        'select count(*)::int as rows from gpt_migrate.quarantine',
      )
      expect(rows).toEqual([{ rows: 0 }])
      await connection.end()
    } finally {
      await undisturbed.drop()
      await disturbed.drop()
    }
  })
})
