/**
 * The launcher on copies of itself in folders of their own, with a small program in place of dist/main.js, so that signals and
 * exit codes can be seen exactly. An old Node is used where the machine has one; the rest runs on every machine.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const launcher = fileURLToPath(new URL('../bin/gpt-migrate.js', import.meta.url))
const folders: string[] = []

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const program = `
const [word, value] = process.argv.slice(2)
if (word === 'exit') process.exit(Number(value))
if (word === 'die') process.kill(process.pid, value)
if (word === 'wait') {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {
    console.log('heard ' + signal)
    process.exit(42)
  })
  setInterval(() => {}, 1000)
  console.log('waiting ' + process.pid)
}
if (word === undefined) console.log(JSON.stringify({
  node: process.versions.node, mode: process.env.NODE_ENV, uri: process.env.SQLITE_USE_URI, color: process.env.FORCE_COLOR ?? null,
}))
`

/** A checkout with the launcher and a program, and a Node of its own if one is given. */
function makeCheckout(ownNode: string | null, built = true): string {
  const folder = mkdtempSync(join(tmpdir(), 'gpt-migrate-launcher-'))
  folders.push(folder)
  mkdirSync(join(folder, 'bin'))
  copyFileSync(launcher, join(folder, 'bin', 'gpt-migrate.js'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  if (built) {
    mkdirSync(join(folder, 'dist'))
    writeFileSync(join(folder, 'dist', 'main.js'), program)
  }
  if (ownNode !== null) {
    mkdirSync(join(folder, 'node_modules', 'node', 'bin'), { recursive: true })
    symlinkSync(ownNode, join(folder, 'node_modules', 'node', 'bin', 'node'))
  }
  return join(folder, 'bin', 'gpt-migrate.js')
}

/** A Node of this machine that is too old for the program; null where there is none. */
function findOldNode(): string | null {
  const places = (process.env.PATH ?? '').split(delimiter).concat('/usr/bin', '/usr/local/bin')
  for (const place of places) {
    const node = join(place, 'node')
    if (!existsSync(node)) continue
    const version = execFileSync(node, ['--version'], { encoding: 'utf8' })
    if (Number(/^v(\d+)/.exec(version)?.[1]) < 22) return node
  }
  return null
}

/** A Node that says it is too old: the real one, with its version lowered before anything runs. */
function pretendOldNode(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gpt-migrate-old-node-'))
  folders.push(folder)
  writeFileSync(
    join(folder, 'old.cjs'),
    `if (process.env.GPT_MIGRATE_REEXECUTED === undefined)
      Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })`,
  )
  const node = join(folder, 'node')
  writeFileSync(node, `#!/bin/sh\nexec '${process.execPath}' --require '${join(folder, 'old.cjs')}' "$@"\n`)
  chmodSync(node, 0o755)
  return node
}

const {
  GPT_MIGRATE_REEXECUTED: _,
  NODE_ENV: _mode,
  FORCE_COLOR: _color,
  NO_COLOR: _noColor,
  ...environment
} = process.env
const run = (node: string, args: readonly string[], env: Record<string, string> = {}) =>
  spawnSync(node, args, { encoding: 'utf8', env: { ...environment, ...env } })

describe('with a Node that is new enough', () => {
  it('hands over, with what React and SQLite need in the environment', () => {
    const { status, stdout } = run(process.execPath, [makeCheckout(null)])
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ mode: 'production', uri: '1', color: null })
  })

  it('NO_COLOR turns colours off, and leaves a NODE_ENV that is there', () => {
    const { stdout } = run(process.execPath, [makeCheckout(null)], { NO_COLOR: '1', NODE_ENV: 'test' })
    expect(JSON.parse(stdout)).toMatchObject({ mode: 'test', color: '0' })
  })

  it('a checkout that is not built: a sentence and exit code 2', () => {
    const { status, stderr } = run(process.execPath, [makeCheckout(null, false)])
    expect(status).toBe(2)
    expect(stderr).toContain('npm run build')
    expect(stderr).not.toContain('    at ')
  })
})

const oldNodes: [string, string][] = [['one that says it is old', pretendOldNode()]]
const found = findOldNode()
if (found !== null) oldNodes.push(['this machine’s own', found])

describe.skipIf(process.platform === 'win32').each(oldNodes)('with an old Node: %s', (_kind, old) => {
  it('without another one: a sentence and exit code 2, nothing run', () => {
    const { status, stdout, stderr } = run(old, [makeCheckout(null)])
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(
      /^gpt-migrate needs Node 22 or newer, and this is Node \d+\.\d+\.\d+\.\n.*nodejs\.org.*\n$/,
    )
  })

  it("starts itself again with the checkout's own", () => {
    const { status, stdout } = run(old, [makeCheckout(process.execPath)])
    expect(status).toBe(0)
    expect(JSON.parse(stdout).node).toBe(process.versions.node)
  })

  it('passes exit codes on', () => {
    const checkout = makeCheckout(process.execPath)
    for (const code of [0, 7, 143]) expect(run(old, [checkout, 'exit', String(code)]).status).toBe(code)
  })

  it('ends by the signal that the program ended by', () => {
    const { status, signal } = run(old, [makeCheckout(process.execPath), 'die', 'SIGKILL'])
    expect({ status, signal }).toEqual({ status: null, signal: 'SIGKILL' })
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s reaches the program, and its exit code comes back',
    async (signal) => {
      const child = spawn(old, [makeCheckout(process.execPath), 'wait'], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: environment,
      })
      let output = ''
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
      child.stdout.on('data', (chunk) => {
        if (output === '') child.kill(signal)
        output += chunk
      })
      expect(await ended).toBe(42)
      expect(output).toContain(`heard ${signal}`)
    },
  )
})
