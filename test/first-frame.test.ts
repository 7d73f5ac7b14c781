/** What is loaded before the wizard's first frame, and for the small commands: they wait for nothing that they do not need. */
import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Runs `script` in a Node of its own, with `loaded`, the packages whose modules were loaded so far, and how many of each. */
function inNode(script: string): unknown {
  const counting = `
    import { registerHooks } from 'node:module'
    const loaded = {}
    registerHooks({ load(url, context, next) {
      const name = url.split('/node_modules/').at(-1).match(/^(@[^/]+\\/)?[^/]+/)[0]
      if (url.includes('/node_modules/')) loaded[name] = (loaded[name] ?? 0) + 1
      return next(url, context)
    } })
    ${script}`
  const args = ['--input-type=module', '--eval', counting]
  return JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }).split('\n').at(-2)!)
}

it('the faces’ thread loads no driver of a database', () => {
  const loaded = inNode(`
    process.argv = [process.execPath, 'gpt-migrate', '--version']
    await import('./src/main.ts')
    console.log(JSON.stringify(loaded))`)
  expect(Object.keys(loaded as object)).not.toContain('pg')
  expect(Object.keys(loaded as object)).not.toContain('better-sqlite3')
})

it.each(['inspect --help', '--help'])('%s measures text without what knows all of Unicode', (words) => {
  const loaded = inNode(`
    process.argv = [process.execPath, 'gpt-migrate', ...${JSON.stringify(words.split(' '))}]
    await import('./src/main.ts')
    console.log(JSON.stringify(loaded))`)
  expect(loaded).toEqual({})
})

it('the plain lines and the summary load no package', () => {
  const loaded = inNode(`
    await import('./src/cli/commands/index.ts')
    await import('./src/faces/plain-lines.ts')
    await import('./src/faces/summary.ts')
    console.log(JSON.stringify(loaded))`)
  expect(loaded).toEqual({})
})

it('Ink without the modules that it does not use, and with the one that it does', () => {
  const [lean, whole, frame] = inNode(`
    import { Writable } from 'node:stream'
    const { loadInkLean } = await import('./src/cli/lean-ink.ts')
    const { render, Text } = await loadInkLean(() => import('ink'))
    const { createElement } = await import('react')
    const frames = []
    const stdout = new Writable({ write(chunk, _encoding, done) { frames.push(String(chunk)); done() } })
    stdout.columns = 40
    const { unmount, waitUntilExit } = render(createElement(Text, null, 'A frame.'), { stdout })
    const own = loaded['es-toolkit']
    setTimeout(unmount, 50)
    await waitUntilExit()
    const { debounce } = await import('es-toolkit/compat')
    console.log(JSON.stringify([own, loaded['es-toolkit'], frames.join('').includes('A frame.') && typeof debounce === 'function']))`) as [
    number,
    number,
    boolean,
  ]
  expect(lean).toBeLessThan(20)
  // Others get all of it.
  expect(whole).toBeGreaterThan(200)
  expect(frame).toBe(true)
})

/** The packages, and the bytes of our own code, that a module in `dist/` loads with itself. */
function loadedWith(file: string) {
  const packages = new Set<string>()
  const files = new Map<string, number>()
  const load = (path: string): void => {
    if (files.has(path)) return
    const code = readFileSync(path, 'utf8')
    files.set(path, code.length)
    for (const [, name] of code.matchAll(/^(?:import|export)\b[^'"]*?["']([^"']+)["'];$/gm)) {
      if (name!.startsWith('.')) load(join(dirname(path), name!))
      else if (!name!.startsWith('node:')) packages.add(name!)
    }
  }
  load(file)
  return { packages: [...packages], bytes: [...files.values()].reduce((all, bytes) => all + bytes, 0) }
}

/** The built module that a dynamic import of a source file loads. */
function builtOf(name: string): string {
  const found = globSync(`dist/parts/${name}-????????.js`, { cwd: root })
  expect(found).toHaveLength(1)
  return join(root, found[0]!)
}

it.each(['plan', 'verify', 'rollback', 'inspection', 'export', 'live', 'plain'])(
  'the built %s-lines load no package',
  (what) => {
    expect(loadedWith(builtOf(`${what}-lines`)).packages).toEqual([])
  },
)

it.each(['follow-status', 'rollback-target', 'list-target', 'inspect-databases'])(
  'the built %s loads little of what a run loads',
  (call) => {
    const run = loadedWith(builtOf('run-on-target')).bytes
    expect(loadedWith(builtOf(call)).bytes).toBeLessThan(run / 2)
  },
)
