/**
 * Bundles the program into dist/: `npm run build`. A module that is started by its file, as a process or a thread, is named main, worker,
 * something-main or something-worker, and keeps its path; the library is index.
 */
import { globSync } from 'node:fs'
import { bundle, root, urlBeside } from './bundle.ts'

const started = globSync('src/**/{main,*-main,worker,*-worker}.ts', { cwd: root })
const entries = [...started, 'src/index.ts'].map((path) => path.replace(/\.ts$/, ''))
const starts = [
  'cli/commands/index.ts',
  'app.tsx',
  'faces/plain-lines.ts',
  'engine/run/migrate/run-all.ts',
  'engine/run/migrate/run-on-target.ts',
].map((path) => `src/${path}`)
await bundle({ entries, from: 'src', to: 'dist', starts, urlOf: urlBeside })
