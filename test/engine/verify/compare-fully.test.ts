import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Conversion } from '../../../src/engine/model/conversion.ts'
import type { Difference } from '../../../src/engine/model/report.ts'
import { forEachServerNightly } from '../../support/databases.ts'
import { type Migrated, migrate, type PlannedTable, type Sources } from './migrated.ts'

const time = { zone: 'UTC', epoch: null, form: null } as const
const integer: Conversion = { kind: 'integer', bytes: 8, form: 'integer' }
const jsonb: Conversion = { kind: 'json', text: 'document', storage: 'jsonb' }

const sources: Sources = {
  'a.db': `
    create table parents(id text primary key, name text);
    insert into parents values ('P-1', 'one'), ('P-2', 'two');
    create table facts(
      id integer primary key, price real, amount text, at text, day text, note text, side text, data text, raw blob,
      code text, parent text, size, open int);
    insert into facts values
      (1, 100.123456789, '12.50', '2025-03-01T12:00:00.123456Z', '2025-03-01', 'Alpha ', 'BUY', '{"a": 1, "b": [1.50, 2]}',
        x'000102ff', '6F9619FF-8B86-D011-B42D-00CF4FC964FF', 'P-1', 0.1, 1),
      (2, 0.5, '0', '2025-03-01 12:00:00', '1999-12-31', '', 'Sell', 'plain words', x'', null, 'P-2', -0.0, 0),
      (3, -1e-7, '-3', null, null, null, null, '{"a": 1, "a": 2}', null, null, 'P-404', 1e300, null),
      (4, 7, '7.000', '2025-03-01T12:00:00+02:00', '0001-01-01', 'ü — 𝄞', 'buy', '12345678901234567890.5', x'61',
        '6f9619ff8b86d011b42d00cf4fc964ff', null, 0.30000000000000004, 1);
    create table loose(a, b text);
    insert into loose values (1, 'x'), (1, 'x'), (2, 'y'), (3, 'z');`,
}

const tables: readonly PlannedTable[] = [
  {
    table: 'parents',
    columns: [
      ['id', 'uuid', { kind: 'uuid-of-id', database: 'a.db', table: 'parents', form: 'none' }],
      ['name', 'text', { kind: 'text', maxCharacters: null }],
    ],
    copy: { identity: { kind: 'columns', columns: ['id'], ordered: false } },
  },
  {
    table: 'facts',
    columns: [
      ['id', 'bigint', integer],
      ['price', 'numeric(20,8)', { kind: 'numeric', precision: 20, scale: 8, form: 'real' }],
      ['amount', 'numeric', { kind: 'numeric', precision: null, scale: null, form: 'text' }],
      ['at', 'timestamp with time zone', { kind: 'timestamptz', ...time }],
      ['day', 'date', { kind: 'date', ...time }],
      ['note', 'character varying(20)', { kind: 'text', maxCharacters: 20 }],
      ['side', 'text', { kind: 'enumeration', values: { buy: 'buy', sell: 'sell' }, maxCharacters: null }],
      ['data', 'jsonb', jsonb],
      ['raw', 'bytea', { kind: 'bytes' }],
      ['code', 'uuid', { kind: 'uuid', form: 'lower' }],
      ['parent', 'uuid', { kind: 'uuid-of-id', database: 'a.db', table: 'parents', form: 'none' }],
      [
        'source_parent',
        'text',
        { kind: 'column', column: 'parent', conversion: { kind: 'text', maxCharacters: null } },
      ],
      ['size', 'double precision', { kind: 'double' }],
      ['open', 'boolean', { kind: 'boolean', form: 'integer' }],
      ['later', 'text', null],
    ],
    copy: {
      identity: { kind: 'columns', columns: ['id'], ordered: true },
      references: [
        {
          columns: ['parent'],
          parent: { tableId: 'a.db/parents', database: 'a.db', table: 'parents', columns: ['id'] },
          onOrphan: 'null-reference',
          target: 'parent',
          originalIn: 'source_parent',
        },
      ],
    },
  },
  {
    table: 'loose',
    columns: [
      ['a', 'bigint', integer],
      ['b', 'text', { kind: 'text', maxCharacters: null }],
    ],
  },
]

