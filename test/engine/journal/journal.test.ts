import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { forgetBlock, planBlocks, readBlocks, recordBlock } from '../../../src/engine/journal/blocks.ts'
import { countQuarantine, listArchive, listQuarantine } from '../../../src/engine/journal/entries.ts'
import {
  beginRun,
  findUnfinishedRun,
  finishRun,
  listRuns,
  readRun,
  recordCreated,
  setStatus,
} from '../../../src/engine/journal/journal.ts'
import { deleteQuarantine } from '../../../src/engine/journal/remove-entries.ts'
import { createJournal, hasJournal } from '../../../src/engine/journal/schema.ts'
import type { Block, BlockOutcome } from '../../../src/engine/model/block.ts'
import type { ArchiveEntry, QuarantineEntry } from '../../../src/engine/model/journal.ts'
import type { StoredCell } from '../../../src/engine/model/storage.ts'
import { type Connection, connect } from '../../../src/engine/target/connection/connection.ts'
import { anyCharacter } from '../../support/any-character.ts'
import { type FreshDatabase, forEachServer, freshDatabase } from '../../support/databases.ts'
import { emptyRun } from './runs.ts'

const block: Block = {
  tableId: 'a.db/t',
  number: 0,
  range: { after: null, through: [{ integer: '9223372036854775807' }] },
  rowsBefore: 0,
  rows: 3,
}
const last: Block = {
  ...block,
  number: 1,
  range: { after: block.range.through, through: null },
  rowsBefore: 3,
}
const outcome: BlockOutcome = {
  targetRows: 2,
  bytes: 5_000_000_000,
  checksum: '0123456789abcdef0123456789abcdef',
  sources: [{ tableId: 'a.db/t', read: 3, held: 2, quarantined: 1, excluded: 0 }],
  columns: [{ target: 'a', exact: 1, normalized: 0, rounded: 1, maxError: '0.000000001' }],
}
const refused: QuarantineEntry = {
  tableId: 'a.db/t',
  block: 0,
  key: [{ integer: '7' }],
  ordinal: 3,
  cells: { a: { real: '-0' }, '10': { text: 'ü\u2028"\\' }, '2': null, b: { blob: 'AAE=' } },
  column: 'a',
  code: 'not-finite',
  reason: `what's "wrong" \\ {with} it, \0 and more`,
}
const kept: ArchiveEntry = {
  tableId: 'a.db/t',
  block: 0,
  key: [{ integer: '1' }],
  ordinal: 1,
  kind: 'cells',
  rows: [{ a: { real: '0.1' } }],
  targetRow: null,
}
const none = { quarantine: [], archive: [] }

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const result: T[] = []
  for await (const item of items) result.push(item)
  return result
}

