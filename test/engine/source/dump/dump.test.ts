/** Dumps as sources: the database that SQLite's own program would build, and nothing outside of it. */
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ROWS_NOT_READABLE } from '../../../../src/engine/model/finding.ts'
import { openMemory, openReadOnly } from '../../../../src/engine/source/base/sqlite.ts'
import { discover } from '../../../../src/engine/source/discover/discover.ts'
import { countDumpRows } from '../../../../src/engine/source/dump/count-rows.ts'
import { judge } from '../../../../src/engine/source/dump/guard.ts'
import { StatementCutter } from '../../../../src/engine/source/dump/statement-cutter.ts'
import { type TakenSnapshot, takeSnapshots } from '../../../../src/engine/source/snapshot/snapshot.ts'
import { temporaryFolder } from '../../../support/folders.ts'

const folder = temporaryFolder()
let count = 0

async function build(dump: string | Buffer, salvage = false, name = 'app.sql'): Promise<TakenSnapshot> {
  const path = join(folder, `${++count}-${name}`)
  writeFileSync(path, dump)
  const [taken] = await takeSnapshots([{ database: 'app.sql', path }], join(folder, `work-${count}`), {
    salvage,
  })
  return taken!
}

test('a packed text that unpacks to gigabytes is not read to its end', async () => {
  const path = join(folder, 'bomb.sql.gz')
  // gzip takes several streams for one.
  const spaces = gzipSync(Buffer.alloc(64 << 20, ' '))
  writeFileSync(path, Buffer.concat([gzipSync('create table t (a);'), ...Array(30).fill(spaces)]))
  await expect(countDumpRows(path)).rejects.toMatchObject({ code: 'dump-unbounded' })
})

function rowsOf({ file }: TakenSnapshot, sql: string): unknown[] {
  using db = openReadOnly(file, { immutable: true })
  return db.prepare(sql).raw().all()
}

const head = 'PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n'

