/** The process that keeps the writers out is stopped or killed from outside: nobody waits for it for ever, and what is said is true. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import type { RunEvent } from '../../src/engine/model/event.ts'
import { settleCutOver } from '../../src/engine/run/cut-over/settle-cut-over.ts'
import { startedFile } from '../../src/engine/threads/started-file.ts'
import { isNight } from '../support/breadth.ts'
import {
  canWrite,
  inScene,
  rowsInSource,
  rowsInTarget,
  type Scene,
  stateOf,
} from '../support/cut-over-scene.ts'
import { temporaryFolder } from '../support/folders.ts'

const sourceProcessUrl = new URL('../../src/engine/follow/source-process/source-process.ts', import.meta.url)
  .href

/** The processes of ours that hold sources, the oldest first: the one that holds the fence, then its witness. */
function sourceProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const parent = readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ')[1]
        return (
          Number(parent) === process.pid &&
          readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('source-process/main')
        )
      } catch {
        return false
      }
    })
    .map(Number)
    .sort((a, b) => a - b)
}

/** Sends the signal once, when an event of this type is reported. */
function signalAt(type: RunEvent['type'], signal: NodeJS.Signals, which = 0): (event: RunEvent) => void {
  let isSent = false
  return (event) => {
    if (event.type !== type || isSent) return
    isSent = true
    process.kill(sourceProcesses()[which]!, signal)
  }
}

const targetOf = (scene: Scene) => ({
  ...{ target: scene.database.url, role: null, env: {}, workFolder: scene.workFolder, port: null },
})

it.each([
  { signal: 'SIGSTOP', which: 0, who: 'the process that holds the fence' },
  { signal: 'SIGKILL', which: 0, who: 'the process that holds the fence' },
  ...(isNight ? [{ signal: 'SIGSTOP', which: 1, who: 'the witness of the fence' } as const] : []),
] as const)(
  '$signal to $who under the fence: the writers are in again, and --on-abort runs',
  {
    timeout: 60_000,
  },
  async ({ signal, which }) => {
    await inScene('wal', async (scene) => {
      const marker = join(scene.folder, 'started')
      const aborted = join(scene.folder, 'aborted')
      const cutting = scene.cutOver(
        {
          ...{ onCutover: `touch '${marker}'`, beforeCutover: 'true', onAbort: `echo again >> '${aborted}'` },
        },
        new RunControl(),
        signalAt('fence-held', signal, which),
      )
      await expect(cutting).rejects.toMatchObject({ code: 'source-process-gone' })
      expect(canWrite(scene.file)).toBe(true)
      expect(existsSync(marker)).toBe(false)
      expect(await stateOf(scene)).toBe('following')
      await expect.poll(() => existsSync(aborted), { timeout: 10_000 }).toBe(true)
      expect(readFileSync(aborted, 'utf8')).toBe('again\n')
      expect(await scene.cutOver({ onCutover: 'true' })).toMatchObject({ state: 'cut-over', proof: 'proven' })
      expect(await rowsInTarget(scene)).toEqual(rowsInSource(scene))
    })
  },
)

it('a program that is killed while it is answered: --on-abort runs all the same', {
  timeout: 60_000,
}, async () => {
  const folder = temporaryFolder()
  const [aborted, log] = [join(folder, 'aborted'), join(folder, 'log')]
  const holder = fileURLToPath(startedFile('main', sourceProcessUrl))
  const before = { kind: 'run-before', command: 'true', onAbort: `touch '${aborted}'`, log }
  const program = `
    const holder = require('node:child_process').fork(${JSON.stringify(holder)}, [], { serialization: 'advanced', detached: true })
    holder.on('message', (message) => {
      if (message.ready) holder.send({ id: 1, request: ${JSON.stringify(before)} })
      if (message.id !== 1) return
      // More than it has answered when we are gone.
      for (let id = 2; id < 20; id++) holder.send({ id, request: { kind: 'find-openers', sources: [] } })
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), 20)
    })`
  const { stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' })
  expect(stderr).toBe('')
  await expect.poll(() => existsSync(aborted), { timeout: 10_000 }).toBe(true)
})

it('stopped while the command runs: it continues, and the fence lasts', { timeout: 60_000 }, async () => {
  await inScene('delete', async (scene) => {
    const writable: boolean[] = []
    const stop = signalAt('command-started', 'SIGSTOP')
    const answer = await scene.cutOver({ onCutover: 'sleep 2' }, new RunControl(), (event) => {
      stop(event)
      if (event.type === 'command-ended') writable.push(canWrite(scene.file))
    })
    expect(answer).toMatchObject({ state: 'cut-over', proof: 'proven' })
    expect(writable).toEqual([false])
    expect(sourceProcesses()).toEqual([])
  })
})

it('killed while the command runs: a person says what came of it, once it has ended', {
  timeout: 60_000,
}, async () => {
  await inScene('delete', async (scene) => {
    const go = join(scene.folder, 'go')
    const onCutover = `while [ ! -e '${go}' ]; do sleep 0.05; done`
    const cutting = scene.cutOver({ onCutover }, new RunControl(), signalAt('command-started', 'SIGKILL'))
    await expect(cutting).rejects.toMatchObject({
      code: 'fence-process-gone',
      hint: expect.stringContaining('gpt-migrate cutover --keep postgres'),
    })
    expect(await stateOf(scene)).toBe('switching')
    const settling = { target: targetOf(scene), run: null }
    await expect(settleCutOver({ ...settling, keep: 'sqlite' })).rejects.toMatchObject({
      code: 'command-running',
    })
    writeFileSync(go, '')
    await expect
      .poll(async () => (await settleCutOver({ ...settling, keep: 'sqlite' }).catch((e) => e)).state, {
        timeout: 10_000,
      })
      .toBe('following')
  })
})

it.runIf(isNight)(
  'killed after the command has ended: the application has moved, and the proof is made',
  {
    timeout: 60_000,
  },
  async () => {
    await inScene('wal', async (scene) => {
      const answer = await scene.cutOver(
        { onCutover: 'true' },
        new RunControl(),
        signalAt('command-ended', 'SIGKILL'),
      )
      expect(answer).toMatchObject({ state: 'cut-over', proof: 'proven', sawAllProcesses: false })
    })
  },
)

it('a fence that is no longer renewed ends with its time, though the command still runs', {
  timeout: 60_000,
}, async () => {
  await inScene('delete', async (scene) => {
    const go = join(scene.folder, 'go')
    const answer = scene.cutOver({
      ...{ onCutover: `while [ ! -e '${go}' ]; do sleep 0.05; done`, holdMs: 1_000 },
    })
    await expect
      .poll(() => scene.events.some(({ type }) => type === 'command-started'), { timeout: 30_000 })
      .toBe(true)
    expect(canWrite(scene.file)).toBe(false)
    await expect.poll(() => canWrite(scene.file), { timeout: 10_000 }).toBe(true)
    writeFileSync(go, '')
    expect(await answer).toMatchObject({ state: 'cut-over', commandStillRuns: false })
  })
})

it('the application that a person starts on PostgreSQL is not started on SQLite by --on-abort', {
  timeout: 60_000,
}, async () => {
  await inScene('wal', async (scene) => {
    const aborted = join(scene.folder, 'aborted')
    const answer = await scene.cutOver({ beforeCutover: 'true', onAbort: `touch '${aborted}'` })
    expect(answer).toMatchObject({ state: 'cut-over', proof: 'proven' })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(existsSync(aborted)).toBe(false)
  })
})
