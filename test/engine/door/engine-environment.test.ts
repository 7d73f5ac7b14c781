import { expect, test, vi } from 'vitest'
import { engineEnvironment, restoreEnvironment } from '../../../src/engine/door/engine-environment.ts'

test.each([
  {},
  { NODE_OPTIONS: '--enable-source-maps --max-semi-space-size=9' },
  { MALLOC_ARENA_MAX: '4', NODE_OPTIONS: '' },
])('the engine starts others in the environment that it was started from: %o', (own) => {
  vi.unstubAllEnvs()
  for (const name of ['MALLOC_ARENA_MAX', 'NODE_OPTIONS'] as const)
    vi.stubEnv(name, (own as Record<string, string>)[name])
  const before = { ...process.env }
  const inEngine = engineEnvironment()
  expect(inEngine.MALLOC_ARENA_MAX).toBe(before.MALLOC_ARENA_MAX ?? '1')
  expect(inEngine.NODE_OPTIONS).toBe(`--max-semi-space-size=2 ${before.NODE_OPTIONS ?? ''}`.trim())
  for (const [name, value] of Object.entries(inEngine)) vi.stubEnv(name, value)
  vi.stubEnv('GPT_MIGRATE_PARENT', before.GPT_MIGRATE_PARENT)
  restoreEnvironment()
  expect(process.env).toEqual(before)
  vi.unstubAllEnvs()
})
