/** The run and its summary, in a person's words. */
import { cleanup } from 'ink-testing-library'
import { afterEach, describe, expect, it } from 'vitest'
import { MigrateError, type Report, type ReportTable, type RunEvent } from '../../src/engine/door/index.ts'
import { foundDatabase, passedTest, preparedOf, reportOf, withTarget } from '../support/wizard-samples.ts'
import { type Answers, openScreen } from './screen.tsx'

afterEach(cleanup)

const at = '2026-11-22T10:00:00.000Z'
const later = '2026-11-22T10:00:01.000Z'
const planned: readonly RunEvent[] = [
  { type: 'run-started', run: '2026-11-22-1', resumed: false, at },
  {
    type: 'tables-planned',
    tables: [
      { tableId: 'shop.db/orders', target: 'shop.orders', rows: 1000 },
      { tableId: 'shop.db/customers', target: 'shop.customers', rows: 500 },
    ],
    at,
  },
  { type: 'phase-started', phase: 'copy', total: 1500, unit: 'row', at },
  { type: 'table-started', tableId: 'shop.db/orders', at },
]

async function begin(migrate: (tell: (event: RunEvent) => void) => unknown, more: Answers = {}) {
  const screen = openScreen(withTarget('postgres://ada@db.example/target'), {
    knownMapping: () => ({ databases: [], schemas: [], extensions: [] }),
    discover: () => ({ databases: [foundDatabase('shop.db')], passedOver: [] }),
    testTarget: () => passedTest(),
    prepareChosen: () => preparedOf(['orders', 'customers']),
    releaseTarget: () => null,
    migrate: (_request, tell) => migrate(tell),
    ...more,
  })
  await screen.sees('shop.db')
  await screen.press('enter')
  await screen.sees('PostgreSQL 17.2')
  await screen.press('enter')
  await screen.sees('Continue: move')
  await screen.press('enter')
  await screen.sees('Move 6 rows?')
  await screen.press('enter')
  return screen
}

function reportTable(change: Partial<ReportTable> = {}): ReportTable {
  return {
    database: 'shop.db',
    table: 'orders',
    target: { schema: 'shop', table: 'orders' },
    rows: { source: 1000, target: 1000, quarantined: 0, excluded: 0 },
    columns: [],
    checksum: { source: 'a', target: 'a', match: true },
    copyReader: 'pages',
    reader: 'sqlite',
    seconds: 1.1,
    ...change,
  }
}

describe('migration', () => {
  it('shows bars, rates and what waits; pauses; stops', async () => {
    let tellLater: (event: RunEvent) => void = () => {}
    const { sees, press, commands } = await begin((tell) => {
      tellLater = tell
      for (const event of planned) tell(event)
      tell({
        type: 'table-progress',
        tableId: 'shop.db/orders',
        rows: 400,
        quarantined: 3,
        bytes: 9,
        at: later,
      })
      return new Promise(() => {})
    })
    await sees('shop.orders', '40 %', '400 of 1,500 rows', '1 table waiting', '3 rows in quarantine')
    tellLater({
      type: 'table-finished',
      tableId: 'shop.db/orders',
      rows: 1000,
      quarantined: 3,
      elapsedMs: 1000,
      at: later,
    })
    await sees(/✓ shop\.orders\s+1,000\s+1\.0 s\s+1,000\/s\s+3 in quarantine/)
    await press('p')
    await sees('Paused', 'p continue')
    await press('p', 'ctrl+c')
    await sees('Stopping after the blocks under way', 'ctrl+c leave at once')
    expect(commands).toEqual([{ type: 'pause' }, { type: 'unpause' }, { type: 'stop', signal: 'SIGINT' }])
  })

  it('a thousand events a second are ten pictures', async () => {
    let pour = (): void => {}
    const { sees, store } = await begin((tell) => {
      for (const event of planned) tell(event)
      pour = () => {
        for (let rows = 1; rows <= 1000; rows++)
          tell({
            type: 'table-progress',
            tableId: 'shop.db/orders',
            rows,
            quarantined: 0,
            bytes: 1,
            at: later,
          })
      }
      return new Promise(() => {})
    })
    await sees('Copying')
    let pictures = 0
    store.subscribe(() => pictures++)
    pour()
    expect(pictures).toBe(0)
    await sees('1,000 of 1,500 rows')
    expect(pictures).toBeLessThan(5)
  })

  it('that could not begin says why, and that nothing was written', async () => {
    const { sees } = await begin(() => {
      throw new MigrateError('target', 'locked', 'Another run works on this target.', {
        hint: 'Wait for it.',
      })
    })
    await sees(
      'could not begin',
      'Another run works on this target.',
      'Nothing was written',
      'enter try again',
    )
  })
})

describe('summary', () => {
  const ended = (report: Report, more: Answers = {}) => begin(() => report, more)

  it('gives the verdict of each table and what can be done next', async () => {
    const { sees } = await ended(reportOf({ tables: [reportTable()] }))
    await sees(
      'Moved and verified: 1,000 rows, every value compared, in 5.0 s.',
      /shop\.orders\s+1,000\s+✓ yes/,
    )
    await sees('Database  postgresql://ada@db.example:5432/target')
  })

  it('a difference is never overlooked', async () => {
    const checksum = { source: 'a', target: 'b', match: false }
    const verify = {
      level: 'checksum',
      ok: false,
      differences: [],
      checks: [{ name: 'sequences', ok: false, detail: 'orders_id_seq is behind' }],
    } as const
    const { sees } = await ended(
      reportOf({ status: 'mismatch', exitCode: 7, tables: [reportTable({ checksum })], verify }),
    )
    await sees('verification found differences', 'DIFFERS', 'sequences: orders_id_seq is behind')
  })

  it('enter shows the rows in quarantine, with their values made harmless', async () => {
    const { sees, press, text } = await ended(
      reportOf({
        status: 'quarantined',
        exitCode: 8,
        quarantine: { rows: 1, byCode: { 'nul-in-text': 1 } },
        tables: [reportTable({ rows: { source: 1000, target: 999, quarantined: 1, excluded: 0 } })],
      }),
      {
        listRejects: () => ({
          run: '2026-11-22-1',
          entries: [
            {
              tableId: 'shop.db/orders',
              block: 0,
              key: [{ integer: '7' }],
              ordinal: 7,
              cells: { id: { integer: '7' }, note: { text: 'bad\u001b]0;title\u0007' } },
              column: 'note',
              code: 'nul-in-text',
              reason: 'the text holds U+0000',
            },
          ],
        }),
      },
    )
    await sees('1 row in quarantine')
    await press('enter')
    await sees('Row 7, column note: the text holds U+0000 (nul-in-text)', 'id = 7')
    expect(text()).not.toContain('\u001b]0;')
  })
})
