/** A folder that takes no other, such as /proc: an error, and no try without end. */
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeFolders } from '../../../src/engine/own-files/make-folders.ts'
import { temporaryFolder } from '../../support/folders.ts'

const folder = temporaryFolder()

it('makes what is missing, and leaves what is there', () => {
  mkdirSync(join(folder, 'there'), { mode: 0o750 })
  symlinkSync('there', join(folder, 'link'))
  makeFolders(join(folder, 'link', 'a', 'b'), 0o700)
  makeFolders(join(folder, 'there', 'a', 'b'), 0o755)
  expect(statSync(join(folder, 'there')).mode & 0o777).toBe(0o750)
  for (const made of ['a', 'a/b']) expect(statSync(join(folder, 'there', made)).mode & 0o777).toBe(0o700)
})

it('ends below a file, below nothing, and in /proc', () => {
  writeFileSync(join(folder, 'file'), '')
  symlinkSync('nothing', join(folder, 'dangling'))
  expect(() => makeFolders(join(folder, 'file', 'a'), 0o700)).toThrow(/EEXIST|ENOTDIR/)
  expect(() => makeFolders(join(folder, 'dangling', 'a'), 0o700)).toThrow(/EEXIST/)
  if (process.platform === 'linux') expect(() => makeFolders('/proc/a/b', 0o700)).toThrow(/ENOENT/)
})