/** Damage, and what must be said of it: table, kind, key, column, both values. */
const damages: readonly (readonly [danger: string, sql: string, said: readonly string[]])[] = [
  [
    'one digit of a numeric',
    'update app.facts set price = price + 0.00000001 where id = 1',
    ['a.db/facts changed 1 price: 100.12345679 → 100.1234568'],
  ],
  [
    'one digit of an unconstrained numeric',
    'update app.facts set amount = 12.51 where id = 1',
    ['a.db/facts changed 1 amount: 12.5 → 12.51'],
  ],
  ['a row deleted', 'delete from app.facts where id = 2', ['a.db/facts missing-row 2']],
  ['a row added', 'insert into app.facts (id) values (9)', ['a.db/facts extra-row 9']],
  [
    'two cells swapped',
    "update app.facts set day = case id when 1 then date '1999-12-31' else date '2025-03-01' end where id in (1, 2)",
    [
      'a.db/facts changed 1 day: 2025-03-01 → 1999-12-31',
      'a.db/facts changed 2 day: 1999-12-31 → 2025-03-01',
    ],
  ],
  [
    'one microsecond',
    "update app.facts set at = at + interval '1 microsecond' where id = 4",
    ['a.db/facts changed 4 at: 2025-03-01 10:00:00+00 → 2025-03-01 10:00:00.000001+00'],
  ],
  [
    'a case change',
    "update app.facts set note = 'alpha ' where id = 1",
    ['a.db/facts changed 1 note: Alpha  → alpha '],
  ],
  [
    'a trailing blank',
    "update app.facts set note = 'Alpha' where id = 1",
    ['a.db/facts changed 1 note: Alpha  → Alpha'],
  ],
  [
    'null for nothing',
    'update app.facts set note = null where id = 2',
    ['a.db/facts changed 2 note:  → null'],
  ],
  ['nothing for null', "update app.facts set note = '' where id = 3", ['a.db/facts changed 3 note: null → ']],
  [
    'a character that looks the same',
    "update app.facts set note = U&'u\\0308 — \\+01D11E' where id = 4",
    ['a.db/facts changed 4 note: ü — 𝄞 → u\u0308 — 𝄞'],
  ],
  [
    'a word of an enumeration',
    "update app.facts set side = 'BUY' where id = 1",
    ['a.db/facts changed 1 side: buy → BUY'],
  ],
  [
    'a JSON key',
    `update app.facts set data = '{"A": 1, "b": [1.50, 2]}' where id = 1`,
    ['a.db/facts changed 1 data: {"a":1,"b":[1.5,2]} → {"A":1,"b":[1.5,2]}'],
  ],
  [
    'a JSON number as a string',
    `update app.facts set data = '{"a": "1", "b": [1.50, 2]}' where id = 1`,
    ['a.db/facts changed 1 data: {"a":1,"b":[1.5,2]} → {"a":"1","b":[1.5,2]}'],
  ],
  [
    'a digit of a long JSON number',
    `update app.facts set data = '12345678901234567890.6' where id = 4`,
    ['a.db/facts changed 4 data: 12345678901234567890.5 → 12345678901234567890.6'],
  ],
  [
    'JSON by meaning, which is none',
    `update app.facts set data = '{"b": [1.5, 2.00], "a": 1.0}' where id = 1`,
    [],
  ],
  [
    'a duplicate key that jsonb drops',
    `update app.facts set data = '{"a": 2}' where id = 3`,
    ['a.db/facts changed 3 data: "{\\"a\\": 1, \\"a\\": 2}" → {"a":2}'],
  ],
  [
    'one byte',
    `update app.facts set raw = '\\x000102fe' where id = 1`,
    ['a.db/facts changed 1 raw: \\x000102ff → \\x000102fe'],
  ],
  [
    'a digit of a UUID',
    "update app.facts set code = '6f9619ff-8b86-d011-b42d-00cf4fc964fe' where id = 1",
    [
      'a.db/facts changed 1 code: 6f9619ff-8b86-d011-b42d-00cf4fc964ff → 6f9619ff-8b86-d011-b42d-00cf4fc964fe',
    ],
  ],
  [
    'a reference redirected',
    "update app.facts set parent = (select id from app.parents where name = 'two') where id = 1",
    [
      'a.db/facts changed 1 parent: 2f16aa67-0c98-5b21-8f89-8a8b5c4f2d1b → 00000000-0000-0000-0000-000000000000',
    ],
  ],
  [
    'an orphan that is no longer null',
    "update app.facts set parent = '00000000-0000-0000-0000-000000000000' where id = 3",
    ['a.db/facts changed 3 parent: null → 00000000-0000-0000-0000-000000000000'],
  ],
  [
    'the last bit of a float',
    'update app.facts set size = 0.3 where id = 4',
    ['a.db/facts changed 4 size: 0.30000000000000004 → 0.3'],
  ],
  ['the sign of zero', "update app.facts set size = '0' where id = 2", ['a.db/facts changed 2 size: -0 → 0']],
  [
    'a boolean',
    'update app.facts set open = not open where id = 1',
    ['a.db/facts changed 1 open: true → false'],
  ],
  [
    'a day',
    'update app.facts set day = day + 1 where id = 4',
    ['a.db/facts changed 4 day: 0001-01-01 → 0001-01-02'],
  ],
  [
    'an invented value',
    "update app.facts set later = 'x' where id = 4",
    ['a.db/facts changed 4 later: null → x'],
  ],
  [
    'a key changed',
    'update app.facts set id = 40 where id = 4',
    ['a.db/facts extra-row 40', 'a.db/facts missing-row 4'],
  ],
  [
    'two keys swapped',
    'update app.facts set id = 5 - id where id in (1, 4)',
    ['a.db/facts changed 1 (10 columns)', 'a.db/facts changed 4 (10 columns)'],
  ],
  [
    'one of two equal rows',
    'delete from app.loose where ctid = (select min(ctid) from app.loose where a = 1)',
    ['a.db/loose missing-row null'],
  ],
  ['a third of two equal rows', "insert into app.loose values (1, 'x')", ['a.db/loose extra-row null']],
  [
    'a cell of a row without a key',
    "update app.loose set b = 'Y' where a = 2",
    ['a.db/loose changed null b: y → Y'],
  ],
  [
    'cells of rows without a key swapped',
    "update app.loose set b = case a when 2 then 'z' else 'y' end where a in (2, 3)",
    ['a.db/loose changed null b: y → z', 'a.db/loose changed null b: z → y'],
  ],
]

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

