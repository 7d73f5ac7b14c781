/** A running application is moved over: what it was told is committed is in PostgreSQL, or its writers are in again. */
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import type { RunEvent } from '../../src/engine/model/event.ts'
import { settleCutOver } from '../../src/engine/run/cut-over/settle-cut-over.ts'
import { prepareFollowing } from '../../src/engine/run/following/follow.ts'
import { resync } from '../../src/engine/run/following/resync.ts'
import { previewRollbackOfTarget } from '../../src/engine/run/past-runs/rollback-target.ts'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import {
  canWrite,
  inScene,
  rowsInSource,
  rowsInTarget,
  startWriter,
  stateOf,
} from '../support/cut-over-scene.ts'
import { inDatabase } from '../support/follow-scene.ts'
import { startPooler } from '../support/pooler.ts'
import { startProgram } from '../support/program.ts'
import { replayEvents } from '../support/replay-events.ts'
import { startStatementProxy } from '../support/statement-proxy.ts'
import { startProxy } from '../support/tcp-proxy.ts'

describe.each(['wal', 'delete'] as const)('journal mode %s', (journalMode) => {
  it('an application that writes all the time is moved over, and loses nothing', {
    timeout: 60_000,
  }, async () => {
    await inScene(journalMode, async (scene) => {
      const writer = await startWriter(scene.file)
      const started = join(scene.folder, 'started')
      const before = readdirSync(scene.folder)
      const answer = await scene.cutOver({
        onCutover: `kill -9 ${writer.pid}; printf %s "$DATABASE_URL" > '${started}'`,
      })
      expect(answer).toMatchObject({
        state: 'cut-over',
        commandExitCode: 0,
        proof: 'proven',
        differing: [],
        openers: [],
      })
      expect(readFileSync(started, 'utf8')).toContain(new URL(scene.database.url).pathname)
      const rows = await rowsInTarget(scene)
      expect(rows).toEqual(rowsInSource(scene))
      // What was acknowledged is there; a row that was removed again aside.
      const acknowledged = writer.said().trim().split('\n').length
      expect(rows.filter(({ code }) => String(code).startsWith('step ')).length).toBeGreaterThan(
        acknowledged / 2,
      )
      expect(replayEvents(scene.events)).toMatchObject({ fits: true })
      const left = new Set(readdirSync(scene.folder).filter((name) => !before.includes(name)))
      expect([...left].filter((name) => name !== 'started' && !/-(shm|wal|journal)$/.test(name))).toEqual([])
      expect(await stateOf(scene)).toBe('cut-over')
      // What shows a rollback is refused as the rollback is.
      const target = { target: scene.database.url, env: {}, workFolder: scene.folder, port: null }
      await expect(previewRollbackOfTarget({ target, run: null, force: null })).rejects.toMatchObject({
        code: 'switched',
      })
    })
  })
})

it('a dry run keeps the writers out for a moment only', { timeout: 120_000 }, async () => {
  await inScene('wal', async (scene) => {
    const writer = await startWriter(scene.file)
    const answer = await scene.cutOver({ isDry: true })
    expect(answer).toMatchObject({ isDry: true, state: 'following' })
    expect(answer.openers.map(({ process }) => process)).toEqual([writer.pid])
    await once(writer.stdout!, 'data')
    writer.kill('SIGKILL')
    expect(writer.said()).not.toContain('refused')
    expect(await stateOf(scene)).toBe('following')
  })
})

it('a pool with too few sessions for the proof is refused before a writer is kept out', {
  timeout: 120_000,
}, async () => {
  await inScene('wal', async (scene) => {
    const through = async (size: number) => {
      const pooler = await startPooler(scene.database.url, { mode: 'session', size })
      const { workFolder } = scene
      const target = { target: pooler.url, role: null, env: {}, workFolder, port: null }
      try {
        return await scene.cutOver({ target })
      } finally {
        await pooler.close()
      }
    }
    await expect(through(2)).rejects.toMatchObject({ code: 'too-few-sessions' })
    expect(scene.events.map(({ type }) => type)).not.toContain('fence-held')
    expect(await through(3)).toMatchObject({ state: 'cut-over', proof: 'proven' })
  })
})

it('a fence that takes too long is opened, and following continues', { timeout: 120_000 }, async () => {
  await inScene('wal', async (scene) => {
    const writer = await startWriter(scene.file)
    const marker = join(scene.folder, 'started')
    await expect(scene.cutOver({ fenceMs: 1, onCutover: `touch '${marker}'` })).rejects.toThrow()
    expect(existsSync(marker)).toBe(false)
    await once(writer.stdout!, 'data')
    expect(scene.events.map(({ type }) => type)).toContain('cut-over-aborted')
    expect(await stateOf(scene)).toBe('following')
    const answer = await scene.cutOver({ onCutover: `kill -9 ${writer.pid}` })
    expect(answer.proof).toBe('proven')
    expect(replayEvents(scene.events)).toMatchObject({ fits: true })
    expect(await rowsInTarget(scene)).toEqual(rowsInSource(scene))
  })
})

