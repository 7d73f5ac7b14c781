import { describe, expect, it } from 'vitest'
import type { RunEvent } from '../../src/engine/door/index.ts'
import { jsonLines } from '../../src/faces/json-lines.ts'
import { plainLines } from '../../src/faces/plain-lines.ts'
import { summaryLines } from '../../src/faces/summary.ts'
import { hostileReport, hostileText, sampleReport } from '../engine/report/sample-report.ts'
import { sampleEvents } from './sample-events.ts'

/** The lines of events that come at the times they bear. */
function linesOf(events: readonly RunEvent[]): string[] {
  const lines: string[] = []
  let now = 0
  const face = plainLines(
    (line) => lines.push(line),
    () => now,
  )
  for (const event of events) {
    if ('at' in event) now = Math.max(now, Date.parse(event.at))
    face.onEvent(event)
  }
  return lines
}

describe('plainLines', () => {
  it('reports the run a line at a time, and ends with the summary', async () => {
    await expect(`${linesOf(sampleEvents).join('\n')}\n`).toMatchFileSnapshot('../golden/plain-lines.txt')
    const told = summaryLines(sampleReport, { wasReported: true })
    expect(linesOf(sampleEvents).slice(-told.length)).toEqual(told)
  })

  it('prints no more than a line of progress every three seconds', () => {
    const events: RunEvent[] = [
      {
        type: 'tables-planned',
        tables: [{ tableId: 'trading.db/trades', target: 'trading.trades', rows: 40_000 }],
        at: new Date(1000).toISOString(),
      },
      { type: 'phase-started', phase: 'copy', total: 1000, unit: 'row', at: new Date(1000).toISOString() },
    ]
    for (let ms = 1000; ms <= 31_000; ms += 10) {
      const when = new Date(ms).toISOString()
      events.push({
        type: 'table-progress',
        tableId: 'trading.db/trades',
        rows: ms,
        quarantined: 0,
        bytes: 0,
        at: when,
      })
    }
    const lines = linesOf(events)
    expect(lines.length).toBeGreaterThan(5)
    expect(lines.length).toBeLessThanOrEqual(12)
  })

  it('costs nothing when a progress event is lost', () => {
    const rest = sampleEvents.filter((event) => !event.type.endsWith('-progress'))
    expect(linesOf(rest).at(-1)).toBe(linesOf(sampleEvents).at(-1))
    expect(linesOf(rest)).toContain(
      '  trading.trades: 2,000,000 rows, 5.0 s, 400,000/s, 3 rows in quarantine',
    )
  })

  it('says nothing of a table without rows, unless all is asked for', () => {
    const empty = {
      type: 'table-finished',
      tableId: 'a.db/t',
      rows: 0,
      quarantined: 0,
      elapsedMs: 1,
      at: '2026-11-22T10:00:01Z',
    } as const
    expect(linesOf([empty])).toEqual([])
    expect(linesOf([{ ...empty, quarantined: 1 }])).toHaveLength(1)
    const lines: string[] = []
    plainLines((line) => lines.push(line), undefined, { isVerbose: true }).onEvent(empty)
    expect(lines).toHaveLength(1)
  })

  it('says so when a run continues', () => {
    expect(linesOf([{ type: 'run-started', run: 'r1', resumed: true, at: '2026-11-22T10:00:00Z' }])).toEqual([
      'Resuming run r1',
    ])
  })

  it('hostile-names: nothing reaches the terminal but text', () => {
    const lines = linesOf([
      {
        type: 'database-found',
        database: {
          database: hostileText,
          path: hostileText,
          bytes: 1,
          journalMode: 'wal',
          tables: [],
          health: { kind: 'unreadable', code: 'x', detail: hostileText },
        },
      },
      { type: 'path-passed-over', passedOver: { path: hostileText, reason: hostileText } },
      { type: 'finding', finding: { severity: 'error', code: 'x', message: hostileText } },
      {
        type: 'tables-planned',
        tables: [{ tableId: hostileText, target: hostileText, rows: 1 }],
        at: '2026-11-22T10:00:00Z',
      },
      {
        type: 'table-finished',
        tableId: hostileText,
        rows: 1,
        quarantined: 0,
        elapsedMs: 1,
        at: '2026-11-22T10:00:01Z',
      },
      {
        type: 'table-verified',
        tableId: hostileText,
        match: false,
        rows: 1,
        elapsedMs: 1,
        at: '2026-11-22T10:00:01Z',
      },
      { type: 'run-finished', report: { ...hostileReport, run: 'r1' }, at: '2026-11-22T10:00:02Z' },
    ])
    expect(lines.length).toBeGreaterThan(20)
    for (const line of lines) {
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
    }
  })
})

describe('jsonLines', () => {
  it('gives every event as one line that reads back the same', () => {
    const lines: string[] = []
    const face = jsonLines((line) => lines.push(line))
    const events: RunEvent[] = [
      ...sampleEvents,
      { type: 'finding', finding: { severity: 'error', code: 'x', message: hostileText } },
    ]
    for (const event of events) face.onEvent(event)
    expect(lines.map((line) => JSON.parse(line))).toEqual(events)
    expect(lines.filter((line) => /[\n\r\u2028]/.test(line))).toEqual([])
  })
})