function sentence({ table, kind, key, column, source, target }: Difference): string {
  return `${table} ${kind} ${key}${kind === 'changed' ? ` ${column}: ${source} → ${target}` : ''}`
}

/** Rows with many changes in few words. */
function sentences(differences: readonly Difference[]): string[] {
  const byRow = Map.groupBy(differences, ({ table, kind, key }) => `${table} ${kind} ${key}`)
  return [...byRow]
    .flatMap(([row, all]) =>
      row.includes(' changed ') && all.length > 3 ? [`${row} (${all.length} columns)`] : all.map(sentence),
    )
    .sort()
}

forEachServerNightly((server) => {
  let migrated: Migrated
  beforeAll(async () => {
    migrated = await migrate(server.url, sources, tables)
  })
  afterAll(() => migrated.drop())

  test('a correct load has no difference', async () => {
    expect(await migrated.compare()).toEqual([])
    const held = await migrated.connection.queryOne('select count(*)::int as rows from app.facts')
    expect(held).toEqual({ rows: 4 })
  })

  for (const [danger, sql, said] of damages) {
    test(`found and named: ${danger}`, async () => {
      const { connection } = migrated
      const saved = ['facts', 'loose'].map((table) => `create table saved_${table} as table app.${table}`)
      await connection.execute(`set search_path = public; ${saved.join('; ')}`)
      try {
        await connection.execute(sql)
        const found = sentences(await migrated.compare())
        const blind = (text: string) =>
          danger === 'a reference redirected' ? text.replace(uuid, 'uuid') : text
        expect(found.map(blind)).toEqual(said.map(blind))
      } finally {
        const restored = ['facts', 'loose'].map(
          (table) =>
            `truncate app.${table}; insert into app.${table} table saved_${table}; drop table saved_${table}`,
        )
        await connection.execute(restored.join('; '))
      }
      expect(await migrated.compare()).toEqual([])
    })
  }
})