describe('what dumps hold', () => {
  test('.dump: children before parents, sequences, statistics, odd texts, triggers at the end', async () => {
    const taken = await build(`${head}
CREATE TABLE child(id INTEGER PRIMARY KEY AUTOINCREMENT, parent REFERENCES parent(id), t TEXT DEFAULT "none" CHECK(t <> "never"));
INSERT INTO child VALUES(1,7,unistr('line\\u000a2'));
INSERT INTO child VALUES(2,8,replace('a\\nb','\\n',char(10)));
INSERT INTO child VALUES(3,NULL,'it''s; BEGIN');
CREATE TABLE parent(id INTEGER PRIMARY KEY, r REAL, b BLOB);
INSERT INTO parent VALUES(7,9.0e+999,X'00ff'),(8,-1e-5,NULL);
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 VALUES('parent',NULL,'2');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('child',40);
CREATE TRIGGER counted AFTER INSERT ON child BEGIN DELETE FROM parent; SELECT CASE WHEN 1 THEN 2 END; END;
CREATE VIEW seen AS SELECT id FROM child;
COMMIT;
`)
    expect(rowsOf(taken, 'select id, t from child')).toEqual([
      [1, 'line\n2'],
      [2, 'a\nb'],
      [3, "it's; BEGIN"],
    ])
    expect(rowsOf(taken, 'select id, r, hex(b) from parent')).toEqual([
      [7, Number.POSITIVE_INFINITY, '00FF'],
      [8, -1e-5, ''],
    ])
    expect(rowsOf(taken, 'select seq from sqlite_sequence')).toEqual([[40]])
    expect(rowsOf(taken, 'select count(*) from sqlite_stat1')).toEqual([[1]])
    expect(
      rowsOf(taken, "select name from sqlite_schema where type in ('view', 'trigger') order by 1"),
    ).toEqual([['counted'], ['seen']])
    expect(statSync(taken.file).mode & 0o777).toBe(0o600)
    expect(readdirSync(join(taken.file, '..'))).toHaveLength(1)
  })

  test('exports of D1, Turso and phpLiteAdmin, in UTF-16 and packed', async () => {
    const d1 = `PRAGMA defer_foreign_keys=TRUE;
CREATE TABLE _cf_KV (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS "order"(id integer primary key, "group" text);
INSERT INTO "order" ("id","group") VALUES(1,'a'),(2,'ü€😀');
CREATE TABLE sqlite_sequence(name,seq);
DELETE FROM sqlite_sequence;
`
    const lite = `\ufeff----\r\n-- phpLiteAdmin database dump (https://www.phpliteadmin.org/)\r\n----\r\nBEGIN TRANSACTION;\r\n
DROP TABLE IF EXISTS "order";\r\nCREATE TABLE 'order' ('id' INTEGER PRIMARY KEY, 'group' TEXT);\r\n
INSERT INTO "order" ("id","group") VALUES ('1','a');\r\nINSERT INTO "order" ("id","group") VALUES ('2','ü€😀');\r\nCOMMIT;\r\n`
    for (const dump of [
      d1,
      d1.replace(/^PRAGMA.*/, 'PRAGMA foreign_keys=OFF;'),
      lite,
      Buffer.from(`\ufeff${d1}`, 'utf16le'),
      Buffer.from(`\ufeff${d1}`, 'utf16le').swap16(),
    ])
      expect(rowsOf(await build(dump), 'select * from "order"')).toEqual([
        [1, 'a'],
        [2, 'ü€😀'],
      ])
    const packed = await build(gzipSync(d1), false, 'app.sql.gz')
    expect(rowsOf(packed, 'select count(*) from "order"')).toEqual([[2]])
  })

  test('virtual tables, collations and functions of the application', async () => {
    const taken = await build(`${head}
CREATE TABLE n(id INTEGER PRIMARY KEY, name TEXT COLLATE LOCALIZED, up TEXT AS (fold(name)) STORED);
CREATE UNIQUE INDEX by_name ON n(name COLLATE UNICODE);
PRAGMA writable_schema=ON;
INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','ft','ft',0,'CREATE VIRTUAL TABLE ft USING fts5(a)');
CREATE TABLE IF NOT EXISTS 'ft_data'(id INTEGER PRIMARY KEY, block BLOB);
INSERT INTO ft_data VALUES(1,X'');
INSERT INTO ft_data VALUES(10,X'00000000000000');
CREATE TABLE IF NOT EXISTS 'ft_content'(id INTEGER PRIMARY KEY, c0);
INSERT INTO ft_content VALUES(1,'hello');
CREATE TABLE IF NOT EXISTS 'ft_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS 'ft_docsize'(id INTEGER PRIMARY KEY, sz BLOB);
CREATE TABLE IF NOT EXISTS 'ft_config'(k PRIMARY KEY, v) WITHOUT ROWID;
INSERT INTO ft_config VALUES('version',4);
PRAGMA writable_schema=OFF;
CREATE VIRTUAL TABLE vectors USING vec0(embedding float[4]);
INSERT INTO n(id, name) VALUES(1,'a');
COMMIT;`)
    expect(rowsOf(taken, 'select id, name from n')).toEqual([[1, 'a']])
    expect(
      rowsOf(taken, "select name from sqlite_schema where rootpage = 0 and type = 'table' order by 1"),
    ).toEqual([['ft'], ['vectors']])
    expect(rowsOf(taken, 'select count(*) from ft_data')).toEqual([[2]])
    expect(taken.lost.map(({ code, table }) => [code, table])).toEqual([
      ['collation-unknown', 'n'],
      ['function-unknown', 'n'],
      ['collation-unknown', 'n'],
    ])
  })

  test('bytes that are no text of JavaScript, and literals beyond a megabyte, arrive as they are', async () => {
    const long = 'x'.repeat(1 << 20)
    const taken = await build(
      Buffer.concat([
        Buffer.from("create table t(a, b);insert into t values('"),
        Buffer.from([0x41, 0xff, 0x27, 0x27, 0x00, 0x42]),
        Buffer.from(`', x'${'ab'.repeat(1 << 20)}'), ('it''s ${long}', null);`),
      ]),
    )
    expect(rowsOf(taken, 'select typeof(a), hex(a), typeof(b), length(b) from t where rowid = 1')).toEqual([
      ['text', '41FF270042', 'blob', 1 << 20],
    ])
    expect(
      rowsOf(taken, "select a = 'it''s ' || ? from t where rowid = 2".replace('?', `'${long}'`)),
    ).toEqual([[1]])
  })

  test('every value, as SQLite itself writes it in SQL', async () => {
    const value = fc.oneof(
      fc.constant(null),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string({ unit: 'grapheme' }).filter((text) => text.isWellFormed()),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    )
    const rows = fc.sample(fc.tuple(value, value), { numRuns: 300, seed: count + 1 })
    const db = openMemory()
    const quote = db.prepare<unknown[]>('select quote(?), quote(?)').raw()
    const lines = rows.map((row) => `INSERT INTO t VALUES(${(quote.get(...row) as string[]).join(',')});`)
    db.exec(`create table t(a, b);${lines.join('')}`)
    const expected = db.prepare('select typeof(a), quote(a), typeof(b), quote(b) from t').raw().all()
    db.close()
    const taken = await build(`${head}CREATE TABLE t(a, b);\n${lines.join('\n')}\nCOMMIT;`)
    expect(rowsOf(taken, 'select typeof(a), quote(a), typeof(b), quote(b) from t')).toEqual(expected)
  })
})

