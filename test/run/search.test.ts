/** Full-text tables of SQLite that stay searchable: the same rows are found, everything is proven, and nothing stays after a rollback. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { readFullTextTable } from '../../src/engine/plan/search/full-text-table.ts'
import { rollBackRun } from '../../src/engine/run/rollback/rollback.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { anyServer, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest, verifyForTest } from '../support/run.ts'

it('finds what MATCH finds, in content of its own and of other tables', { timeout: 60_000 }, async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'notes.db')
  const db = new Database(file)
  db.exec(`
    create table doc (id integer primary key, search text, body text, pages integer, big text);
    create virtual table doc_fts using fts5(search, body, pages, content='doc', content_rowid='id');
    create virtual table mail using fts5(subject, sender unindexed, tokenize = "unicode61 separators ','");
    create virtual table old using fts4(a, b, notindexed=b);
    create virtual table big_fts using fts4(content="doc", big);
    create virtual table empty using fts5(x, content='');
    insert into doc values (1, 'quick fox', null, 12, 'x'), (2, 'slow', 'the quick hedgehog', 7, null), (3, null, null, null, '${'word '.repeat(60_000)}');
    insert into doc_fts (doc_fts) values ('rebuild');
    insert into mail values ('Fox found', 'quick'), ('nothing', 'fox'), (null, null);
    insert into old values ('fox den', 'quick'), ('bear', 'fox')`)
  const database = await freshDatabase(anyServer().url)
  const connection = await connect(database.address)
  try {
    const options = { search: 'simple' }
    const { report, plan } = await runForTest({
      sources: [file],
      url: database.url,
      workFolder: folder,
      options,
    })
    expect(report).toMatchObject({ status: 'ok', verify: { ok: true } })
    const found = async (table: string, column: string, words: string) =>
      (
        await connection.query<{ id: number }>(
          `select ${table === 'doc' ? 'id' : 'rowid'}::int as id from public.${table}
            where ${column} @@ pg_catalog.websearch_to_tsquery('simple', $1) order by 1`,
          [words],
        )
      ).rows.map(({ id }) => id)
    const matched = (table: string, words: string) =>
      (
        db.prepare(`select rowid as id from ${table} where ${table} match ? order by 1`).all(words) as {
          id: number
        }[]
      ).map(({ id }) => id)
    for (const words of ['quick', 'fox', 'hedgehog', '12', 'absent']) {
      expect(await found('doc', 'search_2', words), words).toEqual(matched('doc_fts', words))
      expect(await found('mail', 'search', words), words).toEqual(matched('mail', words))
      expect(await found('old', 'search', words), words).toEqual(matched('old', words))
    }
    const told = (code: string) =>
      plan.findings.filter((finding) => finding.code === code).map(({ table }) => table)
    expect(told('search-column').toSorted()).toEqual(['doc_fts', 'mail', 'old'])
    // A tsvector of it might be too large, and its row refused.
    expect(told('search-not-made').toSorted()).toEqual(['big_fts', 'empty'])
    expect((await verifyForTest(database.url, folder, false)).ok).toBe(true)
    await connection.execute('drop index public.mail_search_idx')
    const { checks } = await verifyForTest(database.url, folder, false)
    expect(checks.filter(({ ok }) => !ok)).toMatchObject([
      { detail: expect.stringContaining('mail_search_idx') },
    ])
    await rollBackRun(connection, report!.run)
    expect(
      (await connection.query(`select relname from pg_class where relnamespace = 'public'::regnamespace`))
        .rows,
    ).toEqual([])
  } finally {
    db.close()
    await connection.end()
    await database.drop()
  }
})

it.each([
  [
    'create virtual table t using fts5(a, "b c" UNINDEXED, [d], tokenize = \'porter ascii\')',
    ['a', 'd'],
    null,
  ],
  [
    'CREATE VIRTUAL TABLE t USING FTS4(content="my docs", a TEXT, b, notindexed=B, tokenize=unicode61 "remove_diacritics=2")',
    ['a'],
    'my docs',
  ],
  ['create virtual table t using fts3(tokenize porter)', [], null],
  ['create virtual table t using fts3', [], null],
  ["create virtual table t using fts5(x, content = '', contentless_delete=1)", ['x'], ''],
])('%s', (sql, columns, content) => {
  expect(readFullTextTable(sql)).toEqual({ columns, content })
})
