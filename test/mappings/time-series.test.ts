/** What becomes of the plan's time series and extensions by what the server has loaded. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DesignedTable, TimeseriesMapping } from '../../src/engine/model/mapping.ts'
import type { PlanOptions } from '../../src/engine/model/plan.ts'
import type { TargetProbe } from '../../src/engine/model/target-probe.ts'
import { renderSql, writeDdl } from '../../src/engine/plan/ddl/ddl.ts'
import { renderTimeseries } from '../../src/engine/plan/ddl/timeseries-ddl.ts'
import { gptTrader } from '../../src/mappings/gpt-trader/index.ts'
import { dialects } from './dialects/index.ts'
import { plainProbe, planOf } from './support/plan-of.ts'

describe('time series', { timeout: 30_000 }, () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'time-series-'))
    dialects.find(({ name }) => name === 'integer-ids')!.create(folder)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const withTimescale: TargetProbe = {
    ...plainProbe,
    availableExtensions: ['uuid-ossp', 'pg_stat_statements', 'timescaledb'],
    loadedExtensions: ['pg_stat_statements', 'timescaledb'],
  }
  const planned = (probe: TargetProbe | null, timeseries: PlanOptions['timeseries']) =>
    planOf(folder, { probe, options: { timeseries } })
  const kinds = (probe: TargetProbe | null, timeseries: PlanOptions['timeseries']) =>
    planned(probe, timeseries)
      .schema.tables.filter(
        ({ partitioning, hypertable }) => partitioning !== null || hypertable !== undefined,
      )
      .map(({ table, hypertable }) => `${table} ${hypertable === undefined ? 'partitions' : 'hypertable'}`)
  const codes = (probe: TargetProbe | null, timeseries: PlanOptions['timeseries']) =>
    planned(probe, timeseries).findings.map(({ severity, code }) => `${severity} ${code}`)

  it('are hypertables where the server has loaded TimescaleDB, before anything is loaded into them', () => {
    const hypertables = ['feature_values hypertable', 'predictions hypertable']
    expect(kinds(withTimescale, 'auto')).toEqual(hypertables)
    expect(kinds(withTimescale, 'timescaledb')).toEqual(hypertables)
    const sql = renderSql(writeDdl(planned(withTimescale, 'auto').schema, 15))
    expect(sql).toContain('create extension if not exists "timescaledb"')
    expect(sql).toMatch(
      /select "public"\.create_hypertable\(\s+'"ml"\."predictions"'::regclass,\s+"public"\.by_range\('timestamp', interval '1 month'\)/,
    )
    expect(sql).not.toContain('partition by')
    expect(sql.indexOf('create_hypertable')).toBeLessThan(sql.indexOf('primary key'))
  })

  it('call the functions where the extension is', () => {
    const probe = {
      ...withTimescale,
      installedExtensions: ['timescaledb'],
      extensionSchemas: { timescaledb: 'extensions' },
    }
    expect(renderSql(writeDdl(planned(probe, 'auto').schema, 15))).toContain(
      '"extensions".create_hypertable(',
    )
  })

  it('are native partitions where they were asked for, or where TimescaleDB is there but not loaded', () => {
    const partitions = ['feature_values partitions', 'predictions partitions']
    expect(kinds(withTimescale, 'native')).toEqual(partitions)
    const idle = { ...withTimescale, loadedExtensions: [] }
    expect(kinds(idle, 'auto')).toEqual(partitions)
    expect(codes(idle, 'auto')).not.toContain('error timescaledb-missing')
    for (const probe of [idle, plainProbe, null]) {
      expect(codes(probe, 'timescaledb')).toContain('error timescaledb-missing')
    }
  })

  it('get columnstore and retention by option, in the names of the version, after everything else', () => {
    const options = { columnstore: '7 days', retention: '2 years' }
    const { schema, findings, amendments } = planOf(folder, { probe: withTimescale, options })
    expect(schema.tables.find(({ table }) => table === 'predictions')?.hypertable).toMatchObject({
      columnstore: { after: '7 days', segmentby: ['symbol'], orderby: ['timestamp desc', 'model_id'] },
      retention: '2 years',
    })
    expect(findings.filter(({ code }) => code === 'retention-deletes').map(({ message }) => message)).toEqual(
      [
        expect.stringContaining('DELETE rows of ml.feature_values'),
        expect.stringContaining('DELETE rows of ml.predictions'),
      ],
    )
    expect(amendments.filter(({ code }) => code === 'columnstore')).toHaveLength(2)
    expect(renderSql(writeDdl(schema, 15))).not.toMatch(/policy|columnstore/)
    expect(renderTimeseries(schema, '2.28.3')).toContain(
      `call "public".add_columnstore_policy('"ml"."predictions"'::regclass, after => interval '7 days'`,
    )
    const older = renderTimeseries(schema, '2.17.2')
    expect(older).toContain(`timescaledb.compress_orderby = '"timestamp" desc, "model_id"'`)
    expect(older).toContain(
      `add_compression_policy('"ml"."predictions"'::regclass, compress_after => interval '7 days'`,
    )
    expect(older).not.toContain('columnstore_policy')
    expect(planOf(folder, { probe: withTimescale }).findings.map(({ code }) => code)).not.toContain(
      'retention-deletes',
    )
  })

  /** The plan with other words for one of its tables. */
  const findingsOf = (table: string, change: Partial<DesignedTable>, probe: Partial<TargetProbe> = {}) => {
    const ml = { ...gptTrader.schemas.ml, [table]: { ...gptTrader.schemas.ml![table]!, ...change } }
    const mapping = { ...gptTrader, schemas: { ...gptTrader.schemas, ml } }
    return planOf(folder, { probe: { ...withTimescale, ...probe }, mapping }).findings.flatMap(
      ({ severity, code, message, hint = '' }) =>
        severity === 'error' ? [[code, `${message} ${hint}`]] : [],
    )
  }
  const timeseries = (words: Partial<TimeseriesMapping> = {}) => ({
    timeseries: { column: 'timestamp', ...words },
  })

  it('are refused at plan time for what TimescaleDB would refuse, with the words that help', () => {
    expect(findingsOf('market_regimes', timeseries())).toEqual([
      ['hypertable-key', expect.stringMatching(/\(id\) lacks it.* key: \[id, timestamp\]/)],
    ])
    expect(findingsOf('market_regimes', timeseries({ key: ['timestamp', 'id'] }))).toEqual([])
    expect(findingsOf('market_regimes', timeseries({ column: 'regime', key: ['timestamp', 'id'] }))).toEqual([
      ['hypertable-column', expect.stringContaining('it is character varying(50)')],
    ])
  })

  it('have a key without a reference that becomes null, and with one that sends its row to quarantine', () => {
    const orphaned = mkdtempSync(join(folder, 'orphaned-'))
    dialects.find(({ name }) => name === 'integer-ids')!.create(orphaned)
    const keyOf = (orphans: PlanOptions['orphans']) =>
      planOf(orphaned, { probe: plainProbe, options: { orphans } }).schema.tables.find(
        ({ table }) => table === 'predictions',
      )!.primaryKey?.columns
    const planned = ['timestamp', 'symbol', 'model_id']
    expect([keyOf('keep'), keyOf('quarantine')]).toEqual([planned, planned])
    const db = new Database(join(orphaned, 'ml_models.db'))
    db.exec('pragma foreign_keys = off; delete from models where id = 1')
    db.close()
    expect([keyOf('keep'), keyOf('quarantine')]).toEqual([['timestamp', 'symbol', 'id'], planned])
  })

  it('do not refer to each other', () => {
    const pair = mkdtempSync(join(folder, 'pair-'))
    const db = new Database(join(pair, 'pair.db'))
    db.exec(`create table parent (at text, id integer, primary key (at, id));
      create table child (at text, id integer, foreign key (at, id) references parent (at, id), primary key (at, id));
      insert into parent values ('2026-01-01 00:00:00', 1); insert into child select * from parent`)
    db.close()
    const words = (name: string) => ({
      target: `public.${name}`,
      columns: { at: { type: 'timestamptz' } },
      timeseries: { column: 'at' },
    })
    const tables = { parent: words('parent'), child: words('child') }
    const mapping = { ...gptTrader, schemas: {}, databases: { 'pair.db': { tables } } }
    const errors = planOf(pair, { mapping, probe: withTimescale }).findings.filter(
      ({ severity }) => severity === 'error',
    )
    expect(errors.map(({ code }) => code)).toEqual(['hypertable-reference'])
  })

  it('have neither columnstore nor retention under the Apache licence, and need a version that is new enough', () => {
    const apache = { timescale: { version: '2.28.3', license: 'apache' } }
    const stored = timeseries({ key: ['timestamp', 'id'], columnstore: { after: '7 days' } })
    expect(findingsOf('market_regimes', stored, apache)).toEqual([
      ['columnstore-license', expect.stringContaining('Apache licence')],
    ])
    expect(findingsOf('market_regimes', timeseries({ key: ['timestamp', 'id'] }), apache)).toEqual([])
    const old = { ...withTimescale, timescale: { version: '2.12.0', license: 'timescale' } }
    expect(kinds(old, 'auto')).toEqual(['feature_values partitions', 'predictions partitions'])
    const native = planOf(folder, {
      probe: withTimescale,
      options: { timeseries: 'native', retention: '2 years' },
    })
    expect(native.findings).toContainEqual(
      expect.objectContaining({ severity: 'error', code: 'no-hypertable' }),
    )
  })

  it('pg_stat_statements that the server does not load is created, and said to do nothing', () => {
    expect(codes({ ...withTimescale, loadedExtensions: [] }, 'native')).toContain(
      'warning extension-not-loaded',
    )
    expect(codes(withTimescale, 'native')).not.toContain('warning extension-not-loaded')
  })
})
