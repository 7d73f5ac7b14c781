/** Every trap of PostgreSQL, SQLite and TypeScript that we know: moved with nothing lost, as an outside checker sees it, or refused. */
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { brokenTexts, declaredTypes, hostileNames, hostileTexts } from '../support/any-database.ts'
import { isNight } from '../support/breadth.ts'
import { anyServer, forEachServerNightly, freshDatabase } from '../support/databases.ts'
import { folderState, temporaryFolder } from '../support/folders.ts'
import { isUntouched, judge } from '../support/outside-checker.ts'
import { runForTest, type TestRun } from '../support/run.ts'

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

function makeFolder(path: string): string {
  mkdirSync(path)
  return path
}

function write(file: string, fill: (db: Database.Database) => void): string {
  const db = new Database(file)
  try {
    db.pragma('synchronous = off')
    fill(db)
  } finally {
    db.close()
  }
  return file
}

/** Moves the file with the automatic mapping and has it judged; returns the target for a closer look. */
async function move(
  serverUrl: string,
  fill: (db: Database.Database) => void,
  look: (
    client: pg.Client,
    report: NonNullable<Awaited<ReturnType<typeof runForTest>>['report']>,
  ) => Promise<void> = async () => {},
  more: Partial<TestRun> = {},
): Promise<{ quarantined: number; codes: string[] }> {
  const folder = temporaryFolder()
  const file = write(join(folder, 'hostile.db'), fill)
  const target = await freshDatabase(serverUrl)
  const client = new pg.Client({ connectionString: target.url })
  try {
    await client.connect()
    const { report, plan } = await runForTest({
      sources: [file],
      url: target.url,
      workFolder: join(folder, 'work'),
      ...more,
      request: { jobs: 1, mapping: 'auto', verifyLevel: 'full', ...more.request },
    })
    expect(report?.error).toBeUndefined()
    expect(report?.verify.differences).toEqual([])
    expect(report?.verify.checks.filter((check) => !check.ok)).toEqual([])
    expect(['ok', 'quarantined']).toContain(report?.status)
    const { complaints, quarantined } = await judge(file, 'hostile.db', target.url, plan)
    expect(complaints).toEqual([])
    expect(quarantined).toBe(report?.quarantine.rows)
    await look(client, report!)
    return { quarantined, codes: plan.findings.map(({ code }) => code) }
  } finally {
    await client.end()
    await target.drop()
  }
}

async function refused(
  serverUrl: string,
  sources: readonly string[],
  wanted: object,
  more: Partial<TestRun> = {},
): Promise<void> {
  const target = await freshDatabase(serverUrl)
  try {
    const work = temporaryFolder()
    await expect(runForTest({ sources, url: target.url, workFolder: work, ...more })).rejects.toMatchObject(
      wanted,
    )
    expect(await isUntouched(target.url)).toBe(true)
  } finally {
    await target.drop()
  }
}

