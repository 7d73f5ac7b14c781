/**
 * Bundles of what the engine starts as threads and processes, which start in half the time of their sources. Made again when the sources
 * have changed.
 */
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle, root, urlBeside } from '../../scripts/bundle.ts'
import { bundles } from './started-file.ts'

export default async function setup(): Promise<void> {
  const folder = fileURLToPath(bundles).replace(/[/\\]$/, '')
  const state = stateOfSources()
  const made = join(folder, 'made-of')
  if (existsSync(made) && readFileSync(made, 'utf8') === state) return
  mkdirSync(dirname(folder), { recursive: true })
  const next = mkdtempSync(`${folder}-`)
  await make(next)
  writeFileSync(join(next, 'made-of'), state)
  rmSync(folder, { recursive: true, force: true })
  renameSync(next, folder)
}

function stateOfSources(): string {
  const hash = createHash('sha256')
  for (const path of globSync(['src/**/*.{ts,wasm}', 'scripts/bundle.ts'], { cwd: root }).sort())
    hash.update(path).update(readFileSync(join(root, path)))
  return hash.digest('hex')
}

async function make(folder: string): Promise<void> {
  const started = globSync('src/engine/**/{main,*-main,worker,*-worker}.ts', { cwd: root })
  const entries = started.map((path) => path.replace(/\.ts$/, ''))
  await bundle({ entries, from: 'src', to: join(folder, 'src'), urlOf: urlBeside })
  for (const path of globSync('src/**/*.wasm', { cwd: root })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    copyFileSync(join(root, path), join(folder, path))
  }
  for (const name of ['package.json', 'schemas']) symlinkSync(join(root, name), join(folder, name))
}
