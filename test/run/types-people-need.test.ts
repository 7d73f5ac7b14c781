/** Values that applications write in other classes than their columns declare: the useful type, told, and changeable. */
import { expect, it } from 'vitest'
import { anyServer } from '../support/databases.ts'
import { runForTest } from '../support/run.ts'
import { inScene } from '../support/scene.ts'

const sql = `
  create table texts (id integer primary key, all_text text, some varchar(9), broken text, nul text, plain blob);
  insert into texts values (1, 'a', x'c3a4c3b6', 'x', 'x', x'41'), (2, x'7b22c3bc227d', 'plain', x'ff', x'610062', x'42');
  create table parents (id char(32) primary key);
  insert into parents values ('0f8fad5bd9cb469fa16570867728950e');
  create table children (id integer primary key, parent char(32) references parents (id));
  create table strays (id integer primary key, amount real);
  with recursive n (v) as (select 1 union all select v + 1 from n where v < 60)
    insert into strays select v, case v when 7 then 'n/a' else v * 1.5 end from n;
  create table switches (id integer primary key, state boolean, word bool);
  insert into switches values (1, 'on', 'yes'), (2, 'off', 'no');
  create table guids (id integer primary key, rfc guid, dotnet uniqueidentifier);
  insert into guids values (1, x'0f8fad5bd9cb469fa16570867728950e', x'5bad8f0fcbd99f46a16570867728950e');
  create table arrays (id integer primary key, mean real, bin integer, other real);
  insert into arrays values (1, 1.5, x'0700000000000000', 1.5), (2, x'fffffffffffffff7', 3, 2.5), (3, x'feffffffffffffff', 4, x'000000000000f83f');
  update arrays set mean = x'ffffffffffffffff' where id = 2;
  create table _cf_KV (key text primary key, value blob); insert into _cf_KV values ('k', x'00');`

it('text as bytes, empty children of UUIDs, on and off, one stray text, integers of numpy', async () => {
  await inScene(anyServer().url, { name: 'app.db', sql }, async ({ file, workFolder, url, connection }) => {
    const { report, plan } = await runForTest({
      sources: [file],
      url,
      workFolder,
      request: { mapping: 'auto', verifyLevel: 'full' },
    })
    expect([report?.status, report?.verify.differences]).toEqual(['ok', []])
    const typeOf = (table: string): Record<string, string> =>
      Object.fromEntries(
        plan.schema.tables
          .find((one) => one.table === table)!
          .columns.map(({ name, type }) => [name, type.replace(' without time zone', '')]),
      )
    expect(typeOf('texts')).toEqual({
      id: 'bigint',
      all_text: 'text',
      some: 'character varying(9)',
      broken: 'bytea',
      nul: 'bytea',
      plain: 'bytea',
    })
    expect([typeOf('parents').id, typeOf('children').parent]).toEqual(['uuid', 'uuid'])
    expect(typeOf('switches')).toEqual({ id: 'bigint', state: 'boolean', word: 'boolean' })
    expect(typeOf('strays').amount).toBe('text')
    const { shown } = await connection.queryOne<{ shown: string }>(
      `select string_agg(all_text || '/' || "some", ',' order by id) as shown from public.texts`,
    )
    expect(shown).toBe('a/äö,{"ü"}/plain')
    const told = report!.findings.find(
      ({ column, code }) => column === 'all_text' && code === 'bytes-are-text',
    )
    expect(told).toMatchObject({ count: 1, fixes: [{ change: { kind: 'type', type: 'bytea' } }] })
    const orders = report!.findings.filter(({ code }) => code === 'uuid-byte-order')
    expect(orders.map(({ column, severity }) => [column, severity])).toEqual([
      ['dotnet', 'warning'],
      ['rfc', 'notice'],
    ])
    const stray = plan.findings.find(({ column }) => column === 'amount')
    expect(stray?.fixes).toEqual([
      { tableId: 'app.db/strays', column: 'amount', change: { kind: 'type', type: 'double precision' } },
    ])
    const numpy = plan.findings.filter(({ table, severity }) => table === 'arrays' && severity === 'warning')
    expect(numpy.map(({ column, code, fixes }) => [column, code, fixes?.[0]?.change])).toEqual([
      ['mean', 'numpy-integers', { kind: 'type', type: 'double precision' }],
      ['bin', 'numpy-integers', { kind: 'type', type: 'bigint' }],
      ['other', 'mixed-classes', undefined],
    ])
    expect(plan.tables.find(({ table }) => table === '_cf_KV')?.fate.kind).toBe('exclude')
  })
})