forEachServer((server) => {
  let database: FreshDatabase
  let connection: Connection
  beforeEach(async () => {
    database = await freshDatabase(server.url)
    connection = await connect(database.address)
    await createJournal(connection)
  })
  afterEach(async () => {
    await connection.end()
    await database.drop()
  })

  test('creating it twice changes nothing; every table and column of people is documented', async () => {
    await beginRun(connection, emptyRun('r1'))
    await createJournal(connection)
    expect(await hasJournal(connection)).toBe(true)
    expect(await listRuns(connection)).toHaveLength(1)
    const { rows } = await connection.query(
      `select c.relname from pg_class c where c.relnamespace = 'gpt_migrate'::regnamespace and c.relkind = 'r'
          and obj_description(c.oid) is null`,
    )
    expect(rows).toEqual([])
  })

  test('a journal of a newer version, and a schema that is none', async () => {
    await connection.execute('update gpt_migrate.version set number = 99')
    await expect(createJournal(connection)).rejects.toMatchObject({ code: 'journal-newer' })
    await connection.execute('drop table gpt_migrate.version')
    await expect(hasJournal(connection)).rejects.toMatchObject({ code: 'journal-foreign' })
  })

  test('a run comes back as it was written, with texts that jsonb refuses', async () => {
    const record = emptyRun('r1', {
      findings: [
        { severity: 'notice', code: 'x', message: 'nul \0, lone \ud800, {"__proto__": 1}, \\u0000' },
      ],
    })
    await beginRun(connection, record)
    expect(await findUnfinishedRun(connection)).toEqual(record)
    await recordCreated(connection, 'r1', [{ kind: 'schema', schema: null, name: `we"ird '\\` }])
    await recordCreated(connection, 'r1', [{ kind: 'table', schema: 's', name: 't' }])
    await setStatus(connection, 'r1', 'indexing')
    expect(await findUnfinishedRun(connection)).toMatchObject({
      status: 'indexing',
      created: [{ name: `we"ird '\\` }, { kind: 'table', schema: 's', name: 't' }],
    })
    await finishRun(connection, 'r1', 'finished', '2025-01-02T03:04:05.678Z')
    expect(await findUnfinishedRun(connection)).toBeNull()
    expect(await readRun(connection, 'r1')).toMatchObject({
      status: 'finished',
      finishedAt: '2025-01-02T03:04:05.678Z',
    })
    expect(await readRun(connection, 'r2')).toBeNull()
  })

  test('the server knows how many blocks there are, where it matters for recording some of them', async () => {
    await beginRun(connection, emptyRun('r1'))
    const blocks = Array.from({ length: 1_000 }, (_, number): Block => ({ ...block, number }))
    await connection.transaction(() => planBlocks(connection, 'r1', blocks))
    const { rows } = await connection.queryOne<{ rows: number }>(
      `select reltuples::int as rows from pg_class where oid = 'gpt_migrate.block'::regclass`,
    )
    expect(rows).toBe(1_000)
  })

  test('blocks: planned, recorded once, taken back', async () => {
    await beginRun(connection, emptyRun('r1'))
    await planBlocks(connection, 'r1', [block, last])
    expect(await readBlocks(connection, 'r1')).toEqual([
      { block, outcome: null },
      { block: last, outcome: null },
    ])
    await connection.transaction(() =>
      recordBlock(connection, 'r1', block, outcome, { quarantine: [refused], archive: [kept] }),
    )
    expect((await readBlocks(connection, 'r1'))[0]).toEqual({ block, outcome })
    await expect(recordBlock(connection, 'r1', block, outcome, none)).rejects.toMatchObject({
      code: 'block-already-recorded',
    })
    await forgetBlock(connection, 'r1', block, ['a.db/t'])
    expect((await readBlocks(connection, 'r1'))[0]).toEqual({ block, outcome: null })
    expect(await all(listQuarantine(connection, 'r1'))).toEqual([])
    await recordBlock(connection, 'r1', block, outcome, none)
  })

  test('a block whose transaction fails leaves nothing behind', async () => {
    await beginRun(connection, emptyRun('r1'))
    await planBlocks(connection, 'r1', [block])
    const work = connection.transaction(async () => {
      await recordBlock(connection, 'r1', block, outcome, { quarantine: [refused], archive: [kept] })
      await connection.query('select 1/0')
    })
    await expect(work).rejects.toMatchObject({ sqlstate: '22012' })
    expect(await readBlocks(connection, 'r1')).toEqual([{ block, outcome: null }])
    expect(await all(listQuarantine(connection, 'r1'))).toEqual([])
    expect(await all(listArchive(connection, 'r1'))).toEqual([])
  })

  test('quarantine isn’t doubled, distinguishes equal keys by ordinal, and takes keys longer than an index entry', async () => {
    await beginRun(connection, emptyRun('r1'))
    await planBlocks(connection, 'r1', [block])
    // Incompressible, so that no index entry could hold it.
    const random = Array.from({ length: 6000 }, (_, i) =>
      String.fromCodePoint(0x4e00 + ((i * 7919) % 20_000)),
    ).join('')
    const entries: QuarantineEntry[] = [
      refused,
      refused,
      { ...refused, ordinal: 4 },
      { ...refused, tableId: 'a.db/child', key: [], column: null, code: 'no-parent' },
      { ...refused, key: [{ text: random }], ordinal: 5 },
    ]
    await recordBlock(connection, 'r1', block, outcome, { quarantine: entries, archive: [kept, kept] })
    const stored = await all(listQuarantine(connection, 'r1'))
    const shown = { ...refused, reason: refused.reason.replace('\0', '\uFFFD') }
    expect(stored).toEqual([
      { ...entries[3], reason: shown.reason },
      shown,
      { ...shown, ordinal: 4 },
      { ...entries[4], reason: shown.reason },
    ])
    expect(await all(listQuarantine(connection, 'r1', 'a.db/child'))).toHaveLength(1)
    expect(await countQuarantine(connection, 'r1')).toEqual([
      { tableId: 'a.db/child', column: null, code: 'no-parent', rows: 1 },
      { tableId: 'a.db/t', column: 'a', code: 'not-finite', rows: 3 },
    ])
    expect(await deleteQuarantine(connection, 'r1', [entries[4]!, entries[4]!])).toBe(1)
    expect(await all(listArchive(connection, 'r1'))).toEqual([kept])
  })

  test('any cells come back as they were, over many pages', async () => {
    await beginRun(connection, emptyRun('r1'))
    await planBlocks(connection, 'r1', [block])
    const cell: fc.Arbitrary<StoredCell> = fc.oneof(
      fc.constant(null),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => ({ integer: String(value) })),
      fc.double().map((value) => ({ real: String(value) })),
      fc.string({ unit: anyCharacter }).map((text) => ({ text: text.replaceAll('\0', '') })),
      fc.base64String().map((blob) => ({ blob })),
    )
    const name = fc.string({ unit: anyCharacter, maxLength: 8 }).map((text) => text.replaceAll('\0', ''))
    const rows = fc.sample(fc.dictionary(name, cell), { numRuns: 700, seed: 1 })
    const entries = rows.map((cells, i) => ({
      ...refused,
      reason: 'r',
      cells: { ...cells },
      ordinal: i - 350,
    }))
    await recordBlock(connection, 'r1', block, outcome, { quarantine: entries, archive: [] })
    expect(await all(listQuarantine(connection, 'r1'))).toEqual(entries)
  })

  test('a record that somebody changed by hand is refused with a sentence', async () => {
    await beginRun(connection, emptyRun('r1'))
    for (const damage of ["plan = 'null'", "plan = '{}'", "plan = '[]'", "snapshots = 'null'"]) {
      await connection.execute(`begin; update gpt_migrate.run set ${damage}`)
      await expect(readRun(connection, 'r1')).rejects.toMatchObject({
        code: 'journal-damaged',
        message: expect.stringContaining('r1'),
      })
      await connection.execute('rollback')
    }
    expect(await readRun(connection, 'r1')).not.toBeNull()
  })
})