forEachServerNightly(({ url }) => {
  it.each([
    ['beside BLOBs', 0, [Buffer.from([0, 255])]],
    ['beside numbers', 1, [2n ** 63n - 1n, -(2n ** 63n), 0n, null, -0, 1e308, 5e-324, Infinity, -Infinity]],
    ['alone', 2, []],
  ])(
    'hostile texts in columns of every declared type, %s',
    { timeout: 120_000 },
    async (beside, turn, others) => {
      const { quarantined } = await move(url, (db) => {
        db.exec('begin')
        for (const [number, type] of declaredTypes.entries()) {
          // By day each type in one of the three.
          if (!isNight && number % 3 !== turn) continue
          db.exec(`create table t${number} (n integer, v ${type})`)
          const insert = db.prepare(`insert into t${number} values (?, ?)`)
          for (const [index, text] of hostileTexts.entries()) insert.run(index, text)
          for (const hex of brokenTexts)
            db.exec(`insert into t${number} values (-1, cast(x'${hex}' as text))`)
          for (const value of others) insert.run(-2, value)
        }
        db.exec('commit')
      })
      expect(quarantined > 0).toBe(beside !== 'beside BLOBs')
    },
  )

  it('each kind of value alone in columns of every declared type', { timeout: 120_000 }, async () => {
    const sets: readonly (readonly (string | number | bigint | null | Buffer)[])[] = [
      [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, 0n],
      [-0, 0.1, 65432.123456789, 1e308, 5e-324, -1.5],
      [Infinity, -Infinity, 1],
      ['2025-03-30 02:30:00', '2025-12-31 23:59:59.9999999', '2024-02-29'],
      ['24:00', '12:30', '23:59:60'],
      [
        '{"a":1,"a":2}',
        '{"n":12345678901234567890,"z":-0.0}',
        '{"s":"\\u0000"}',
        '{"s":"\\ud800"}',
        '{"n":1e400}',
      ],
      ['123456789012345678901234567890.123456789', '1e400', '0.1234567890123456789', '-0'],
      ['a   ', 'a', 'ab   '],
      ['{550e8400-e29b-41d4-a716-446655440000}', '550E8400-E29B-41D4-A716-446655440000'],
      [Buffer.from('c3a9', 'hex'), Buffer.from('ff00', 'hex')],
    ]
    await move(url, (db) => {
      db.exec('begin')
      for (const [number, type] of declaredTypes.entries()) {
        db.exec(`create table t${number} (${sets.map((_, at) => `c${at} ${type}`).join(', ')})`)
        for (let row = 0; row < 6; row++) {
          db.prepare(`insert into t${number} values (${sets.map(() => '?').join(', ')})`).run(
            ...sets.map((set) => set[row] ?? null),
          )
        }
      }
      db.exec('commit')
    })
  })

  it('hostile names of tables and columns', { timeout: 60_000 }, async () => {
    await move(url, (db) => {
      for (const name of hostileNames) {
        try {
          db.exec(`create table ${quote(name)} (id integer primary key, ${quote(`${name}!`)} text default 'x', ${quote(name)} text unique);
            insert into ${quote(name)} values (1, 'a', 'b'), (2, null, 'c')`)
          db.exec(`create index ${quote(`i ${name}`)} on ${quote(name)} (${quote(name)})`)
        } catch (error) {
          // SQLite knows the name in another case.
          if (!/already exists|duplicate column/.test(String(error))) throw error
        }
      }
      const unlike = hostileNames.filter(
        (name, at) => hostileNames.findIndex((other) => other.toLowerCase() === name.toLowerCase()) === at,
      )
      db.exec(`create table wide (${unlike.map((name) => `${quote(name)} text`).join(', ')})`)
      db.prepare(`insert into wide values (${unlike.map(() => '?').join(', ')})`).run(...unlike)
    })
  })

  it('structures: WITHOUT ROWID, composite and text keys, none, generated and added columns, rowids of all kinds', {
    timeout: 60_000,
  }, async () => {
    await move(
      url,
      (db) => {
        db.pragma('foreign_keys = off')
        db.exec(`
          create table without (a text, b blob, c real, primary key (b desc, a collate nocase)) without rowid;
          insert into without values ('A', x'00', 1.5), ('b', x'', -0.0), ('c', x'ff', null);
          create table textkey (k text primary key, v); insert into textkey values ('x', 1), (null, 2), (null, 3), ('', 4);
          create table nokey (a, b); insert into nokey values (1, 1), (1, 1), (null, null), (null, null), ('1', 1.0);
          create table made (a int, b int generated always as (a * 2) stored, c text generated always as (a || 'x') virtual);
          insert into made (a) values (1), (null), (9223372036854775807);
          create table grew (a int); insert into grew values (1), (2);
          alter table grew add column b text default 'old'; alter table grew add column c real not null default 1.5;
          insert into grew values (3, null, 2);
          create table rows (id integer primary key, v); insert into rows values (-9223372036854775808, 'min'), (9223372036854775807, 'max'), (-1, 0), (1e15, 1);
          create table sparse (v text); insert into sparse (rowid, v) values (-5, 'a'), (0, 'b'), (9007199254740993, 'c');
          create table hidden (rowid text, oid int, _rowid_ real); insert into hidden values ('r', 1, 2.5), ('r', 1, 2.5);
          create table counted (id integer primary key autoincrement, v); insert into counted values (7, 'a'); delete from counted;
          create table strict_one (a int, b text, c any) strict; insert into strict_one values (1, 'x', x'00'), (2, 'y', 2.5);
          create table empty (a int primary key, b text not null default 'x');
          create table selfish (id integer primary key, parent references selfish (id)); insert into selfish values (2, 1), (1, 2), (3, 99);
          create table nulls (a text); insert into nulls values ('x'), (null);`)
        db.unsafeMode(true)
        db.exec(`pragma writable_schema = on;
          update sqlite_schema set sql = 'create table nulls (a text not null)' where name = 'nulls'`)
      },
      async (client) => {
        await client.query("insert into counted (v) values ('next')")
        expect((await client.query('select id::int from counted')).rows).toEqual([{ id: 8 }])
      },
    )
  })

  it('virtual tables: FTS5 and R-Tree', { timeout: 60_000 }, async () => {
    const { codes } = await move(url, (db) => {
      db.exec(`create virtual table words using fts5(title, body); insert into words values ('a', 'first ' || char(10)), ('b', null);
        create virtual table boxes using rtree(id, x0, x1); insert into boxes values (1, 0.5, 1.25), (2, -3, 4);
        create table plain (a int); insert into plain values (1)`)
    })
    expect(codes).toContain('virtual-table-as-table')
  })

  it.each(['UTF-16le', 'UTF-16be'])('a %s database', { timeout: 60_000 }, async (encoding) => {
    await move(url, (db) => {
      db.pragma(`encoding = '${encoding}'`)
      db.exec('create table t (n int, v text)')
      const insert = db.prepare('insert into t values (?, ?)')
      for (const [index, text] of hostileTexts.entries()) insert.run(index, text)
    })
  })
})