it('a server that falls silent under the fence does not keep the writers out for longer than the fence may be held', {
  timeout: 120_000,
}, async () => {
  await inScene('wal', async (scene) => {
    const proxy = await startProxy(scene.database.address)
    const url = new URL(scene.database.url)
    url.host = `127.0.0.1:${proxy.port}`
    const target = { target: url.href, role: null, env: {}, workFolder: scene.workFolder, port: null }
    try {
      const writer = await startWriter(scene.file)
      const silence = ({ type }: RunEvent): void => {
        if (type === 'fence-held') proxy.silence(false)
      }
      const cutting = scene.cutOver({ target, fenceMs: 1_000 }, new RunControl(), silence)
      await expect(cutting).rejects.toMatchObject({ code: 'fence-too-long' })
      await once(writer.stdout!, 'data')
      // It waits for a lock for three seconds.
      expect(writer.said()).not.toContain('refused')
      expect(await stateOf(scene)).toBe('following')
      const answer = await scene.cutOver({ onCutover: `kill -9 ${writer.pid}` })
      expect(answer.proof).toBe('proven')
      expect(await rowsInTarget(scene)).toEqual(rowsInSource(scene))
    } finally {
      await proxy.close()
    }
  })
})

it('a second cut-over that began before the first one switched starts nothing', {
  timeout: 120_000,
}, async () => {
  await inScene('wal', async (scene) => {
    const proxy = await startStatementProxy(scene.database.address)
    const url = new URL(scene.database.url)
    url.host = `127.0.0.1:${proxy.port}`
    const target = { target: url.href, role: null, env: {}, workFolder: scene.workFolder, port: null }
    const second = join(scene.folder, 'second')
    try {
      const asksForLock = proxy.hold(/pg_try_advisory_lock/)
      const late = scene.cutOver({ target, onCutover: `touch '${second}'` })
      late.catch(() => undefined)
      await asksForLock.reached
      expect(await scene.cutOver({ onCutover: 'true' })).toMatchObject({ state: 'cut-over', proof: 'proven' })
      asksForLock.release()
      await expect(late).rejects.toMatchObject({ code: 'follow-lost' })
      expect(existsSync(second)).toBe(false)
      expect(await stateOf(scene)).toBe('cut-over')
    } finally {
      await proxy.close()
    }
  })
})

it('a server that ends our connection while the command runs does not open the fence', {
  timeout: 120_000,
}, async () => {
  await inScene('delete', async (scene) => {
    const go = join(scene.folder, 'go')
    const done = join(scene.folder, 'done')
    const ending = (event: RunEvent): void => {
      if (event.type === 'command-started')
        void inDatabase(
          scene.database,
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
        )
    }
    const cutting = scene.cutOver(
      { onCutover: `while [ ! -e '${go}' ]; do sleep 0.05; done; sleep 0.5; touch '${done}'` },
      new RunControl(),
      ending,
    )
    cutting.catch(() => undefined)
    await expect
      .poll(() => scene.events.some(({ type }) => type === 'command-started'), { timeout: 60_000 })
      .toBe(true)
    const isOver = cutting.then(
      () => true,
      () => true,
    )
    expect(canWrite(scene.file)).toBe(false)
    writeFileSync(go, '')
    expect(canWrite(scene.file)).toBe(false)
    await isOver
    await expect.poll(() => existsSync(done), { timeout: 10_000 }).toBe(true)
    await expect.poll(() => canWrite(scene.file), { timeout: 20_000 }).toBe(true)
    expect(await stateOf(scene)).toBe('switching')
  })
})

