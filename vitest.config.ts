import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Every worker thread of the engine loads its sources anew: from a cache it starts five times as fast.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules', '.cache', 'compiled')

/** Files that need the modules for themselves: they put others in the place of some. */
const apart = globSync('test/**/*.test.{ts,tsx}', { cwd: import.meta.dirname }).filter((file) =>
  readFileSync(join(import.meta.dirname, file), 'utf8').includes('vi.mock('),
)

/** Threads and processes that the engine starts. */
const startedFile = join(import.meta.dirname, 'test', 'support', 'started-file.ts')

export default defineConfig(({ mode }) => ({
  resolve: { alias: [{ find: /^.*\/started-file\.ts$/, replacement: startedFile }] },
  test: {
    globalSetup: ['test/support/bundles.ts', 'test/support/servers.ts'],
    pool: 'forks',
    // What tests try more of by night: test/support/breadth.ts.
    env: { SQLITE_USE_URI: '1', ...(mode === 'nightly' ? { GPT_MIGRATE_NIGHTLY: '1' } : {}) },
    maxWorkers: 3,
    testTimeout: mode === 'nightly' ? 900_000 : 60_000,
    hookTimeout: mode === 'nightly' ? 900_000 : 60_000,
    setupFiles: ['test/support/each-file.ts'],
    projects: [
      // Modules that are loaded once for many files save a tenth of the time.
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: apart,
          isolate: false,
          globalSetup: [],
        },
      },
      { extends: true, test: { name: 'apart', include: apart, globalSetup: [] } },
    ],
  },
}))