describe('with one server', () => {
  const { url } = anyServer()

  it('a sequence that is no number', { timeout: 60_000 }, async () => {
    await move(url, (db) => {
      db.exec(`create table t (id integer primary key autoincrement, x); insert into t (x) values ('one');
        update sqlite_sequence set seq = 'many'`)
    })
  })

  it('1,601 columns are refused before anything is written', { timeout: 60_000 }, async () => {
    const columns = Array.from({ length: 1601 }, (_, at) => `c${at}`)
    const file = write(join(temporaryFolder(), 'wide.db'), (db) =>
      db.exec(`create table wide (${columns.join(', ')})`),
    )
    await refused(url, [file], { kind: 'plan', code: 'too-many-columns' }, { request: { mapping: 'auto' } })
  })

  it('1,600 columns are moved, and a row too large for a page is in quarantine', {
    timeout: 60_000,
  }, async () => {
    const columns = Array.from({ length: 1600 }, (_, at) => `c${at}`)
    const { quarantined } = await move(url, (db) => {
      db.pragma('page_size = 65536')
      db.exec(`create table wide (${columns.join(', ')})`)
      // 1,600 bigints are 12,800 bytes, and a page holds 8,160.
      db.prepare(`insert into wide values (${columns.map(() => '1').join(', ')})`).run()
      db.prepare('insert into wide (c0, c1599) values (1, 2)').run()
    })
    expect(quarantined).toBe(1)
  })

  it('an empty database, and one of no bytes at all', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder()
    write(join(folder, 'empty.db'), (db) => db.exec('create table t (a); drop table t'))
    writeFileSync(join(folder, 'nothing.db'), '')
    const target = await freshDatabase(url)
    try {
      const run = { sources: [folder], url: target.url, workFolder: join(folder, 'work') }
      const outcome = await runForTest({ ...run, request: { mapping: 'auto', jobs: 1 } }).then(
        ({ report }) => report?.status,
        (error: { kind: string }) => error.kind,
      )
      expect(['ok', 'source']).toContain(outcome)
    } finally {
      await target.drop()
    }
  })

  it('the WAL that no checkpoint has seen is moved, and stays where it is', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'hostile.db')
    const writer = new Database(file)
    writer.pragma('journal_mode = wal')
    writer.pragma('wal_autocheckpoint = 0')
    writer.exec("create table t (a); insert into t values (1), ('two')")
    // The -shm belongs to this very process, which writes its readers into it.
    const { 'hostile.db-shm': _before, ...before } = folderState(folder)
    const target = await freshDatabase(url)
    try {
      const { report, plan } = await runForTest({
        sources: [file],
        url: target.url,
        workFolder: temporaryFolder(),
      })
      expect(report?.status).toBe('ok')
      const { 'hostile.db-shm': _after, ...after } = folderState(folder)
      expect(after).toEqual(before)
      expect((await judge(file, 'hostile.db', target.url, plan)).rows).toBe(2)
    } finally {
      writer.close()
      await target.drop()
    }
  })

  describe('files that are no sound database', () => {
    const folder = temporaryFolder()
    const sound = write(join(folder, 'sound.db'), (db) => {
      db.exec('create table t (a integer primary key, b text)')
      const insert = db.prepare('insert into t values (?, ?)')
      for (let row = 0; row < 2000; row++) insert.run(row, 'x'.repeat(50))
    })
    const bytes = readFileSync(sound)
    const hurt = (name: string, damage: (copy: Buffer) => Buffer): string => {
      const file = join(folder, name)
      writeFileSync(file, damage(Buffer.from(bytes)))
      return file
    }
    const noise = Buffer.from(Array.from({ length: 8192 }, (_, at) => (at * 7919) % 251))

    it.each([
      ['truncated', () => hurt('cut.db', (copy) => copy.subarray(0, copy.length - 5000))],
      ['corrupt', () => hurt('bad.db', (copy) => copy.fill(0xa5, 8192, 16384))],
      ['encrypted', () => hurt('secret.db', () => noise)],
      ['missing', () => join(folder, 'none.db')],
      ['a folder', () => makeFolder(join(folder, 'folder.db'))],
      ['text', () => hurt('text.db', () => Buffer.from('just some text\n'))],
    ])('%s, named by the user: refused with its name', { timeout: 60_000 }, async (_what, make) => {
      await refused(url, [make()], { kind: 'source', message: expect.stringContaining(folder) })
    })

    it('an index whose records make no sense, which quick_check does not see: refused', async () => {
      const file = write(join(folder, 'index.db'), (db) => {
        db.exec(`create table parents (k text primary key, v);
          create table children (id integer primary key, k text references parents (k));
          insert into parents values ('one', 1), ('two', 2); insert into children (k) values ('one'), ('two')`)
      })
      const db = new Database(file)
      const root = db
        .prepare("select rootpage from sqlite_schema where name like 'sqlite_autoindex%'")
        .pluck()
        .get()
      db.close()
      const bytes = readFileSync(file)
      const page = (Number(root) - 1) * bytes.readUInt16BE(16)
      // The size of each record's header (https://www.sqlite.org/fileformat.html#record_format), beyond the record's own.
      for (const cell of [0, 1]) bytes[page + bytes.readUInt16BE(page + 8 + 2 * cell) + 1] = 0x7f
      writeFileSync(file, bytes)
      await refused(url, [file], { kind: 'source', code: 'database-corrupt' })
    })

    it.each([
      ['bad.db', 'snapshot-damaged', () => Buffer.from(bytes).fill(0xa5, 8192, 16384)],
      ['cut.db', 'truncated', () => bytes.subarray(0, 20000)],
    ])('%s, found beside a sound one: refused too, or nobody would miss it', async (name, code, make) => {
      const found = temporaryFolder()
      writeFileSync(join(found, 'good.db'), bytes)
      writeFileSync(join(found, name), make())
      await refused(url, [found], {
        kind: 'source',
        code,
        message: expect.stringContaining(join(found, name)),
      })
    })

    it('salvaged beside a sound one: what can be read is moved and proven, and the run says that rows are missing', {
      timeout: 60_000,
    }, async () => {
      const found = temporaryFolder()
      writeFileSync(join(found, 'good.db'), bytes)
      writeFileSync(join(found, 'bad.db'), Buffer.from(bytes).fill(0, 8192, 16384))
      writeFileSync(join(found, 'cut.db'), bytes.subarray(0, 20 * 4096))
      const target = await freshDatabase(url)
      try {
        const { report } = await runForTest({
          sources: [found],
          url: target.url,
          workFolder: temporaryFolder(),
          request: { salvage: true, verifyLevel: 'full' },
        })
        expect(report).toMatchObject({ status: 'quarantined', exitCode: 8, quarantine: { rows: 0 } })
        expect(report?.verify.differences).toEqual([])
        const moved = Object.fromEntries(report!.tables.map(({ database, rows }) => [database, rows.target]))
        expect(moved['good.db']).toBe(2000)
        for (const name of ['bad.db', 'cut.db']) {
          expect(moved[name]).toBeGreaterThan(500)
          expect(moved[name]).toBeLessThan(2000)
          const told = report!.findings.filter(
            ({ database, code }) => database === name && code === 'rows-not-readable',
          )
          expect(told.length).toBeGreaterThan(0)
          // The lists of a plan's tables find it by the table's name.
          for (const { table, tableId } of told)
            expect(tableId).toBe(table === undefined ? undefined : `${name}/${table}`)
        }
      } finally {
        await target.drop()
      }
    })

    it('what is no database, found beside one: left out, and said', { timeout: 60_000 }, async () => {
      const found = join(folder, 'found')
      mkdirSync(found)
      writeFileSync(join(found, 'good.db'), bytes)
      writeFileSync(join(found, 'text.db'), 'just some text\n')
      writeFileSync(join(found, 'secret.db'), noise)
      mkdirSync(join(found, 'x.db'))
      symlinkSync(found, join(found, 'loop'))
      symlinkSync('self.db', join(found, 'self.db'))
      symlinkSync('/dev/zero', join(found, 'zero.db'))
      const target = await freshDatabase(url)
      try {
        const passed: string[] = []
        const { report, plan } = await runForTest({
          sources: [found],
          url: target.url,
          workFolder: join(folder, 'work'),
          onEvent: (event) => {
            if (event.type === 'path-passed-over') passed.push(event.passedOver.path)
          },
        })
        expect(report?.status).toBe('ok')
        expect(report?.sources.map(({ database }) => database)).toEqual(['good.db'])
        expect((await judge(join(found, 'good.db'), 'good.db', target.url, plan)).rows).toBe(2000)
        const said = [...passed, ...plan.findings.map(({ message }) => message)].join('\n')
        for (const name of ['text.db', 'secret.db']) expect(said).toContain(name)
      } finally {
        await target.drop()
      }
    })

    it('locked by a writer that does not let go: refused in seconds', { timeout: 60_000 }, async () => {
      const file = join(folder, 'locked.db')
      writeFileSync(file, bytes)
      const writer = new Database(file)
      writer.exec('begin exclusive')
      try {
        await refused(url, [file], { kind: 'source', code: 'database-locked' })
      } finally {
        writer.close()
      }
    })
  })

  it('a database that is not in UTF8 is refused before anything is written', {
    timeout: 60_000,
  }, async () => {
    const admin = new pg.Client({ connectionString: url })
    await admin.connect()
    const name = `latin_${process.pid}_${Date.now()}`
    await admin.query(`create database ${name} encoding 'LATIN1' locale 'C' template template0`)
    try {
      const file = write(join(temporaryFolder(), 'a.db'), (db) =>
        db.exec("create table t (a text); insert into t values ('日本')"),
      )
      const latin = new URL(url)
      latin.pathname = `/${name}`
      const run = runForTest({ sources: [file], url: latin.href, workFolder: temporaryFolder() })
      await expect(run).rejects.toMatchObject({ kind: 'target', code: 'encoding-not-utf8' })
      expect(await isUntouched(latin.href)).toBe(true)
    } finally {
      await admin.query(`drop database ${name} with (force)`)
      await admin.end()
    }
  })

  it('a sparse file of a terabyte is no reason to hang', { timeout: 60_000 }, async () => {
    const file = join(temporaryFolder(), 'huge.db')
    const descriptor = openSync(file, 'w')
    writeSync(descriptor, 'SQLite format 3\0')
    closeSync(descriptor)
    truncateSync(file, 2 ** 40)
    await refused(url, [file], { kind: 'source' })
  })
})