it('a command that fails leaves the choice to a person', { timeout: 120_000 }, async () => {
  await inScene('wal', async (scene) => {
    const answer = await scene.cutOver({ onCutover: 'exit 3' })
    expect(answer).toMatchObject({ state: 'switching', commandExitCode: 3 })
    expect(replayEvents(scene.events)).toMatchObject({ fits: true })
    expect(await stateOf(scene)).toBe('switching')
    await expect(scene.cutOver()).rejects.toMatchObject({ code: 'cut-over-unsettled' })
    const target = {
      target: scene.database.url,
      role: null,
      env: {},
      workFolder: scene.workFolder,
      port: null,
    }
    // Both sides moved: their rows are named, and what PostgreSQL alone has goes when the table is copied anew.
    const db = openWritable(scene.file)
    db.exec(`insert into orders(id, code) values (9000, 'afterwards')`)
    const { database } = scene
    await inDatabase(database, `insert into public.orders(id, code) values (7000, 'in PostgreSQL')`)
    expect(await settleCutOver({ target, run: null, keep: 'sqlite' })).toEqual({
      run: answer.run,
      state: 'following',
      inSqlite: { kind: 'looked', tables: [{ tableId: 'app.db/orders', rows: 1, keys: ['9000'] }] },
      inPostgres: [{ tableId: 'app.db/orders', rows: 1, keys: ['7000'] }],
    })
    db.close()
    const work = await prepareFollowing(database.address, null, null)
    await resync(work, ['orders'], { control: new RunControl(), emit: () => {} })
    expect(await scene.cutOver()).toMatchObject({ state: 'cut-over', proof: 'proven' })
    expect(await rowsInTarget(scene)).toEqual(rowsInSource(scene))
  })
})

it('a table that got another column is left behind only when asked for', { timeout: 120_000 }, async () => {
  await inScene('wal', async (scene) => {
    const db = openWritable(scene.file)
    db.exec(`alter table fills add column more text;
      insert into fills(quantity, more) values (9, 'm');
      insert into orders(code) values ('after the change');
      create table later(id integer primary key)`)
    db.close()
    await expect(scene.cutOver()).rejects.toMatchObject({ code: 'table-not-followed' })
    await expect(scene.cutOver({ exclude: ['fills'] })).rejects.toThrow(/later is new/)
    expect(await scene.cutOver({ exclude: ['fills', 'later'] })).toMatchObject({
      state: 'cut-over',
      proof: 'proven',
    })
    expect(await rowsInTarget(scene)).toEqual(rowsInSource(scene))
  })
})

describe('a stop once the command has been started ends our waiting only', { timeout: 60_000 }, () => {
  it('while it runs: it continues, the writers stay out, and a person says what came of it', async () => {
    await inScene('delete', async (scene) => {
      const go = join(scene.folder, 'go')
      const done = join(scene.folder, 'done')
      const control = new RunControl()
      const answer = await scene.cutOver(
        { onCutover: `while [ ! -e '${go}' ]; do sleep 0.05; done; touch '${done}'` },
        control,
        (event) => {
          if (event.type === 'command-started') control.stop('SIGINT')
        },
      )
      expect(answer).toMatchObject({ state: 'switching', stoppedBy: 'SIGINT', commandExitCode: null })
      expect(existsSync(done)).toBe(false)
      expect(canWrite(scene.file)).toBe(false)
      const target = { target: scene.database.url, env: {}, workFolder: scene.workFolder, port: null }
      await expect(settleCutOver({ target, run: null, keep: 'sqlite' })).rejects.toMatchObject({
        code: 'command-running',
      })
      writeFileSync(go, '')
      await expect.poll(() => existsSync(done), { timeout: 10_000 }).toBe(true)
      await expect.poll(() => canWrite(scene.file), { timeout: 20_000 }).toBe(true)
    })
  })

  it('after it has ended: the application has moved, and the proof was not made', async () => {
    await inScene('wal', async (scene) => {
      const control = new RunControl()
      const answer = await scene.cutOver({ onCutover: 'true' }, control, (event) => {
        if (event.type === 'command-ended') control.stop('SIGTERM')
      })
      expect(answer).toMatchObject({ state: 'cut-over', proof: 'not-made', stoppedBy: 'SIGTERM' })
      expect(await stateOf(scene)).toBe('cut-over')
    })
  })

  it('a second signal ends the program at once, and neither the command nor the fence', async () => {
    await inScene('delete', async (scene) => {
      const go = join(scene.folder, 'go')
      const done = join(scene.folder, 'done')
      const { child, ended } = startProgram([
        ...['cutover', '--yes', '--target', scene.database.url, '--work-folder', scene.workFolder],
        ...['--on-cutover', `while [ ! -e '${go}' ]; do sleep 0.05; done; touch '${done}'`],
      ])
      let said = ''
      child.stdout!.on('data', (chunk) => {
        said += chunk
      })
      await expect.poll(() => said, { timeout: 30_000 }).toMatch(/command/i)
      child.kill('SIGINT')
      child.kill('SIGTERM')
      expect([130, 143]).toContain((await ended).exitCode)
      expect(existsSync(done)).toBe(false)
      expect(canWrite(scene.file)).toBe(false)
      writeFileSync(go, '')
      await expect.poll(() => existsSync(done), { timeout: 10_000 }).toBe(true)
      await expect.poll(() => canWrite(scene.file), { timeout: 20_000 }).toBe(true)
    })
  })
})
