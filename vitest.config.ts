import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Every worker thread of the engine loads its sources anew: from a cache it starts five times as fast.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules', '.cache', 'compiled')

export default defineConfig(({ mode }) => ({
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    globalSetup: ['test/support/servers.ts'],
    setupFiles: ['test/support/generated-values.ts'],
    pool: 'forks',
    // What tests try more of by night: test/support/breadth.ts.
    env: { SQLITE_USE_URI: '1', ...(mode === 'nightly' ? { GPT_MIGRATE_NIGHTLY: '1' } : {}) },
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
}))
