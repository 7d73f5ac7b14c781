import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  createRunFolder,
  listRuns,
  pruneRuns,
  writePrivateFile,
} from '../../../../src/engine/source/files/work-folder.ts'
import { makeFolder } from '../files.ts'

const noon = new Date(2026, 10, 22, 12)
const mode = (path: string) => statSync(path).mode & 0o777

test('run names count up within a day, folders and files are private', () => {
  const parent = makeFolder()
  const runs = Array.from({ length: 11 }, () => createRunFolder(join(parent, '.gpt-migrate'), { now: noon }))
  expect(runs[0]).toEqual({ run: '2026-11-22-1', folder: join(parent, '.gpt-migrate', '2026-11-22-1') })
  expect(listRuns(join(parent, '.gpt-migrate')).map((it) => it.run)).toEqual(
    runs.map((it) => it.run).reverse(),
  )
  writePrivateFile(join(runs[0]!.folder, 'report.json'), '{}')
  writePrivateFile(join(runs[0]!.folder, 'report.json'), '{"a":1}')
  expect(readFileSync(join(runs[0]!.folder, 'report.json'), 'utf8')).toBe('{"a":1}')
  if (process.platform !== 'win32') {
    expect(mode(join(parent, '.gpt-migrate'))).toBe(0o700)
    expect(mode(runs[0]!.folder)).toBe(0o700)
    expect(mode(join(runs[0]!.folder, 'report.json'))).toBe(0o600)
  }
})

test('a name that the target knows from another work folder is not taken again', () => {
  const taken = new Set(['2026-11-22-1', '2026-11-22-3'])
  const parent = join(makeFolder(), '.gpt-migrate')
  const runs = [1, 2].map(() => createRunFolder(parent, { now: noon, taken }).run)
  expect(runs).toEqual(['2026-11-22-2', '2026-11-22-4'])
})

test('symlink: in place of the work folder, of a run, of a file: never followed', () => {
  const parent = makeFolder()
  const elsewhere = makeFolder()
  writeFileSync(join(elsewhere, 'precious'), 'x')
  symlinkSync(elsewhere, join(parent, '.gpt-migrate'))
  expect(() => createRunFolder(join(parent, '.gpt-migrate'), { now: noon })).toThrow(
    expect.objectContaining({ code: 'work-folder-unusable' }),
  )
  expect(listRuns(join(parent, '.gpt-migrate'))).toEqual([])
  const other = makeFolder()
  const { folder } = createRunFolder(join(other, '.gpt-migrate'), { now: noon })
  symlinkSync(elsewhere, join(other, '.gpt-migrate', '2020-01-01-1'))
  symlinkSync(elsewhere, join(folder, 'snapshots'))
  symlinkSync(join(elsewhere, 'precious'), join(folder, 'report.json'))
  expect(() => writePrivateFile(join(folder, 'report.json'), 'y')).toThrow(
    expect.objectContaining({ code: 'work-folder-unusable' }),
  )
  expect(pruneRuns(join(other, '.gpt-migrate'), 1, new Date(Date.now() + 9e8))).toEqual(['2026-11-22-1'])
  expect(readFileSync(join(elsewhere, 'precious'), 'utf8')).toBe('x')
})

test('prune: only runs unchanged for longer than the days to keep, never what is not a run', () => {
  const parent = makeFolder()
  const runs = [1, 2].map(() => createRunFolder(join(parent, '.gpt-migrate'), { now: noon }))
  mkdirSync(join(parent, '.gpt-migrate', 'notes'))
  const old = new Date(Date.now() - 15 * 86_400_000)
  for (const { folder } of runs.slice(0, 1)) utimesSync(folder, old, old)
  utimesSync(join(parent, '.gpt-migrate', 'notes'), old, old)
  expect(pruneRuns(join(parent, '.gpt-migrate'), 16)).toEqual([])
  expect(pruneRuns(join(parent, '.gpt-migrate'), 14)).toEqual([runs[0]!.run])
  expect(readdirSync(join(parent, '.gpt-migrate'))).toEqual([runs[1]!.run, 'notes'])
  expect(existsSync(runs[0]!.folder)).toBe(false)
})
