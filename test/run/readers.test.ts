/** The report says how each table was read, and a table that changes its reader is told, once. */
import { expect, it } from 'vitest'
import { forEachServerNightly } from '../support/databases.ts'
import { runForTest } from '../support/run.ts'
import { inScene } from '../support/scene.ts'

const tables = `
  create table plain (id integer primary key, name text, price real);
  create table keyed (name text primary key, price real) without rowid;
  with recursive n (value) as (select 1 union all select value + 1 from n where value < 2000)
    insert into plain (name, price) select 'naïve ' || value, value / 4.0 from n;
  insert into keyed select name, price from plain;`

type Read = { readonly table: string; readonly copyReader: string | null; readonly reader: string | null }

async function readersOf(url: string, sql: string): Promise<{ reads: Read[]; notices: string[] }> {
  let reads: Read[] = []
  let notices: string[] = []
  await inScene(url, { name: 'shop.db', sql }, async ({ file, workFolder, url: database }) => {
    const { report } = await runForTest({ sources: [file], url: database, workFolder })
    expect(report?.status).toBe('ok')
    reads = report!.tables.map(({ table, copyReader, reader }) => ({ table, copyReader, reader }))
    notices = report!.findings.filter(({ code }) => code === 'reader-changed').map(({ message }) => message)
  })
  return { reads: reads.sort((a, b) => (a.table < b.table ? -1 : 1)), notices }
}

forEachServerNightly((server) => {
  it('copies and verifies a plain table by its pages, and others as SQLite writes them anew', async () => {
    expect(await readersOf(server.url, tables)).toEqual({
      reads: [
        { table: 'keyed', copyReader: 'sqlite', reader: 'page-sums' },
        { table: 'plain', copyReader: 'pages', reader: 'page-sums' },
      ],
      notices: [],
    })
  })

  it.each(['UTF-16le', 'UTF-16be'])('does the same in %s', async (encoding) => {
    expect(await readersOf(server.url, `pragma encoding = '${encoding}'; ${tables}`)).toEqual({
      reads: [
        { table: 'keyed', copyReader: 'sqlite', reader: 'page-sums' },
        { table: 'plain', copyReader: 'pages', reader: 'page-sums' },
      ],
      notices: [],
    })
  })

  it('goes over to SQLite where the pages are not as the page reader knows them', async () => {
    const added = "alter table plain add column added text default (cast('x' as text));"
    expect(await readersOf(server.url, `${tables} ${added}`)).toEqual({
      reads: [
        { table: 'keyed', copyReader: 'sqlite', reader: 'page-sums' },
        { table: 'plain', copyReader: 'sqlite', reader: 'page-sums' },
      ],
      notices: [
        expect.stringMatching(
          /^shop\.db\/plain is read through SQLite: page \d+ has a record without the column added/,
        ),
      ],
    })
  })
})
