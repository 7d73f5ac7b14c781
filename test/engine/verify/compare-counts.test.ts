import { expect, test } from 'vitest'
import type { BlockRecord } from '../../../src/engine/model/journal.ts'
import { compareCounts } from '../../../src/engine/verify/compare-counts.ts'
import { forEachServerNightly } from '../../support/databases.ts'
import { migrate, type PlannedTable } from './migrated.ts'

const tables: readonly PlannedTable[] = [
  {
    table: 't',
    columns: [
      ['id', 'bigint', { kind: 'integer', bytes: 8, form: 'integer' }],
      ['n', 'bigint', { kind: 'integer', bytes: 8, form: 'integer' }],
      ['parts', 'jsonb', { kind: 'fold', fold: 0 }],
    ],
    copy: {
      read: {
        columns: ['id', 'n'],
        expressions: [],
        filter: 'n <> 7',
        table: { columns: [], rootPage: 0, withoutRowid: false },
      },
      folds: [
        { tableId: 'a.db/parts', table: 'parts', columns: ['t', 'v'], childColumn: 't', parentColumn: 'id' },
      ],
    },
  },
  { table: 'parts', foldedInto: 'a.db/t' },
]
const source = `
  create table t(id integer primary key, n);
  insert into t values (1, 5), (2, 'many'), (3, 7), (4, 8);
  create table parts(t, v);
  insert into parts values (1, 'a'), (1, 'b'), (2, 'c');`

forEachServerNightly((server) => {
  test('rows that are missing, too many, unaccounted for, or in blocks that were never copied', async () => {
    const { connection, run, plan, records, drop } = await migrate(server.url, { 'a.db': source }, tables)
    const count = async (changed: readonly BlockRecord[] = records) =>
      (await compareCounts(connection, { run, plan }, changed)).map(
        ({ table, kind, source: of, target }) => `${table} ${kind}: ${of} → ${target}`,
      )
    const outcome = records[0]!.outcome!
    try {
      expect(await count()).toEqual([])
      expect(outcome.sources).toEqual([
        { tableId: 'a.db/t', read: 4, held: 2, quarantined: 1, excluded: 1 },
        { tableId: 'a.db/parts', read: 3, held: 2, quarantined: 1, excluded: 0 },
      ])

      await connection.execute('delete from app.t where id = 1')
      expect(await count()).toEqual(['a.db/t count: 2 → 1'])
      await connection.execute('insert into app.t (id) values (1), (1)')
      expect(await count()).toEqual(['a.db/t count: 2 → 3'])
      await connection.execute('drop table app.t')
      expect((await count())[0]).toMatch(/^a\.db\/t count: 2 → not counted: .*app\.t/)
      await connection.execute('create table app.t as select from generate_series(1, 2)')
      await connection.execute("delete from gpt_migrate.quarantine where table_id = 'a.db/t'")
      expect(await count()).toEqual(['a.db/t count: 1 in quarantine, by the journal → 0 in quarantine'])
      await connection.execute(
        `insert into gpt_migrate.quarantine (run, table_id, block, ordinal, key, key_digest, cells, code, reason)
         values ('${run}', 'a.db/t', 0, 2, '[]', '', '{}', 'x', 'x')`,
      )

      const [own, folded] = outcome.sources
      const changed = (sources: typeof outcome.sources) => [
        { ...records[0]!, outcome: { ...outcome, sources } },
      ]
      expect(await count(changed([{ ...own!, held: 1 }, folded!]))).toEqual([
        'a.db/t count: 4 rows → 4 read (1 held, 1 in quarantine, 1 excluded)',
      ])
      expect(await count(changed([own!]))).toEqual([
        'a.db/parts count: 0 in quarantine, by the journal → 1 in quarantine',
        'a.db/parts count: 3 rows → 0 read (0 held, 0 in quarantine, 0 excluded)',
      ])
      const second = { block: { ...records[0]!.block, number: 1 }, outcome: null }
      expect(await count([...records, second])).toEqual([
        'a.db/t count: 4 rows → 4 read (2 held, 1 in quarantine, 1 excluded); 1 blocks not copied',
      ])
      expect(await count([])).toHaveLength(5)
    } finally {
      await drop()
    }
  })
})
