import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { RunControl } from '../../../../src/engine/events/control.ts'
import { examineSources } from '../../../../src/engine/run/prepare/examine-sources.ts'
import { makeDatabase, makeFolder } from '../../source/files.ts'

const context = { emit: () => {}, control: new RunControl() }

/** Bytes with which the database is looked into by several threads. */
const LARGE = 70_000_000

test('corrupt-page in a large file: reported rather than what came of reading it, and nothing is left', async () => {
  const source = makeFolder()
  const path = makeDatabase(
    join(source, 'a.db'),
    `create table broken(a); create table whole(a); insert into whole values (zeroblob(${LARGE})), ('x')`,
  )
  const whole = { databases: [{ database: 'a.db', path }], folder: makeFolder(), salvage: false }
  const { snapshots, censuses } = await examineSources(whole, context)
  expect(snapshots).toMatchObject([{ database: 'a.db', damage: [] }])
  expect(censuses[0]!.tables.map(({ table, rows }) => [table, rows])).toEqual([
    ['broken', 0],
    ['whole', 2],
  ])

  const bytes = readFileSync(path)
  bytes.fill(0xee, 4096, 8192)
  writeFileSync(path, bytes)
  const damaged = { ...whole, folder: makeFolder() }
  await expect(examineSources(damaged, context)).rejects.toMatchObject({
    code: 'snapshot-damaged',
    message: expect.stringContaining('table broken'),
  })
  expect(readdirSync(join(damaged.folder, 'snapshots'))).toEqual([])
})
