/** A run that finds its tables in the target already. */
import { expect, it } from 'vitest'
import { anyServer } from '../../../support/databases.ts'
import { runForTest } from '../../../support/run.ts'
import { inScene } from '../../../support/scene.ts'

it('a run that is repeated is refused before anything is copied or inspected', async () => {
  const tables = Array.from({ length: 12 }, (_, at) => `create table t${at} (id integer primary key);`)
  await inScene(anyServer().url, { name: 'app.db', sql: tables.join('\n') }, async (scene) => {
    const phases: string[] = []
    const run = (options = {}) => {
      phases.length = 0
      return runForTest({
        ...scene,
        sources: [scene.file],
        options,
        onEvent: (event) => {
          if (event.type === 'phase-started') phases.push(event.phase)
        },
      })
    }
    await run()
    await expect(run()).rejects.toMatchObject({
      code: 'target-not-empty',
      message: expect.stringMatching(/already holds public\.t0, .* and 4 others\.$/),
    })
    expect(phases).toEqual(['connect'])

    // As it was not asked for before, what is there is left to the plan.
    expect((await run({ schema: 'elsewhere' })).report!.status).toBe('ok')
    await scene.connection.query('drop table public.t11')
    await expect(run({ exclude: ['t0'] })).rejects.toMatchObject({ code: 'target-not-empty' })
    expect(phases).toContain('inspect')
  })
})
