/** Rows that do not fit, followed until the cut-over: its proof counts what quarantine and archive hold of them. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import { cutOver } from '../../src/engine/run/cut-over/cut-over.ts'
import { anyServer } from '../support/databases.ts'
import { keptEntries, whileFollowing } from '../support/follow-scene.ts'

const sql = `
  create table keyed(id integer primary key, n integer, name text check (length(name) < 10));
  create table plain(what text, n integer);
  create table flags(id integer primary key, flag boolean unique);
  insert into flags values (1, 0);
  insert into keyed(n, name) values (1, 'a'), (2, 'b');
  insert into plain values ('a', 1), ('b', 2), ('c', 3);
`

it('quarantine follows its rows, also those without a key, and the proof knows them', {
  timeout: 60_000,
}, async () => {
  await whileFollowing(anyServer().url, [{ name: 'app.db', sql, journalMode: 'wal' }], async (scene) => {
    const db = scene.open('app.db')
    db.pragma('ignore_check_constraints = on')
    // Refused by their values, and by the server.
    db.exec(`insert into keyed(id, n, name) values (7, 'seven', 'x'), (8, 8, 'much too long a name')`)
    db.exec(`insert into plain values ('gone', 9), ('twice', 'no'), ('twice', 'no'), ('once', 'none')`)
    // Two values there, and one in the target.
    db.exec(`insert into flags values (2, 1), (3, 'true')`)
    await scene.catchUp()
    expect(await keptEntries(scene.database)).toHaveLength(6)
    db.exec('delete from flags where id = 2')
    await scene.catchUp()
    const { rows } = await scene.follower.connection.query('select id, flag from public.flags order by id')
    expect(rows).toEqual([
      { id: '1', flag: false },
      { id: '3', flag: true },
    ])
    // Other rowids from here on.
    db.exec(
      `delete from plain where what in ('a', 'gone'); vacuum; insert into plain values ('new', 'never')`,
    )
    await scene.catchUp()
    db.exec(`delete from plain where rowid = (select min(rowid) from plain where what = 'twice')`)
    db.exec(`delete from plain where what = 'once'; update keyed set n = 7 where id = 7`)
    await scene.catchUp()
    expect(await keptEntries(scene.database)).toEqual([
      expect.stringContaining('much too long a name'),
      expect.stringContaining('twice'),
      expect.stringContaining('never'),
    ])
    db.close()
    await scene.follower.close()
    const answer = await cutOver(
      {
        target: {
          ...{ target: scene.database.url, role: null, env: {}, port: null },
          workFolder: join(scene.sources, 'work'),
        },
        ...{ run: null, onCutover: null, beforeCutover: null, onAbort: null, exclude: [] },
        ...{ withinMs: 10_000, fenceMs: 20_000, holdMs: 1_000 },
        ...{ acceptsQuarantine: true, keepsFallback: false, isDry: false },
      },
      { control: new RunControl(), emit: () => {} },
    )
    expect(answer).toMatchObject({ proof: 'proven', differing: [], quarantined: 3 })
  })
})

it('originals of a row without a key go with that row, not with another that keeps the same', {
  timeout: 60_000,
}, async () => {
  const rows = `create table plain(what text, n real); insert into plain values ('a', 1), ('b', 2), ('c', 3), ('d', 4)`
  const source = { name: 'app.db', sql: rows, journalMode: 'wal' } as const
  await whileFollowing(
    anyServer().url,
    [source],
    async (scene) => {
      const db = scene.open('app.db')
      db.exec(`delete from plain where what in ('b', 'd')`)
      db.close()
      await scene.catchUp()
      expect(await keptEntries(scene.database)).toHaveLength(2)
      const { rows: kept } = await scene.follower.connection.query(
        `select key -> 0 ->> 'integer' as rowid from gpt_migrate.archive order by 1`,
      )
      expect(kept).toEqual([{ rowid: '1' }, { rowid: '3' }])
    },
    { exact: true },
  )
})
