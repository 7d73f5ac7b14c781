import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openReadOnly, openWritable } from '../../../src/engine/source/base/sqlite.ts'
import { connect } from '../../../src/engine/target/connection/connection.ts'
import { anyServer, freshDatabase } from '../../support/databases.ts'
import { temporaryFolder } from '../../support/folders.ts'
import { exportFrom, migrateExactly } from './exported.ts'

it('a table that is rewritten while the export waits for it is not exported as an empty one, and one of other types not at all', async () => {
  const folder = temporaryFolder()
  const sources = join(folder, 'sources')
  mkdirSync(sources)
  const source = openWritable(join(sources, 'app.db'))
  source.exec(`create table items (id integer primary key); insert into items values (1), (2)`)
  source.close()
  const database = await freshDatabase(anyServer().url)
  const connection = await connect(database.address)
  try {
    await migrateExactly(sources, database, folder)
    await connection.execute(
      'begin; alter table public.items add column made uuid not null default gen_random_uuid()',
    )
    const exporting = exportFrom(database, join(folder, 'back'))
    await expect
      .poll(
        async () =>
          (
            await connection.query(
              `select from pg_locks where not granted and relation = 'public.items'::regclass`,
            )
          ).count,
        { timeout: 30_000 },
      )
      .toBe(1)
    await connection.execute('commit')
    await exporting
    using db = openReadOnly(join(folder, 'back', 'app.db'), { immutable: true })
    expect(db.prepare('select id from items order by id').pluck().all()).toEqual([1, 2])
    // The bytes of another type would be read as a number, too.
    await connection.execute(
      'alter table public.items alter column id drop identity; alter table public.items alter column id type double precision',
    )
    await expect(exportFrom(database, join(folder, 'again'))).rejects.toMatchObject({
      code: 'target-changed',
      message: expect.stringMatching(/"id" of "public"\."items" is double precision, and was bigint/),
    })
  } finally {
    await connection.end()
    await database.drop()
  }
})
