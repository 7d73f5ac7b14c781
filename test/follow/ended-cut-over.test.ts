/** A cut-over that came to no end: what it leaves, and what the next command says of it. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import { readChangeCapture } from '../../src/engine/journal/change-capture.ts'
import { prepareFollowing } from '../../src/engine/run/following/follow.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { inScene, stateOf } from '../support/cut-over-scene.ts'

it('the command of --on-abort runs when nothing was switched after the one before, and following notes no changes', {
  timeout: 60_000,
}, async () => {
  await inScene('wal', async (scene) => {
    const stopped = join(scene.folder, 'stopped')
    const aborted = join(scene.folder, 'aborted')
    await expect(
      scene.cutOver({ beforeCutover: `touch '${stopped}'; false`, onAbort: `touch '${aborted}'` }),
    ).rejects.toMatchObject({ code: 'before-cutover-failed' })
    expect(existsSync(stopped)).toBe(true)
    await expect.poll(() => existsSync(aborted)).toBe(true)
    expect(await stateOf(scene)).toBe('following')
    await prepareFollowing(scene.database.address, null, null)
    const connection = await connect(scene.database.address)
    expect(await readChangeCapture(connection)).toBeNull()
    await connection.end()
  })
})

it('while the command runs, following says that there is nothing to do', { timeout: 60_000 }, async () => {
  await inScene('delete', async (scene) => {
    const go = join(scene.folder, 'go')
    const control = new RunControl()
    await scene.cutOver(
      { onCutover: `while [ ! -e '${go}' ]; do sleep 0.05; done; exit 3` },
      control,
      (event) => {
        if (event.type === 'command-started') control.stop('SIGINT')
      },
    )
    const following = () => prepareFollowing(scene.database.address, null, null)
    await expect(following()).rejects.toMatchObject({
      code: 'cut-over-under-way',
      message: expect.stringMatching(/its command still runs \(process \d+\)/),
    })
    writeFileSync(go, '')
    await expect
      .poll(async () => (await following().catch((error) => error)).code, { timeout: 30_000 })
      .toBe('cut-over-unsettled')
    await expect(following()).rejects.toMatchObject({ hint: expect.stringContaining('--keep sqlite --yes') })
  })
})
