/**
 * The disk is full, really: file systems in memory of a few megabytes, where this account may mount them. Afterwards they are given
 * room, and the same command finishes.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import type { RunEvent } from '../../src/engine/model/event.ts'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { stopEmbedded } from '../../src/engine/target/server/embedded.ts'
import { isNight } from '../support/breadth.ts'
import { inScene, rowsInSource, rowsInTarget, startWriter, stateOf } from '../support/cut-over-scene.ts'
import { anyServer, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { isUntouched } from '../support/outside-checker.ts'
import { runProgram } from '../support/program.ts'

const folder = temporaryFolder()
// The server's own account has to get through.
chmodSync(folder, 0o755)
const mounted: string[] = []

function mount(name: string, megabytes: number): string {
  const place = join(folder, name)
  mkdirSync(place)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', place])
  mounted.push(place)
  chmodSync(place, 0o755)
  return place
}

const giveRoom = (place: string, megabytes: number) =>
  execFileSync('mount', ['-o', `remount,size=${megabytes}m`, place])

afterAll(() => {
  for (const place of mounted) execFileSync('umount', [place])
})

function canMount(): boolean {
  const place = join(folder, 'probe')
  mkdirSync(place)
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', place]).status === 0
  return isMounted && spawnSync('umount', [place]).status === 0
}

function createSource(name: string, sql: string): string {
  const file = join(folder, name)
  const db = openWritable(file)
  db.pragma('synchronous = off')
  db.exec(sql)
  db.close()
  return file
}

describe.skipIf(!canMount())('a disk that is full', () => {
  it('the server’s: the copy fails, and the same command continues once there is room', {
    timeout: 180_000,
  }, async () => {
    const source = createSource(
      'rows.db',
      `create table t (id integer primary key, a text);
       with recursive n (i) as (select 1 union all select i + 1 from n where i < 60000)
         insert into t (a) select hex(randomblob(500)) from n`,
    )
    const place = mount('server', 100)
    const target = join(place, 'postgres')
    const args = ['--yes', '--json', '--source', source, '--target', `embedded:${target}`]
    args.push('--work-folder', join(folder, 'beside'), '--keep-running')
    try {
      const full = await runProgram(args)
      expect(full).toMatchObject({ exitCode: 6, errors: '' })
      // Without room for its log the server ends.
      expect(full.output).toMatch(/The server's disk is full|"connection-lost"/)
      giveRoom(place, 1500)
      const again = await runProgram(args)
      expect(again).toMatchObject({ exitCode: 0, errors: '' })
      expect(again.output).toContain('"resumed":true')
    } finally {
      await stopEmbedded(target)
    }
  })

  it('that of the work folder: too small for the snapshots', { timeout: 60_000 }, async () => {
    const source = createSource(
      'small.db',
      'create table t (id integer primary key, a blob); insert into t (a) values (zeroblob(9000000))',
    )
    const database = await freshDatabase(anyServer().url)
    const place = mount('small', 20)
    const args = ['--yes', '--plain', '--source', source, '--target', database.url]
    args.push('--work-folder', join(place, 'work'))
    try {
      const full = await runProgram(args)
      expect(full).toMatchObject({ exitCode: 3 })
      expect(full.errors).toMatch(/The snapshots need \d+ MB in .*, and only \d+ MB are free/)
      expect(await isUntouched(database.url)).toBe(true)
      giveRoom(place, 300)
      expect(await runProgram(args)).toMatchObject({ exitCode: 0, errors: '' })
    } finally {
      await database.drop()
    }
  })

  it('that of the work folder, at a cut-over: the writers are not kept out in vain, and what was switched stays', {
    timeout: 60_000,
  }, async () => {
    const place = mount('following', 80)
    chmodSync(place, 0o700)
    const filling = `dd if=/dev/zero of='${join(place, 'full')}' bs=4k 2>/dev/null`
    const fill = () => spawnSync('sh', ['-c', filling])
    const change = (file: string) => {
      const db = openWritable(file)
      db.exec('update orders set note = hex(zeroblob(3000))')
      db.close()
    }
    await inScene(
      'delete',
      async (scene) => {
        await expect(scene.cutOver({ isDry: true })).resolves.toMatchObject({ state: 'following' })
        change(scene.file)
        const tried = scene.events.length
        fill()
        await expect(scene.cutOver({ withinMs: 300 })).rejects.toThrow(/the disk is full/)
        expect(scene.events.slice(tried).map(({ type }) => type)).not.toContain('fence-held')
        expect(scene.events.at(-1)?.type).toBe('cut-over-aborted')
        rmSync(join(place, 'full'))
        // Under the fence: the writers are in again, and the next try succeeds.
        const writer = await startWriter(scene.file)
        const fillUnderFence = ({ type }: RunEvent): void => {
          if (type === 'fence-held') fill()
        }
        await expect(scene.cutOver({ fenceMs: 1_000 }, new RunControl(), fillUnderFence)).rejects.toThrow(
          /the disk is full.*nothing was switched/,
        )
        await once(writer.stdout!, 'data')
        writer.kill('SIGKILL')
        await once(writer, 'exit')
        expect(writer.said()).not.toContain('refused')
        expect(await stateOf(scene)).toBe('following')
        rmSync(join(place, 'full'))
        const answer = await scene.cutOver({ onCutover: `${filling}; true` })
        expect(answer).toMatchObject({ state: 'cut-over' })
        expect(['proven', 'not-made']).toContain(answer.proof)
        expect(await rowsInTarget(scene)).toEqual(rowsInSource(scene))
      },
      { workFolder: join(place, 'work') },
    )
  })

  // It takes a large database: only its children fill what was left free on purpose.
  it.runIf(isNight)(
    'that of the work folder: too small for what is set aside of folded tables',
    {
      timeout: 180_000,
    },
    async () => {
      const source = createSource(
        'rebalancing_history.db',
        `create table rebalancing_events (id integer primary key, timestamp text);
       create table rebalancing_trades (id integer primary key, event_id integer, symbol text, note text);
       with recursive n (i) as (select 1 union all select i + 1 from n where i < 30000)
         insert into rebalancing_events select i, '2025-01-01T00:00:00Z' from n;
       with recursive n (i) as (select 1 union all select i + 1 from n where i < 800000)
         insert into rebalancing_trades select i, 1 + i % 30000, 'BTC', 'n' || i from n`,
      )
      const database = await freshDatabase(anyServer().url)
      const place = mount('work', 37)
      const args = ['--yes', '--plain', '--allow-missing', '--source', source, '--target', database.url]
      args.push('--work-folder', join(place, 'work'))
      try {
        const full = await runProgram(args)
        expect(full).toMatchObject({ exitCode: 3 })
        expect(full.errors).toMatch(
          /no space left for what is written while table rebalancing_trades .* is read/,
        )
        expect(full.errors).not.toMatch(/\n\s+at /)
        expect(await isUntouched(database.url)).toBe(true)
        giveRoom(place, 300)
        expect(await runProgram(args)).toMatchObject({ exitCode: 0, errors: '' })
      } finally {
        await database.drop()
      }
    },
  )
})