describe('what a dump may not', () => {
  const outside = join(folder, 'outside.db')
  test.each([
    [`ATTACH '${outside}' AS o`, 'ATTACH'],
    [`VACUUM INTO '${outside}'`, 'VACUUM INTO'],
    ["INSERT INTO t SELECT load_extension('/tmp/x')", 'load_extension()'],
    [`INSERT INTO t VALUES(writefile('${outside}', 'x'))`, 'writefile()'],
    ["INSERT INTO t VALUES(readfile('/etc/passwd'))", 'readfile()'],
    [`PRAGMA temp_store_directory='${folder}'`, 'PRAGMA temp_store_directory'],
    ['PRAGMA /* ; */ main . data_store_directory = 1', 'PRAGMA data_store_directory'],
    [
      "INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','x','x',2,'CREATE TABLE x(a)')",
      'a row of sqlite_schema',
    ],
    [
      "INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','x','x',0,'CREATE TABLE x(a)')",
      'a row of sqlite_schema',
    ],
    ['CREATE TEMP TABLE x(a)', 'CREATE TEMPORARY'],
    ['SELECT 1', 'SELECT'],
    ['.read /etc/passwd\n', "the command .read of SQLite's own program"],
    [`.output ${outside}\n`, "the command .output of SQLite's own program"],
    ['/* */ -- x\n EXPLAIN DELETE FROM t', 'EXPLAIN'],
  ])('%s', (sql, what) => {
    const [statement] = new StatementCutter().push(Buffer.from(`${sql};`))
    expect(judge(statement!.bytes.toString())).toEqual({ kind: 'refused', what })
  })

  test('one is refused with its line, whatever else is wanted', async () => {
    const dump = `${head}/* */ -- x\n ATTACH '${outside}' AS o;\nCREATE TABLE t(a);COMMIT;`
    await expect(build(dump, true)).rejects.toMatchObject({
      kind: 'source',
      code: 'dump-statement-refused',
      message: expect.stringMatching(/^Line 4 of .* has ATTACH/),
    })
    expect(existsSync(outside)).toBe(false)
  })

  test('what only mentions it is no such statement', () => {
    for (const sql of [
      "INSERT INTO t VALUES('load_extension(1)')",
      'create table edit (readfiles, "attach")',
    ])
      expect(judge(sql)).toEqual({ kind: 'run' })
  })

  test('a second statement behind what looks like a trigger is not carried out', async () => {
    const sql = `CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END/**/; ATTACH '${outside}' AS o; END;`
    await expect(build(`CREATE TABLE t(a);${sql}`)).rejects.toMatchObject({ kind: 'source' })
    expect(existsSync(outside)).toBe(false)
  })

  test('a row without end ends, for want of room', async () => {
    const endless =
      'INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT zeroblob(100000000) FROM n'
    await expect(build(`CREATE TABLE t(a);\n${endless};`)).rejects.toMatchObject({ code: 'dump-unbounded' })
  })
})

