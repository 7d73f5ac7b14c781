/** An embedded server ends with the program that started it, however that ends, unless it is to continue. */
import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createSampleDatabases } from '../../src/engine/demo/sample-databases.ts'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { stopEmbedded } from '../../src/engine/target/server/embedded.ts'
import { isAlive, readPidFile } from '../../src/engine/target/server/postmaster.ts'
import { isNight } from '../support/breadth.ts'
import { temporaryFolder } from '../support/folders.ts'
import { processesOf, runProgram, startProgram } from '../support/program.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await stopEmbedded(folder)
})

const scene = () => {
  const folder = temporaryFolder()
  // The server's account must get there.
  chmodSync(folder, 0o755)
  const sources = join(folder, 'databases')
  createSampleDatabases({ folder: sources, rows: 50, seed: 3 })
  const home = join(folder, 'postgres')
  folders.push(home)
  const args = (...more: string[]): string[] => [
    ...['--yes', '--source', sources, '--target', `embedded:${home}`, '--work-folder', join(folder, 'work')],
    ...more,
  ]
  const data = (): string => {
    const record = JSON.parse(readFileSync(join(home, 'server.json'), 'utf8')) as { dataFolder: string }
    return resolve(home, record.dataFolder)
  }
  const isUp = (): boolean => {
    try {
      const state = readPidFile(data())
      return state?.ready === true && isAlive(state.pid, data())
    } catch {
      return false
    }
  }
  return { sources, args, data, isUp, untilUp: () => expect.poll(isUp, { timeout: 60_000 }).toBe(true) }
}

const untilDown = (isUp: () => boolean) => expect.poll(isUp, { timeout: 40_000 }).toBe(false)

describe('kill -9', { timeout: 180_000 }, () => {
  it.each(isNight ? ['the program', 'its engine'] : ['the program'])(
    'of %s, and the same command continues',
    async (whom) => {
      const { args, isUp, untilUp } = scene()
      const { child, ended } = startProgram(args())
      await untilUp()
      const [engine] = processesOf(child.pid!)
      process.kill(whom === 'the program' ? child.pid! : engine!, 'SIGKILL')
      await ended
      await untilDown(isUp)
      expect(await runProgram(args())).toMatchObject({ errors: '', exitCode: 0 })
      expect(isUp()).toBe(false)
    },
  )

  it('leaves a server running that was to continue', async () => {
    const { args, data, isUp, untilUp, sources } = scene()
    addEndless(sources)
    const { child, ended } = startProgram(args('--keep-running'))
    await untilUp()
    const guards = (): readonly number[] => guardsOf(data())
    await expect.poll(guards, { timeout: 20_000 }).toEqual([])
    process.kill(child.pid!, 'SIGKILL')
    await ended
    expect(isUp()).toBe(true)
  })
})

it('the end that five seconds without an answer bring', { timeout: 120_000 }, async () => {
  const { args, isUp, untilUp } = scene()
  const { child, ended } = startProgram(args())
  await untilUp()
  const [engine] = processesOf(child.pid!)
  process.kill(engine!, 'SIGSTOP')
  child.kill('SIGINT')
  expect((await ended).exitCode).toBe(130)
  await untilDown(isUp)
})

function guardsOf(dataFolder: string): readonly number[] {
  return execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('server-guard-main') && line.includes(dataFolder))
    .map((line) => Number.parseInt(line, 10))
}

/** A value that SQLite takes forever to compute: a run gets no further. */
function addEndless(sources: string): void {
  const db = openWritable(join(sources, 'slow.db'))
  db.exec(
    `create table t (id integer primary key); insert into t default values;
     alter table t add column slow integer generated always as
       (instr(hex(zeroblob(20000000)), hex(zeroblob(10000000)) || '1')) virtual`,
  )
  db.close()
}
