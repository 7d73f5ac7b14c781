/** Tables whose rows don't become rows one by one: folds, pivots, gathers, filters, quarantine, tables without a rowid. */
import { expect, test } from 'vitest'
import type { Conversion } from '../../../src/engine/model/conversion.ts'
import type { ColumnOrigin, CopyPlan } from '../../../src/engine/model/plan.ts'
import { forEachServerNightly } from '../../support/databases.ts'
import { type Migrated, migrate, type PlannedTable, type Sources } from './migrated.ts'

const integer: Conversion = { kind: 'integer', bytes: 8, form: 'integer' }
const text: Conversion = { kind: 'text', maxCharacters: null }
const id = (of: string): Conversion => ({ kind: 'uuid-of-id', database: 'a.db', table: of, form: 'none' })
const byId: Pick<CopyPlan, 'identity'> = { identity: { kind: 'columns', columns: ['id'], ordered: false } }
const column = (name: string, conversion: Conversion): ColumnOrigin => ({
  kind: 'column',
  column: name,
  conversion,
})

forEachServerNightly((server) => {
  async function migrated(
    sources: Sources,
    tables: readonly PlannedTable[],
    use: (migrated: Migrated, found: () => Promise<string[]>) => Promise<void>,
  ): Promise<void> {
    const all = await migrate(server.url, sources, tables)
    try {
      expect(await all.compare()).toEqual([])
      await use(all, async () =>
        (await all.compare()).map(({ kind, key, column: of, source, target }) =>
          [kind, key, of, source, target].join(' | '),
        ),
      )
    } finally {
      await all.drop()
    }
  }

  test('folded children: one of another parent, in another order, changed, invented', async () => {
    const sources: Sources = {
      'a.db': `
        create table runs(id text primary key collate nocase, name text);
        insert into runs values ('R1', 'one'), ('R2', 'two'), ('R3', 'none');
        create table parts(run text collate nocase, n int, raw blob, primary key (run, n)) without rowid;
        insert into parts values ('r1', 2, x'00ff'), ('R1', 1, 'broken' || cast(x'ff' as text)), ('R2', 1, 0.5);
        insert into parts values ('R9', 1, 'nobody''s');`,
    }
    const fold = {
      tableId: 'a.db/parts',
      table: 'parts',
      columns: ['run', 'n', 'raw'],
      childColumn: 'run',
      parentColumn: 'id',
    }
    const tables: PlannedTable[] = [
      {
        table: 'runs',
        columns: [
          ['id', 'uuid', id('runs')],
          ['name', 'text', text],
          ['parts', 'jsonb', { kind: 'fold', fold: 0 }],
        ],
        copy: { ...byId, folds: [fold] },
      },
      { table: 'parts', foldedInto: 'a.db/runs' },
    ]
    await migrated(sources, tables, async ({ connection }, found) => {
      const { parts } = await connection.queryOne<{ parts: unknown }>(
        "select parts from app.runs where name = 'one'",
      )
      expect(parts).toEqual([
        { run: 'R1', n: 1, raw: { $text: Buffer.from('broken\xff', 'latin1').toString('base64') } },
        { run: 'r1', n: 2, raw: { $blob: 'AP8=' } },
      ])
      const swap = `update app.runs set parts = jsonb_build_array(parts->1, parts->0) where name = 'one'`
      await connection.execute(swap)
      expect(await found()).toHaveLength(1)
      await connection.execute(swap)
      expect(await found()).toEqual([])
      await connection.execute(
        `update app.runs set parts = (select parts from app.runs where name = 'two') where name = 'none'`,
      )
      expect((await found())[0]).toMatch(
        /^changed \| .* \| parts \| null \| \[\{"n":1,"raw":0.5,"run":"R2"\}\]$/,
      )
    })
  })

  test('pivoted groups: a pair of another group, a changed number, a refused group in the target', async () => {
    const sources: Sources = {
      'a.db': `
        create table features(at text, symbol text collate nocase, name, value);
        insert into features values ('2025-01-01', 'BTC', 'rsi', 0.1), ('2025-01-01', 'ETH', 'rsi', 7),
          ('2025-01-01', 'btc', 'macd', null), ('2025-01-01', 'BTC', 'rsi', 'second'), ('2025-01-02', 'BTC', 5, 1),
          ('not a day', 'BTC', 'rsi', 1), ('2025-01-03', null, 'rsi', x'01'), ('2025-01-03', null, 'a', 2);`,
    }
    const day: Conversion = { kind: 'date', zone: 'UTC', epoch: null, form: null }
    const tables: PlannedTable[] = [
      {
        table: 'features',
        columns: [
          ['at', 'date', day],
          ['symbol', 'text', text],
          ['features', 'jsonb', { kind: 'pivot' }],
        ],
        copy: {
          identity: { kind: 'columns', columns: ['at', 'symbol'], ordered: false },
          pivot: { groupBy: ['at', 'symbol'], name: 'name', value: 'value', archived: [] },
        },
      },
    ]
    await migrated(sources, tables, async ({ connection }, found) => {
      const { rows } = await connection.query('select at, symbol, features from app.features order by 1, 2')
      expect(rows).toEqual([
        { at: '2025-01-01', symbol: 'BTC', features: { rsi: 0.1, macd: null } },
        { at: '2025-01-01', symbol: 'ETH', features: { rsi: 7 } },
        { at: '2025-01-02', symbol: 'BTC', features: {} },
        { at: '2025-01-03', symbol: null, features: { rsi: { $blob: 'AQ==' }, a: 2 } },
      ])
      await connection.execute(`update app.features set features = '{"rsi": 7.5}' where symbol = 'ETH'`)
      expect(await found()).toEqual(['changed | 2025-01-01, ETH | features | {"rsi":7} | {"rsi":7.5}'])
      await connection.execute(`update app.features set features = '{"rsi": 7.0}' where symbol = 'ETH'`)
      await connection.execute(`insert into app.features values ('2024-01-01', 'BTC', '{"rsi": 1}')`)
      expect((await found()).map((line) => line.slice(0, 30))).toEqual(['extra-row | 2024-01-01, BTC | '])
    })
  })

  test('a refused row is excused, and only that one', async () => {
    const sources: Sources = {
      'a.db': `create table t(id text primary key, n) without rowid;
        insert into t values ('c', 1), ('a', 'many'), ('b', 2), ('d', 'few');`,
    }
    const tables: PlannedTable[] = [
      {
        table: 't',
        columns: [
          ['id', 'text', text],
          ['n', 'bigint', integer],
        ],
        copy: byId,
      },
    ]
    await migrated(sources, tables, async ({ connection }, found) => {
      const { rows } = await connection.query('select id from app.t order by 1')
      expect(rows).toEqual([{ id: 'b' }, { id: 'c' }])
      await connection.execute("insert into app.t values ('a', 5)")
      expect(await found()).toEqual(['extra-row | a |  |  | id=a, n=5'])
      await connection.execute("delete from app.t where id = 'a'; delete from app.t where id = 'b'")
      expect(await found()).toEqual(['missing-row | b |  | id=b, n=2 | '])
      await connection.execute(
        "insert into app.t values ('b', 2); delete from gpt_migrate.quarantine where ordinal = 1",
      )
      expect((await found())[0]).toBe('missing-row | a |  | id=a, n=(text "many" is no integer) | ')
    })
  })

  test('filters, expressions, constants, row numbers, rowids, gathers and hidden rowids', async () => {
    const sources: Sources = {
      'a.db': `
        create table t(a, b text, c);
        insert into t(rowid, a, b, c) values (-5, 1, 'x', 2), (7, 0, 'out', 3), (9007199254740993, 2, 'y', x'02');
        create table hidden(rowid, oid, _rowid_, v);
        insert into hidden values (1, 1, 1, 'p'), (1, 1, 1, 'q');`,
    }
    const tables: PlannedTable[] = [
      {
        table: 't',
        columns: [
          ['id', 'bigint', { kind: 'rowid', conversion: integer }],
          ['number', 'bigint', { kind: 'row-number', conversion: integer }],
          ['both', 'jsonb', { kind: 'gather', columns: ['a', 'c'] }],
          ['twice', 'text', { kind: 'expression', expression: 0, conversion: text }],
          ['origin', 'text', { kind: 'constant', value: { text: 'bot' }, conversion: text }],
        ],
        copy: {
          identity: { kind: 'columns', columns: ['id'], ordered: true },
          read: {
            columns: ['a', 'b', 'c'],
            expressions: ['b || b -- twice'],
            filter: 'a > 0 -- not all',
            table: { columns: [], rootPage: 0, withoutRowid: false },
          },
        },
      },
      {
        table: 'hidden',
        columns: [
          ['v', 'text', text],
          ['n', 'bigint', { kind: 'row-number', conversion: integer }],
        ],
      },
    ]
    await migrated(sources, tables, async ({ connection }, found) => {
      const { rows } = await connection.query('select id, number, twice from app.t order by number')
      expect(rows).toEqual([
        { id: '-5', number: '1', twice: 'xx' },
        { id: '9007199254740993', number: '3', twice: 'yy' },
      ])
      await connection.execute('update app.t set id = 9007199254740992 where id > 7')
      expect((await found()).map((line) => line.split(' | ')[0])).toEqual(
        ['extra-row', 'missing-row'].reverse(),
      )
      await connection.execute('update app.t set id = 9007199254740993 where id > 7')
      await connection.execute(`update app.t set "both" = '{"a": 1, "c": 2, "d": null}' where id < 0`)
      expect(await found()).toEqual(['changed | -5 | both | {"a":1,"c":2} | {"a":1,"c":2,"d":null}'])
    })
  })

  test('references into another database, in every spelling of an id', async () => {
    const uuid = '6F9619FF-8B86-D011-B42D-00CF4FC964FF'
    const sources: Sources = {
      'a.db': `create table models(id);
        insert into models values (1), ('two'), ('${uuid}'), (3.5);`,
      'b.db': `create table uses(id integer primary key, model);
        insert into uses(model) values ('1'), (1.0), ('two'), ('Two'), ('${uuid.toLowerCase().replaceAll('-', '')}'),
          (x'${uuid.replaceAll('-', '')}'), (3.5), ('3.5'), (null), ('01');`,
    }
    const tables: PlannedTable[] = [
      { table: 'models', columns: [['id', 'uuid', id('models')]], copy: byId },
      {
        database: 'b.db',
        table: 'uses',
        columns: [
          ['id', 'bigint', integer],
          ['model', 'uuid', id('models')],
          ['source_model', 'json', column('model', { kind: 'json', text: 'string', storage: 'json' })],
        ],
        copy: {
          ...byId,
          references: [
            {
              columns: ['model'],
              parent: { tableId: 'a.db/models', database: 'a.db', table: 'models', columns: ['id'] },
              onOrphan: 'null-reference',
              target: 'model',
              originalIn: 'source_model',
            },
          ],
        },
      },
    ]
    await migrated(sources, tables, async ({ connection }, found) => {
      const { rows } = await connection.query('select id::int from app.uses where model is null order by 1')
      expect(rows.map((row) => row.id)).toEqual([4, 8, 9, 10])
      await connection.execute('update app.uses set model = (select id from app.models limit 1) where id = 9')
      expect(await found()).toHaveLength(1)
    })
  })

  test('many differences: the first hundred are named, the rest counted; no row is read into memory for good', async () => {
    const sources: Sources = {
      'a.db': `create table t(id integer primary key, v text);
        insert into t with recursive c(i) as (select 1 union all select i + 1 from c where i < 20000) select i, 'v' || i from c;`,
    }
    const tables: PlannedTable[] = [
      {
        table: 't',
        columns: [
          ['id', 'bigint', integer],
          ['v', 'text', text],
        ],
        copy: { identity: { kind: 'columns', columns: ['id'], ordered: true } },
      },
    ]
    await migrated(sources, tables, async ({ connection, compare }) => {
      await connection.execute('update app.t set v = id where id % 2 = 0 and id <= 300')
      const some = await compare()
      expect(some).toHaveLength(101)
      expect(some[100]!.target).toMatch(/^(at least )?50 more differences$/)
      await connection.execute('delete from app.t where id > 100')
      const many = await compare()
      expect(many).toHaveLength(101)
      expect(many[100]!.target).toMatch(/^at least \d+ more differences$/)
    })
  })

  test('children find their parents as the migration has it, however both are declared', async () => {
    const declared = ['numeric', 'text', '', 'text collate nocase']
    const values = `(1), ('1'), (1.0), ('01'), (0.5), ('0.5'), ('a'), ('A'), (x'61'), (null), ('1 ')`
    const pairs = declared.flatMap((parent) => declared.map((child) => [parent, child] as const))
    const script = pairs.map(
      ([parent, child], n) => `
        create table p${n}(id ${parent}); insert into p${n} values ${values};
        create table c${n}(parent ${child}, n integer primary key desc);
        insert into c${n}(parent) values ${values};`,
    )
    const tables = pairs.flatMap(([,], n): PlannedTable[] => [
      {
        table: `p${n}`,
        columns: [
          ['id', 'jsonb', { kind: 'json', text: 'string', storage: 'jsonb' }],
          ['children', 'jsonb', { kind: 'fold', fold: 0 }],
        ],
        copy: {
          folds: [
            {
              tableId: `a.db/c${n}`,
              table: `c${n}`,
              columns: ['parent', 'n'],
              childColumn: 'parent',
              parentColumn: 'id',
            },
          ],
        },
      },
      { table: `c${n}`, foldedInto: `a.db/p${n}` },
    ])
    await migrated({ 'a.db': script.join('\n') }, tables, async () => undefined)
  })

  test('references of every declaration, in every class', async () => {
    const declared = ['integer', 'text', '', 'real']
    const values = [
      1n,
      '1',
      1,
      0.5,
      '0.5',
      'a',
      'A',
      '1 ',
      null,
      2n ** 63n - 1n,
      2 ** 53,
      1e300,
      -1n,
      '-1',
      'ü',
    ]
    const pairs = declared.flatMap((parent) => declared.map((child) => [parent, child] as const))
    const tables = pairs.flatMap(([,], n): PlannedTable[] => [
      { table: `p${n}`, columns: [['id', 'uuid', id(`p${n}`)]] },
      {
        table: `c${n}`,
        columns: [
          ['n', 'bigint', integer],
          ['parent', 'uuid', id(`p${n}`)],
          ['source_parent', 'jsonb', column('parent', { kind: 'json', text: 'string', storage: 'jsonb' })],
        ],
        copy: {
          references: [
            {
              columns: ['parent'],
              parent: { tableId: `a.db/p${n}`, database: 'a.db', table: `p${n}`, columns: ['id'] },
              onOrphan: 'null-reference',
              target: 'parent',
              originalIn: 'source_parent',
            },
          ],
        },
      },
    ])
    const fill: Sources[string] = (db) => {
      for (const [n, [parent, child]] of pairs.entries()) {
        db.exec(
          `create table p${n}(id ${parent}); create table c${n}(n integer primary key, parent ${child})`,
        )
        const [toParent, toChild] = [
          db.prepare(`insert into p${n}(id) values (?)`),
          db.prepare(`insert into c${n}(parent) values (?)`),
        ]
        for (const [at, value] of values.entries()) {
          if (at % 2 === 0) toParent.run(value)
          toChild.run(value)
        }
      }
    }
    await migrated({ 'a.db': fill }, tables, async ({ connection }) => {
      const { rows } = await connection.queryOne<{ rows: number }>(
        'select count(*)::int as rows from app.c0 where parent is null',
      )
      expect(rows).toBeGreaterThan(2)
    })
  })

  test('a database in UTF-16, a table as wide as the target takes, a pivot without a rowid', async () => {
    const names = Array.from({ length: 1500 }, (_, n) => `c${n}`)
    const sources: Sources = {
      'a.db': `pragma encoding = 'UTF-16le';
        create table wide(${names.join(', ')});
        insert into wide values (${names.map((_, n) => (n % 3 === 2 ? `'ü𝄞${n}'` : n % 90 === 0 ? n : 'null')).join(', ')});
        create table pairs(symbol text, name text, value, primary key (name desc, symbol)) without rowid;
        insert into pairs values ('B', 'x', 1), ('A', 'y', 2), ('B', 'y', 3), ('A', 'x', 'ü');`,
    }
    const tables: PlannedTable[] = [
      { table: 'wide', columns: names.map((name) => [name, 'text', text] as const) },
      {
        table: 'pairs',
        columns: [
          ['symbol', 'text', text],
          ['n', 'bigint', { kind: 'row-number', conversion: integer }],
          ['all', 'jsonb', { kind: 'pivot' }],
        ],
        copy: { pivot: { groupBy: ['symbol'], name: 'name', value: 'value', archived: [] } },
      },
    ]
    await migrated(sources, tables, async ({ connection }, found) => {
      await connection.execute(`update app.wide set c1499 = 'ü' || c1499`)
      expect(await found()).toEqual(['changed |  | c1499 | ü𝄞1499 | üü𝄞1499'])
    })
  })
})
