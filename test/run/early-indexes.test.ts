/** A table is indexed while others are still being copied, and a run that ends in between continues as any other. */
import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import type { RunEvent } from '../../src/engine/model/event.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { cutSmallBlocks } from '../support/block-size.ts'
import { forEachServerNightly } from '../support/databases.ts'
import { runForTest, type TestRun } from '../support/run.ts'
import { inScene, type Scene } from '../support/scene.ts'

cutSmallBlocks()

/** The key of `large` takes longer than all that is left to do when it is copied. */
const source = {
  name: 'shop.db',
  sql: `
    create table large (id integer primary key, name text);
    create table small (id integer primary key, name text);
    create index large_name on large (name);
    with recursive n (value) as (select 1 union all select value + 1 from n where value < 20000)
      insert into large select value, 'a name that is long enough for a block of its own, ' || value from n;
    insert into small select id, name from large where id <= 1000;`,
}

const usual = ({ file, workFolder, url }: Scene): TestRun => ({ sources: [file], url, workFolder })

/** Calls `act` when the tables are there and nothing is copied. */
const whenCreated =
  (act: () => void) =>
  (event: RunEvent): void => {
    if (event.type === 'phase-started' && event.phase === 'copy') act()
  }

/** Holds up the copy of `small` until the key of `large` is there, and `then` is done. */
async function holdingSmall({ address, connection }: Scene, then: () => void): Promise<void> {
  await using holder = await connect(address)
  await holder.transaction(async () => {
    await holder.execute('lock table public.small in access exclusive mode')
    for (;;) {
      const { rows } = await connection.query("select 1 from pg_constraint where conname = 'large_pkey'")
      if (rows.length > 0) break
      await setTimeout(20)
    }
    then()
  })
}

const numberOfSteps = async ({ connection }: Scene): Promise<number> => {
  const { rows } = await connection.query<{ steps: number }>(
    'select count(*)::int as steps from gpt_migrate.step',
  )
  return rows[0]!.steps
}

forEachServerNightly(({ url }) => {
  it('builds the key of a loaded table while another is being copied', { timeout: 60_000 }, async () => {
    await inScene(url, source, async (scene) => {
      let holding = Promise.resolve()
      let stepsMeanwhile: Promise<number> | null = null
      const onEvent = whenCreated(() => {
        holding = holdingSmall(scene, () => {
          stepsMeanwhile = numberOfSteps(scene)
        })
      })
      const { report } = await runForTest({ ...usual(scene), onEvent })
      await holding
      expect(report).toMatchObject({ status: 'ok', verify: { ok: true } })
      expect(await stepsMeanwhile).toBeGreaterThan(0)
      expect(await numberOfSteps(scene)).toBe(3)
    })
  })

  it('continues after a stop between the key of one table and the copy of another', {
    timeout: 60_000,
  }, async () => {
    await inScene(url, source, async (scene) => {
      const control = new RunControl()
      let holding = Promise.resolve()
      const onEvent = whenCreated(() => {
        holding = holdingSmall(scene, () => control.stop('SIGINT'))
      })
      const { report } = await runForTest({ ...usual(scene), control, onEvent })
      await holding
      expect(report?.status).toBe('stopped')
      expect(await numberOfSteps(scene)).toBeGreaterThan(0)

      const { report: resumed } = await runForTest(usual(scene))
      expect(resumed).toMatchObject({ status: 'ok', verify: { ok: true } })
      expect(await numberOfSteps(scene)).toBe(3)
    })
  })

  it('ends with the error of a key, and continues when its cause is gone', { timeout: 60_000 }, async () => {
    await inScene(url, source, async (scene) => {
      let taking = Promise.resolve()
      const onEvent = whenCreated(() => {
        taking = scene.connection.execute('create table public.large_pkey ()')
      })
      const { report } = await runForTest({ ...usual(scene), onEvent })
      await taking
      expect(report?.error?.message).toContain('large_pkey')

      await scene.connection.execute('drop table public.large_pkey')
      const { report: resumed } = await runForTest(usual(scene))
      expect(resumed).toMatchObject({ status: 'ok', verify: { ok: true } })
    })
  })
})
