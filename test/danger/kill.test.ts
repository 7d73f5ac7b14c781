/** kill -9 at random moments, again and again: whenever a run comes through, the target is the undisturbed one's. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { seededRandom } from '../../src/engine/demo/random.ts'
import { createSampleDatabases } from '../../src/engine/demo/sample-databases.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { kills, seed } from '../support/breadth.ts'
import { type FreshDatabase, forEachServerNightly, freshDatabase } from '../support/databases.ts'
import { dumpTarget } from '../support/dump.ts'
import { temporaryFolder } from '../support/folders.ts'
import { processesOf, runProgram, startProgram } from '../support/program.ts'
import { refusedRows, writeTroubledSource } from '../support/troubled-source.ts'

forEachServerNightly((server) => {
  it(`survives ${kills} kills (seed ${seed})`, { timeout: 60_000 + kills * 10_000 }, async () => {
    const folder = temporaryFolder()
    const sources = join(folder, 'databases')
    createSampleDatabases({ folder: sources, rows: 500, seed: 7 })
    writeTroubledSource(sources)
    const random = seededRandom(seed)
    const args = ({ url }: FreshDatabase, work: string): string[] => [
      ...['--yes', '--source', sources, '--target', url, '--work-folder', join(folder, work)],
    ]
    const undisturbed = await freshDatabase(server.url)
    const startedAt = performance.now()
    const whole = await runProgram(args(undisturbed, 'whole'))
    const wholeMs = performance.now() - startedAt
    expect(whole).toMatchObject({ exitCode: 8, errors: '' })
    const expected = await dumpTarget(undisturbed.address)

    /** Kills runs into a target until one comes through, or until enough were killed. */
    async function killInto(target: FreshDatabase, work: string, most: number): Promise<number> {
      for (let killed = 0; killed < most; killed++) {
        const { child, ended } = startProgram(args(target, work))
        const whom = victims[killed % victims.length]!
        const timer = setTimeout(() => kill(child.pid!, whom), random.unit() * wholeMs)
        const { exitCode, signal, errors } = await ended
        clearTimeout(timer)
        if (signal === 'SIGKILL') continue
        // The program without its engine says so, and what to do.
        if (/was ended \(SIGKILL\)/.test(errors)) {
          expect([3, 6]).toContain(exitCode)
          expect(errors).toMatch(/the same command resumes the run/)
          continue
        }
        // The kill before may have come after the run's end: then the tables are there already.
        if (exitCode !== 4) expect({ exitCode, errors }).toEqual({ exitCode: 8, errors: '' })
        else expect(errors).toMatch(/already holds/)
        return killed
      }
      return most
    }

    let done = 0
    for (let round = 0; done < kills; round++) {
      const disturbed = await freshDatabase(server.url)
      try {
        const work = `killed-${round}`
        done += await killInto(disturbed, work, kills - done)
        expect([8, 4]).toContain((await runProgram(args(disturbed, work))).exitCode)
        expect(await dumpTarget(disturbed.address)).toEqual(expected)
        expect(await quarantined(disturbed)).toBe(refusedRows)
      } finally {
        await disturbed.drop()
      }
    }
    await undisturbed.drop()
  })
})

const victims = ['program', 'engine', 'all'] as const

function kill(pid: number, whom: (typeof victims)[number]): void {
  const others = whom === 'program' ? [] : processesOf(pid)
  for (const victim of whom === 'engine' ? others : [pid, ...others]) {
    try {
      process.kill(victim, 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  }
}

async function quarantined({ address }: FreshDatabase): Promise<number> {
  await using connection = await connect(address)
  const { rows } = await connection.queryOne<{ rows: number }>(
    'select count(*)::int as rows from gpt_migrate.quarantine',
  )
  return rows
}
