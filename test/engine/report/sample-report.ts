/** A report as a run of the six databases leaves it, small enough to read; and one full of hostile names. */
import type { Report, ReportTable } from '../../../src/engine/door/index.ts'

const digest = (seed: string): string => seed.repeat(64).slice(0, 64)

function table(
  database: string,
  name: string,
  target: ReportTable['target'],
  rows: Partial<ReportTable['rows']>,
  rest: Partial<ReportTable> = {},
): ReportTable {
  const source = rows.source ?? 0
  return {
    database,
    table: name,
    target,
    rows: { source, target: source, quarantined: 0, excluded: 0, ...rows },
    columns: [],
    checksum: { source: digest('a1').slice(0, 32), target: digest('a1').slice(0, 32), match: true },
    copyReader: 'pages',
    reader: 'sqlite',
    seconds: source / 400_000,
    ...rest,
  }
}

const priceColumn = {
  source: 'price',
  target: 'price',
  type: 'numeric(20,8)',
  conversion: 'numeric',
  cells: { exact: 1_999_870, normalized: 0, rounded: 130 },
  maxError: '0.000000004',
}

export const sampleReport: Report = {
  version: 1,
  status: 'quarantined',
  exitCode: 8,
  run: '2026-11-22-1',
  startedAt: '2026-11-22T10:00:00.000Z',
  finishedAt: '2026-11-22T10:00:07.900Z',
  mapping: 'gpt-trader',
  sources: [
    {
      path: '/srv/bot/data/trading.db',
      database: 'trading.db',
      bytes: 188_000_000,
      sha256: digest('0f3c'),
      snapshot: '/srv/bot/.gpt-migrate/2026-11-22-1/snapshots/trading.db',
    },
    {
      path: '/srv/bot/data/ml_features.db',
      database: 'ml_features.db',
      bytes: 121_000_000,
      sha256: digest('9be2'),
      snapshot: '/srv/bot/.gpt-migrate/2026-11-22-1/snapshots/ml_features.db',
    },
  ],
  target: { version: '18.1', database: 'gpt_trader', host: 'localhost:5432' },
  tables: [
    table('trading.db', 'positions', { schema: 'trading', table: 'positions' }, { source: 412 }),
    table(
      'trading.db',
      'trades',
      { schema: 'trading', table: 'trades' },
      { source: 2_000_000, target: 1_999_997, quarantined: 3 },
      {
        columns: [
          {
            source: 'id',
            target: 'id',
            type: 'bigint',
            conversion: 'integer',
            cells: { exact: 1_999_997, normalized: 0, rounded: 0 },
            maxError: null,
          },
          priceColumn,
          {
            source: 'scratch',
            target: null,
            type: null,
            conversion: 'archive',
            cells: { exact: 0, normalized: 0, rounded: 0 },
            maxError: null,
          },
        ],
      },
    ),
    table(
      'ml_features.db',
      'feature_values',
      { schema: 'ml', table: 'feature_values' },
      { source: 1_000_000, targetRows: 50_000 },
    ),
    table(
      'portfolio_optimization.db',
      'allocations',
      { fold: { schema: 'portfolio', table: 'optimization_runs', column: 'optimal_weights' } },
      { source: 24_000 },
      { seconds: 0 },
    ),
    table(
      'trading.db',
      'scratchpad',
      null,
      { source: 17, target: 0, excluded: 17 },
      { checksum: null, seconds: 0 },
    ),
  ],
  findings: [
    {
      severity: 'notice',
      code: 'extension-missing',
      message: 'The server has no extension timescaledb; partitions by month are used.',
    },
    {
      severity: 'warning',
      code: 'orphans',
      message: '12 trades name an order that does not exist; the reference is null and the original kept.',
      hint: 'See the column source_order_id.',
      count: 12,
      samples: [{ key: '4711', value: 'ORD-0017' }],
    },
  ],
  amendments: [
    {
      code: 'unique-added',
      table: 'trading.orders',
      message: 'unique (order_id): foreign keys of other tables name it',
    },
  ],
  quarantine: { rows: 3, byCode: { 'not-a-time': 2, 'nul-in-text': 1 } },
  verify: {
    level: 'checksum',
    ok: true,
    differences: [],
    checks: [
      { name: 'sequences', ok: true, detail: 'all 20 sequences are past their data' },
      { name: 'write-test', ok: true, detail: 'an insert with defaults works in all 20 tables' },
    ],
  },
  phases: [
    { phase: 'snapshot', seconds: 0.6 },
    { phase: 'copy', seconds: 4.1 },
    { phase: 'index', seconds: 1.2 },
    { phase: 'verify', seconds: 1.6 },
  ],
  environment: { program: '0.1.0', node: '24.21.0', system: 'Linux 6.8.0 x64', cores: 8 },
  nextSteps: [
    'Database  postgres://trader@localhost:5432/gpt_trader',
    'Report    /srv/bot/.gpt-migrate/2026-11-22-1/report.json',
    'Fallback  2 snapshots in /srv/bot/.gpt-migrate/2026-11-22-1/snapshots, kept until 2026-12-06',
    'Undo      npx gpt-migrate rollback --target postgres://trader@localhost:5432/gpt_trader',
  ],
}

/** Names and values that try to leave their place: markup, a terminal's escape codes, direction overrides, a lone surrogate. */
export const hostileText =
  '"><script>alert(1)</script><img src=x onerror=alert(2)>\'`|*_[x](javascript:1)&amp;\u001b[2J\u202egnp.exe\u0000\ud800'

export const hostileReport: Report = {
  ...sampleReport,
  status: 'mismatch',
  exitCode: 7,
  run: hostileText,
  mapping: hostileText,
  startedAt: '2026-11-22T10:00:00.000Z',
  sources: [
    { path: hostileText, database: hostileText, bytes: 1, sha256: hostileText, snapshot: hostileText },
  ],
  target: { version: hostileText, database: hostileText, host: hostileText },
  tables: [
    table(
      hostileText,
      hostileText,
      { schema: hostileText, table: hostileText },
      { source: 1 },
      {
        columns: [
          {
            ...priceColumn,
            source: hostileText,
            target: hostileText,
            type: hostileText,
            conversion: hostileText,
            maxError: hostileText,
          },
        ],
        checksum: { source: hostileText, target: hostileText, match: false },
      },
    ),
  ],
  findings: [
    {
      severity: 'error',
      code: hostileText,
      message: hostileText,
      hint: hostileText,
      samples: [{ key: hostileText, value: hostileText }],
    },
  ],
  amendments: [{ code: hostileText, table: hostileText, message: hostileText }],
  quarantine: { rows: 1, byCode: { [hostileText]: 1, constructor: 1 } },
  verify: {
    level: 'full',
    ok: false,
    differences: [
      {
        table: hostileText,
        kind: 'changed',
        key: hostileText,
        column: hostileText,
        source: hostileText,
        target: hostileText,
      },
    ],
    checks: [{ name: hostileText, ok: false, detail: hostileText }],
  },
  phases: [{ phase: hostileText, seconds: 1 }],
  environment: { program: hostileText, node: hostileText, system: hostileText, cores: 1 },
  nextSteps: [hostileText, `Again     ${hostileText}`],
  error: { code: hostileText, message: hostileText, hint: hostileText },
}