describe('what is not whole', () => {
  const rows = 'CREATE TABLE t(a UNIQUE);\nINSERT INTO t VALUES(1);\n'
  test.each([
    [
      'a ROLLBACK',
      `${head}${rows}/****** CORRUPTION ERROR *******/\nROLLBACK; -- due to errors\n`,
      'ROLLBACK',
    ],
    ['no COMMIT', `${head}${rows}`, 'does not commit'],
    ['a cut statement', `${head}${rows}INSERT INTO t VALUES('x`, 'line 5'],
    ['a cut name', `${rows}DELETE FROM t`, 'line 3'],
  ])('%s', async (_name, dump, why) => {
    await expect(build(dump)).rejects.toMatchObject({
      code: 'dump-incomplete',
      message: expect.stringContaining(why),
    })
    const taken = await build(dump, true)
    expect(rowsOf(taken, 'select a from t')).toEqual([[1]])
    expect(taken.lost).toMatchObject([{ code: ROWS_NOT_READABLE }])
  })

  test('a row that SQLite refuses is named by its line, or lost when that is wanted', async () => {
    const dump = `${rows}INSERT INTO t VALUES(1);\nINSERT INTO t VALUES(2);`
    await expect(build(dump)).rejects.toMatchObject({
      code: 'dump-statement-failed',
      message: expect.stringMatching(/line 3 .*UNIQUE constraint failed/),
    })
    const taken = await build(dump, true)
    expect(rowsOf(taken, 'select a from t')).toEqual([[1], [2]])
    expect(taken.lost).toMatchObject([{ count: 1, samples: [{ key: 'line 3' }] }])
  })

  test.each([
    ['-- MySQL dump 10.13  Distrib 8.0\n/*!40101 SET NAMES utf8 */;\n', 'MySQL'],
    ['CREATE TABLE `a` (`id` int NOT NULL) ENGINE=InnoDB;\n', 'MySQL'],
    ['--\n-- PostgreSQL database dump\n--\nSET statement_timeout = 0;\n', 'PostgreSQL'],
    ['PGDMP\u0001\u000e', 'PostgreSQL'],
  ])('%j is of another database', async (dump, program) => {
    const path = join(folder, `${++count}.sql`)
    writeFileSync(path, dump)
    await expect(discover([path])).rejects.toMatchObject({
      code: 'dump-of-another-database',
      message: expect.stringContaining(program),
    })
  })
})

test('a dump is found when it is named, with its rows, and not by a search', async () => {
  const path = join(temporaryFolder(), 'named.sql')
  writeFileSync(
    path,
    `create table "a b"(x);insert into 'a b' values(1),('),('),((2));\ninsert into [a b] select 3;create table empty(y);`,
  )
  const { databases } = await discover([path])
  expect(databases).toMatchObject([
    {
      database: 'named.sql',
      health: { kind: 'unchecked' },
      tables: [
        { name: 'a b', rows: 4 },
        { name: 'empty', rows: 0 },
      ],
    },
  ])
  expect((await discover([join(path, '..')])).databases).toEqual([])
})
