/**
 * Tables and columns that bear the names which our own SQL uses: its aliases, its catalogs, keywords, system columns, and the names
 * that PostgreSQL gives to sequences, keys and indexes. The names are read from the engine's files, so that a new alias is tried too.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { openReadOnly } from '../../src/engine/source/base/sqlite.ts'
import { isNight } from '../support/breadth.ts'
import { anyServer } from '../support/databases.ts'
import { runForTest } from '../support/run.ts'
import { inScene } from '../support/scene.ts'

const engine = fileURLToPath(new URL('../../src/engine', import.meta.url))
const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

const keywords =
  'select from where table group order by user current_user all and any array as asc both case cast check collate column constraint create default desc distinct do else end except false fetch for foreign grant having in initially intersect into leading limit localtime not null offset on only or placing primary references returning session_user some symmetric then to trailing true union unique using variadic when window with rows row value values old new excluded'
const system = 'ctid xmin xmax cmin cmax tableoid oid rowid _rowid_ main temp other damaged staging'

/** Words after `as`, `from`, `join` and a closing bracket, and those that a table is followed by. */
function namesInOurSql(): { readonly all: readonly string[]; readonly aliases: readonly string[] } {
  const all = new Set<string>()
  const aliases = new Set<string>()
  for (const file of readdirSync(engine, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue
    const text = readFileSync(join(engine, file), 'utf8')
    for (const [, word] of text.matchAll(/\b(?:as|from|join)\s+"?([a-z_][a-z_0-9]*)"?/g)) all.add(word!)
    for (const [, word] of text.matchAll(/(?:\)|\})\s+(?:as\s+)?([a-z]{1,8})\b/g)) aliases.add(word!)
    for (const [, word] of text.matchAll(/\bpragma_([a-z_]+)/g)) aliases.add(`pragma_${word}`)
  }
  for (const word of aliases) all.add(word)
  for (const word of `${keywords} ${system}`.split(' ')) all.add(word)
  return { all: [...all].sort(), aliases: [...aliases].sort() }
}

const { all, aliases } = namesInOurSql()
const tables = [
  ...'abcdefghijklmnopqrstuvwxyz'.split(''),
  ...[
    'own',
    'there',
    'parent',
    'child',
    'other',
    'sent',
    'staged',
    'batch',
    'dbstat',
    'json_each',
    'temp',
    'main',
  ],
  ...[
    'pragma_table_list',
    'pragma_table_xinfo',
    'pragma_index_list',
    'pragma_index_xinfo',
    'pragma_foreign_key_list',
  ],
  ...(isNight ? aliases : []),
]

function tableOf(name: string, columns: readonly string[]): string {
  const others = columns.filter((column) => !['id', 'parent', 'u'].includes(column))
  const values = (row: number): string =>
    [row, row === 1 ? 'null' : '1', `'u${row}'`, ...others.map((column) => `'${column} ${row}'`)].join(', ')
  return `create table ${quote(name)} (id integer primary key autoincrement, parent integer references ${quote(name)} (id),
      u text unique, ${others.map((column) => `${quote(column)} text`).join(', ')});
    insert into ${quote(name)} values (${values(1)}), (${values(2)});`
}

const sql = [
  ...Array.from({ length: Math.ceil(all.length / 400) }, (_, at) =>
    tableOf(`everything${at}`, all.slice(at * 400, at * 400 + 400)),
  ),
  ...[...new Set(tables)].map((name) =>
    tableOf(name, [...new Set([name, 'q', 'r', 'k', 's', 'c', 'p', 'x', 't', 'own'])]),
  ),
  // What PostgreSQL would call the sequence, the key and the constraint of the table t, and its array type.
  'create table t_id_seq (last_value integer); insert into t_id_seq values (7);',
  'create table t_pkey (id integer primary key autoincrement); insert into t_pkey values (3);',
  'create table t_u_key (a text); create table q_id_seq (id integer primary key autoincrement); create table _t (a text);',
].join('\n')

it('moves and verifies tables that bear the names of our own SQL', {
  timeout: 300_000,
}, async () => {
  await inScene(anyServer().url, { name: 'app.db', sql }, async ({ file, workFolder, url, connection }) => {
    const { report } = await runForTest({
      sources: [file],
      url,
      workFolder,
      request: { mapping: 'auto', verifyLevel: 'full' },
    })
    expect(report?.error).toBeUndefined()
    expect([report?.status, report?.verify.differences]).toEqual(['ok', []])
    expect(report?.verify.checks.filter(({ ok }) => !ok)).toEqual([])
    const source = openReadOnly(file)
    const counts = source
      .prepare(`select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'`)
      .pluck()
      .all() as string[]
    source.close()
    expect(report?.tables.length).toBe(counts.length)
    const next = await connection.queryOne<{ id: string; last: string }>(
      `insert into public.t (u) values ('n') returning id::text as id, (select last_value::text from public.t_id_seq) as last`,
    )
    expect(next).toEqual({ id: '3', last: '7' })
  })
})

it('adds to tables that bear the names of our own SQL, and leaves their earlier rows alone', async () => {
  const names = ['q', 'r', 's', 't', 'x', 'k', 'c', 'p', 'own']
  const columns = ['q', 'r', 's', 't', 'x', 'k', 'c', 'p', 'own', 'there', 'position', 'text']
  const source = names.map((name) => tableOf(name, columns)).join('\n')
  await inScene(
    anyServer().url,
    { name: 'app.db', sql: source },
    async ({ file, workFolder, url, connection }) => {
      const others = columns.map((column) => `${quote(column)} text`).join(', ')
      for (const name of names) {
        await connection.execute(
          `create table public.${quote(name)} (id bigserial primary key, parent bigint references public.${quote(name)} (id), u text unique, ${others});
         insert into public.${quote(name)} (id, u) values (100, 'earlier')`,
        )
      }
      const { report } = await runForTest({
        sources: [file],
        url,
        workFolder,
        options: { dataOnly: true, append: true },
        request: { verifyLevel: 'full' },
      })
      expect([report?.status, report?.verify.differences]).toEqual(['ok', []])
      expect(report?.verify.checks.filter(({ ok }) => !ok)).toEqual([])
    },
  )
})
