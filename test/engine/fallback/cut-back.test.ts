import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { cutBack, keepSide } from '../../../src/engine/run/cut-over/cut-back.ts'
import { openWritable } from '../../../src/engine/source/base/sqlite.ts'
import { type Connection, connect } from '../../../src/engine/target/connection/connection.ts'
import { type FreshDatabase, forEachServerNightly, freshDatabase } from '../../support/databases.ts'
import { bringBackOnce, quietly } from '../../support/fallback.ts'
import { temporaryFolder } from '../../support/folders.ts'
import { migrateExactly } from '../export/exported.ts'

type Move = {
  readonly database: FreshDatabase
  readonly folder: string
  readonly back: string
  /** The application's. */
  readonly connection: Connection
}

forEachServerNightly((server) => {
  async function moved(work: (move: Move) => Promise<void>): Promise<void> {
    const folder = temporaryFolder()
    const sources = join(folder, 'sources')
    mkdirSync(sources)
    const db = openWritable(join(sources, 'app.db'))
    db.pragma('journal_mode = wal')
    db.exec(
      `create table items (id integer primary key, name text); insert into items values (1, 'one'), (2, 'two')`,
    )
    db.close()
    const database = await freshDatabase(server.url)
    const connection = await connect(database.address)
    try {
      await migrateExactly(sources, database, folder)
      const back = join(folder, 'back')
      await bringBackOnce(database, back)
      await work({ database, folder, back, connection })
    } finally {
      await connection.end()
      await database.drop()
    }
  }

  const goBack = ({ database, back }: Move, command: string | null, withinMs = 5_000) =>
    cutBack(
      {
        target: { target: database.url, env: {}, workFolder: back, port: null },
        run: null,
        folder: back,
        command,
        withinMs,
        acceptAside: false,
      },
      quietly(),
    )
  const keep = ({ database, back }: Move, side: 'sqlite' | 'postgres') =>
    keepSide({
      target: { target: database.url, env: {}, workFolder: back, port: null },
      run: null,
      keep: side,
    })
  const namesIn = (file: string): unknown[] => {
    using db = openWritable(file)
    return db.prepare('select name from items order by id').pluck().all()
  }

  it('the command finds every write that PostgreSQL acknowledged, and later ones are refused', async () => {
    await moved(async (move) => {
      const { connection, back, folder } = move
      await connection.execute(
        `insert into public.items values (3, 'three'); update public.items set name = 'TWO' where id = 2`,
      )
      const seen = join(folder, 'seen')
      const answer = await goBack(move, `cp "$GPT_MIGRATE_FOLDER/app.db" ${seen}`)
      expect(answer).toMatchObject({ state: 'fallen back', exitCode: 0, asideCount: 0, lateWrites: 0 })
      expect(namesIn(seen)).toEqual(['one', 'TWO', 'three'])
      // As the application had it.
      expect(readFileSync(join(back, 'app.db'))[18]).toBe(2)
      for (const write of [
        `insert into public.items values (4, 'late')`,
        `delete from public.items`,
        'truncate public.items',
      ])
        await expect(connection.execute(write)).rejects.toMatchObject({ sqlstate: '25006' })
      await expect(bringBackOnce(move.database, back)).rejects.toMatchObject({ code: 'moved-back' })
    })
  })

  it('a writer that waits for the fence gets an error, not a late success', async () => {
    await moved(async (move) => {
      await using other = await connect(move.database.address)
      await other.execute('begin')
      await other.execute(`insert into public.items values (5, 'in time')`)
      const going = goBack(move, null, 30_000)
      // Committed while the fence waits for it: it comes along.
      await waitUntil(
        move.connection,
        `select count(*) > 0 from pg_locks where mode = 'ExclusiveLock' and not granted and relation = 'public.items'::regclass`,
      )
      const waiting = connect(move.database.address).then(async (late) => {
        try {
          await late.execute(`insert into public.items values (6, 'too late')`)
          return 'written'
        } catch (error) {
          return (error as { sqlstate?: string }).sqlstate
        } finally {
          await late.end()
        }
      })
      await other.execute('commit')
      await going
      const outcome = await waiting
      const names = namesIn(join(move.back, 'app.db'))
      expect(names).toContain('in time')
      // Either it was before the fence, and came along, or it was refused.
      expect(outcome === '25006' || names.includes('too late')).toBe(true)
    })
  })

  it('a transaction that stays open is named, and nothing has changed', async () => {
    await moved(async (move) => {
      await using other = await connect(move.database.address)
      await other.execute('begin')
      await other.execute(`update public.items set name = 'held' where id = 1`)
      await expect(goBack(move, null, 300)).rejects.toMatchObject({ code: 'tables-busy' })
      await other.execute('commit')
      await move.connection.execute(`insert into public.items values (7, 'continues')`)
      await bringBackOnce(move.database, move.back)
      expect(namesIn(join(move.back, 'app.db'))).toEqual(['held', 'two', 'continues'])
    })
  })

  it('a command that fails leaves the choice to a person: PostgreSQL again, unless the files were written', async () => {
    await moved(async (move) => {
      const answer = await goBack(move, 'exit 3')
      expect(answer).toMatchObject({ state: 'switching', exitCode: 3 })
      await expect(move.connection.execute(`delete from public.items`)).rejects.toMatchObject({
        sqlstate: '25006',
      })
      // Looking at the files, and another journal mode, are no writes.
      const reader = openWritable(join(move.back, 'app.db'))
      reader.pragma('journal_mode = delete')
      reader.close()
      expect(await keep(move, 'postgres')).toMatchObject({ state: 'current' })
      await move.connection.execute(`insert into public.items values (8, 'again')`)
      await bringBackOnce(move.database, move.back)
      expect(namesIn(join(move.back, 'app.db'))).toEqual(['one', 'two', 'again'])

      // What an earlier switch left says nothing of this one, nor do the files of one whose process died before its command.
      await goBack(move, 'exit 3')
      expect(await keep(move, 'postgres')).toMatchObject({ state: 'current' })
      await goBack(move, 'exit 3')
      const db = openWritable(join(move.back, 'app.db'))
      db.exec(`insert into items values (9, 'in SQLite')`)
      db.close()
      await expect(keep(move, 'postgres')).rejects.toMatchObject({ code: 'files-written' })
      expect(await keep(move, 'sqlite')).toMatchObject({ state: 'fallen back' })
      await expect(move.connection.execute(`delete from public.items`)).rejects.toMatchObject({
        sqlstate: '25006',
      })
    })
  })
})

async function waitUntil(connection: Connection, condition: string): Promise<void> {
  for (;;) {
    const { rows } = await connection.query<{ '?column?': boolean }>(condition)
    if (Object.values(rows[0]!)[0] === true) return
  }
}
