/** An engine's answers as plain data: a small run of one database. */

import type { FoundDatabase, Prepared, Report, RunRequest, TargetTest } from '../../src/engine/door/index.ts'
import type { TablePlan } from '../../src/engine/model/plan.ts'
import type { TargetTable } from '../../src/engine/model/target-schema.ts'
import { targetColumn, targetTable } from '../engine/plan/target-samples.ts'
import { usualOptions } from './plan-options.ts'

export function givenFor(change: Partial<RunRequest> = {}): RunRequest {
  return {
    sources: ['.'],
    as: {},
    mapping: null,
    options: usualOptions,
    target: { target: null, env: {}, workFolder: '.gpt-migrate', port: null },
    jobs: null,
    verifyLevel: 'checksum',
    workFolder: '.gpt-migrate',
    keepDays: 14,
    startOver: null,
    salvage: false,
    keepRunning: false,
    dryRun: false,
    reportFile: null,
    command: 'npx gpt-migrate --yes',
    ...change,
  }
}

export const withTarget = (target: string): RunRequest =>
  givenFor({ target: { target, env: {}, workFolder: '.gpt-migrate', port: null } })

export function foundDatabase(database: string, change: Partial<FoundDatabase> = {}): FoundDatabase {
  return {
    database,
    path: `/data/${database}`,
    bytes: 12_000,
    journalMode: 'wal',
    tables: [{ name: 'orders', rows: 3 }],
    health: { kind: 'ok' },
    ...change,
  }
}

export function passedTest(change: Partial<TargetTest> = {}): TargetTest {
  return {
    address: {
      host: 'db.example',
      port: 5432,
      database: 'target',
      user: 'ada',
      password: 'topsecret',
      tls: { mode: 'prefer', rootCertificate: null, certificate: null, key: null, channelBinding: false },
      connectTimeoutMs: 1000,
      applicationName: 'gpt-migrate',
      options: null,
    },
    described: 'database "target" on db.example:5432 as user "ada"',
    url: 'postgresql://ada@db.example:5432/target',
    embedded: null,
    probe: {
      major: 17,
      version: '17.2',
      availableExtensions: [],
      installedExtensions: [],
      superuser: false,
      existing: [],
    },
    rights: {
      role: 'trader',
      database: 'gpt_trader',
      superuser: false,
      createSchema: true,
      createDatabase: false,
      schemas: [],
      writableSchemas: [],
    },
    unfinished: null,
    finished: null,
    ...change,
  }
}

function copiedTable(name: string, columns: readonly string[] = ['id', 'note']): TablePlan {
  return {
    id: `shop.db/${name}`,
    database: 'shop.db',
    table: name,
    fate: {
      kind: 'copy',
      copy: {
        target: { schema: 'shop', table: name },
        key: { kind: 'rowid', name: 'rowid', column: 'id' },
        read: {
          columns,
          expressions: [],
          filter: null,
          table: { columns: [], rootPage: 2, withoutRowid: false },
        },
        pivot: null,
        folds: [],
        columns: columns.map((column) => ({
          target: column,
          from: { kind: 'column', column, conversion: { kind: 'text', maxCharacters: null } },
        })),
        references: [],
        identity: { kind: 'columns', columns: ['id'], ordered: true },
        unmapped: [],
      },
    },
  }
}

const shopTable = (name: string, columns: readonly string[] = ['id', 'note']): TargetTable =>
  targetTable('shop', name, { columns: columns.map((column) => targetColumn(column, 'text')) })

export function preparedOf(names: readonly string[], change: Partial<Prepared['plan']> = {}): Prepared {
  return {
    run: '2026-11-22-1',
    folder: '/srv/bot/.gpt-migrate/2026-11-22-1',
    snapshots: [],
    catalogs: [],
    censuses: [],
    lost: [],
    orphans: [],
    plan: {
      version: 1,
      mapping: 'auto',
      sources: [{ database: 'shop.db', role: null, sha256: 'aa', bytes: 12_000 }],
      options: usualOptions,
      tables: names.map((name) => copiedTable(name)),
      schema: { extensions: [], schemas: ['shop'], tables: names.map((name) => shopTable(name)) },
      findings: [],
      amendments: [],
      sourceRows: Object.fromEntries(names.map((name) => [`shop.db/${name}`, 3])),
      ...change,
    },
  }
}

export function reportOf(change: Partial<Report> = {}): Report {
  return {
    version: 1,
    status: 'ok',
    exitCode: 0,
    run: '2026-11-22-1',
    startedAt: '2026-11-22T10:00:00.000Z',
    finishedAt: '2026-11-22T10:00:05.000Z',
    mapping: 'auto',
    sources: [],
    target: { version: '17.2', database: 'target', host: 'db.example:5432' },
    tables: [],
    findings: [],
    amendments: [],
    quarantine: { rows: 0, byCode: {} },
    verify: { level: 'checksum', ok: true, differences: [], checks: [] },
    phases: [],
    nextSteps: ['Database  postgresql://ada@db.example:5432/target'],
    ...change,
  }
}
