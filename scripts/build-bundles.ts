/**
 * Bundles the program into dist/: `npm run build`. A module that is started by its file, as a process or a thread, is named main, worker,
 * something-main or something-worker, and keeps its path; the library is index.
 */
import { globSync } from 'node:fs'
import { bundle, root, urlBeside } from './bundle.ts'

const started = globSync('src/**/{main,*-main,worker,*-worker}.ts', { cwd: root })
const entries = [...started, 'src/index.ts'].map((path) => path.replace(/\.ts$/, ''))
const starts = [
  ['cli/commands/index.ts'],
  ['app.tsx'],
  // Without them, what they share with the wizard would lie in the wizard's file, which loads Ink.
  ['plain', 'live', 'plan', 'verify', 'rollback', 'inspection', 'export', 'fallback'].map(
    (what) => `faces/${what}-lines.ts`,
  ),
  ['engine/run/migrate/run-all.ts'],
  ['engine/run/migrate/run-on-target.ts'],
  ['past-runs/rollback-target', 'past-runs/list-target', 'following/follow-status'].map(
    (call) => `engine/run/${call}.ts`,
  ),
  ['engine/run/prepare/inspect-databases.ts'],
].map((group) => group.map((path) => `src/${path}`))
await bundle({ entries, from: 'src', to: 'dist', starts, urlOf: urlBeside })
