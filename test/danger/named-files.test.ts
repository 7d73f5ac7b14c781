/** Files that a person names: an ordinary one is read as far as its bound, and a write reaches no other file. */
import { execFileSync } from 'node:child_process'
import {
  chownSync,
  existsSync,
  lchownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { beforeEach, describe, expect, it } from 'vitest'
import { NamedFileError, readNamedFile, writeNamedFile } from '../../src/engine/own-files/named-file.ts'
import { anyServer, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runProgram } from '../support/program.ts'

/** Nobody that this machine knows. */
const mallory = 54_321
const isRoot = process.getuid?.() === 0

let place: string
let precious: string
beforeEach(() => {
  place = temporaryFolder()
  precious = join(place, 'precious')
  mkdirSync(precious)
  writeFileSync(join(precious, 'report.md'), 'secret')
})

describe.runIf(process.platform !== 'win32')('reading', () => {
  it('an ordinary file as far as its bound, and neither a pipe, a device nor a folder', () => {
    expect(readNamedFile(join(precious, 'report.md'), 6).toString()).toBe('secret')
    expect(() => readNamedFile(join(precious, 'report.md'), 5)).toThrow(/6 bytes, and at most 5/)
    execFileSync('mkfifo', [join(place, 'pipe')])
    for (const [file, why] of [
      [join(place, 'pipe'), /no ordinary file/],
      ['/dev/zero', /no ordinary file/],
      [precious, /a folder/],
    ] as const) {
      expect(() => readNamedFile(file, 1 << 20)).toThrow(NamedFileError)
      expect(() => readNamedFile(file, 1 << 20)).toThrow(why)
    }
  })
})

describe('writing', () => {
  it('a new file, one that is there, and through a link of our own', () => {
    const file = join(place, 'a.md')
    writeNamedFile(file, 'a long text')
    writeNamedFile(file, 'short')
    expect(readFileSync(file, 'utf8')).toBe('short')
    expect(() => writeNamedFile(file, 'x', { isNew: true })).toThrow(/EEXIST/)
    writeNamedFile(join(place, 'own.md'), 'x', { isPrivate: true })
    if (process.platform !== 'win32') expect(statSync(join(place, 'own.md')).mode & 0o777).toBe(0o600)
    symlinkSync(join(place, 'b.md'), join(place, 'link.md'))
    writeNamedFile(join(place, 'link.md'), 'by the link')
    expect(readFileSync(join(place, 'b.md'), 'utf8')).toBe('by the link')
  })

  it.runIf(isRoot)("no link of another user's, and no second name in that user's folder", () => {
    const home = join(place, 'home')
    mkdirSync(home)
    symlinkSync(precious, join(home, 'way'))
    symlinkSync(join(precious, 'report.md'), join(home, 'link.md'))
    symlinkSync(join(precious, 'absent.md'), join(home, 'absent.md'))
    linkSync(join(precious, 'report.md'), join(home, 'second.md'))
    for (const name of ['way', 'link.md', 'absent.md']) lchownSync(join(home, name), mallory, mallory)
    chownSync(home, mallory, mallory)
    for (const name of ['way/report.md', 'link.md', 'absent.md'])
      expect(() => writeNamedFile(join(home, name), 'x')).toThrow(/a link of another user/)
    expect(() => writeNamedFile(join(home, 'second.md'), 'x')).toThrow(/second name/)
    expect(readFileSync(join(precious, 'report.md'), 'utf8')).toBe('secret')
    expect(existsSync(join(precious, 'absent.md'))).toBe(false)
  })

  it.runIf(isRoot)('while a folder on the way is exchanged for a link all the time', async () => {
    const home = join(place, 'home')
    mkdirSync(join(home, 'way'), { recursive: true })
    for (const folder of [home, join(home, 'way')]) chownSync(folder, mallory, mallory)
    const swapper = new Worker(
      `const { renameSync, symlinkSync, lchownSync } = require('node:fs')
       const { parentPort, workerData: { home, precious } } = require('node:worker_threads')
       symlinkSync(precious, home + '/link')
       lchownSync(home + '/link', ${mallory}, ${mallory})
       parentPort.postMessage('ready')
       for (;;) {
         renameSync(home + '/way', home + '/aside'); renameSync(home + '/link', home + '/way')
         renameSync(home + '/way', home + '/link'); renameSync(home + '/aside', home + '/way')
       }`,
      { eval: true, workerData: { home, precious } },
    )
    await new Promise((resolve) => swapper.once('message', resolve))
    const outcomes = new Set<string>()
    for (let tries = 0; tries < 300; tries++) {
      try {
        writeNamedFile(join(home, 'way', `report.${tries % 2 === 0 ? 'md' : 'json'}`), 'x')
        outcomes.add('written')
      } catch {
        outcomes.add('refused')
      }
    }
    await swapper.terminate()
    expect(outcomes).toContain('refused')
    expect(readdirSync(precious)).toEqual(['report.md'])
    expect(readFileSync(join(precious, 'report.md'), 'utf8')).toBe('secret')
    expect(statSync(precious).uid).toBe(0)
  })
})

it.runIf(process.platform !== 'win32')(
  "a mask that lets others write: what we make is nobody else's to write, and can be used again",
  { timeout: 60_000 },
  async () => {
    const target = await freshDatabase(anyServer().url)
    const demo = ['demo', '--plain', '--yes', '--rows', '1000', '--folder', join(place, 'demo')]
    const args = [...demo, '--target', target.url]
    const made = await runProgram(args, { cwd: place, limit: 'umask 000' })
    await target.drop()
    expect(made).toMatchObject({ exitCode: 0, errors: '' })
    const open = readdirSync(place, { recursive: true, withFileTypes: true })
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => (statSync(path).mode & 0o022) !== 0)
    expect(open).toEqual([])
  },
)
