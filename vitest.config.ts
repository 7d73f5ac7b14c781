import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Every worker thread of the engine loads its sources anew: from a cache it starts five times as fast.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules', '.cache', 'compiled')

const inSupport = (file: string): string => join(import.meta.dirname, 'test', 'support', file)

export default defineConfig(({ mode }) => ({
  resolve: {
    alias: [
      // Threads and processes that the engine starts.
      { find: /^.*\/started-file\.ts$/, replacement: inSupport('started-file.ts') },
      { find: './block-size.ts', replacement: inSupport('block-size.ts') },
    ],
  },
  test: {
    globalSetup: ['test/support/bundles.ts', 'test/support/servers.ts'],
    pool: 'forks',
    // What tests try more of by night: test/support/breadth.ts.
    env: { SQLITE_USE_URI: '1', ...(mode === 'nightly' ? { GPT_MIGRATE_NIGHTLY: '1' } : {}) },
    maxWorkers: 3,
    testTimeout: mode === 'nightly' ? 900_000 : 60_000,
    hookTimeout: mode === 'nightly' ? 900_000 : 60_000,
    setupFiles: ['test/support/each-file.ts'],
    // Modules are loaded once for the files that a process runs.
    isolate: false,
    include: ['test/**/*.test.{ts,tsx}'],
  },
}))
