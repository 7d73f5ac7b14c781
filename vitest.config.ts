import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Every worker thread of the engine loads its sources anew: from a cache it starts five times as fast.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'gpt-migrate-compile-cache')

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    globalSetup: ['test/support/servers.ts'],
    pool: 'forks',
    env: { SQLITE_USE_URI: '1' },
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
