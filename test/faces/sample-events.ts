/** The events of a small run, as the engine tells them. */
import type { RunEvent } from '../../src/engine/door/index.ts'
import { sampleReport } from '../engine/report/sample-report.ts'

const at = (seconds: number): string => new Date(Date.UTC(2026, 10, 22, 10) + seconds * 1000).toISOString()

export const sampleEvents: readonly RunEvent[] = [
  { type: 'phase-started', phase: 'discover', total: 0, unit: 'database', at: at(0) },
  {
    type: 'database-found',
    database: {
      database: 'trading.db',
      path: '/srv/bot/data/trading.db',
      bytes: 188_000_000,
      journalMode: 'wal',
      tables: [
        { name: 'positions', rows: 412 },
        { name: 'trades', rows: 2_000_000 },
      ],
      health: { kind: 'ok' },
    },
  },
  {
    type: 'database-found',
    database: {
      database: 'old.db',
      path: '/srv/bot/data/old.db',
      bytes: 4096,
      journalMode: 'rollback',
      tables: [],
      health: { kind: 'damaged', detail: 'page 2 is never used' },
    },
  },
  { type: 'path-passed-over', passedOver: { path: '/srv/bot/data/notes.txt', reason: 'is no database' } },
  { type: 'phase-finished', phase: 'discover', elapsedMs: 100, at: at(0.1) },
  { type: 'phase-started', phase: 'snapshot', total: 1, unit: 'database', at: at(0.1) },
  { type: 'phase-progress', phase: 'snapshot', done: 0, detail: 'trading.db', at: at(0.2) },
  { type: 'phase-finished', phase: 'snapshot', elapsedMs: 600, at: at(0.7) },
  { type: 'finding', finding: { severity: 'notice', code: 'x', message: 'not shown in lines' } },
  { type: 'finding', finding: { severity: 'warning', code: 'orphans', message: '12 trades have no order.' } },
  { type: 'run-started', run: '2026-11-22-1', resumed: false, at: at(1) },
  {
    type: 'tables-planned',
    tables: [
      { tableId: 'trading.db/positions', target: 'trading.positions', rows: 412 },
      { tableId: 'trading.db/trades', target: 'trading.trades', rows: 2_000_000 },
    ],
    at: at(1),
  },
  { type: 'phase-started', phase: 'copy', total: 2_000_412, unit: 'row', at: at(1) },
  { type: 'table-started', tableId: 'trading.db/positions', at: at(1) },
  { type: 'table-started', tableId: 'trading.db/trades', at: at(1) },
  {
    type: 'table-finished',
    tableId: 'trading.db/positions',
    rows: 412,
    quarantined: 0,
    elapsedMs: 100,
    at: at(1.1),
  },
  {
    type: 'table-progress',
    tableId: 'trading.db/trades',
    rows: 900_000,
    quarantined: 1,
    bytes: 9e7,
    at: at(2),
  },
  {
    type: 'finding',
    finding: {
      severity: 'notice',
      code: 'reader-changed',
      tableId: 'trading.db/trades',
      message: 'trading.db/trades is read through SQLite: page 7 is not as expected.',
    },
  },
  {
    type: 'table-progress',
    tableId: 'trading.db/trades',
    rows: 1_500_000,
    quarantined: 3,
    bytes: 15e7,
    at: at(5.5),
  },
  { type: 'paused', at: at(5.6) },
  { type: 'unpaused', at: at(5.7) },
  {
    type: 'table-finished',
    tableId: 'trading.db/trades',
    rows: 2_000_000,
    quarantined: 3,
    elapsedMs: 5000,
    at: at(6),
  },
  { type: 'phase-finished', phase: 'copy', elapsedMs: 5000, at: at(6) },
  { type: 'phase-started', phase: 'verify', total: 2, unit: 'table', at: at(6) },
  {
    type: 'table-verified',
    tableId: 'trading.db/positions',
    match: true,
    rows: 412,
    elapsedMs: 5,
    at: at(6.1),
  },
  {
    type: 'table-verified',
    tableId: 'trading.db/trades',
    match: false,
    rows: 2_000_000,
    elapsedMs: 900,
    at: at(7),
  },
  { type: 'phase-finished', phase: 'verify', elapsedMs: 1000, at: at(7) },
  { type: 'run-finished', report: sampleReport, at: at(7.9) },
]
