/** What becomes of the plan's time series and extensions by what the server has loaded. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PlanOptions, TargetProbe } from '../../src/engine/model/plan.ts'
import { renderSql, writeDdl } from '../../src/engine/plan/ddl.ts'
import { dialects } from './dialects/index.ts'
import { plainProbe, planOf } from './support/plan-of.ts'

describe('time series', () => {
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

  it('pg_stat_statements that the server does not load is created, and said to do nothing', () => {
    expect(codes({ ...withTimescale, loadedExtensions: [] }, 'native')).toContain(
      'warning extension-not-loaded',
    )
    expect(codes(withTimescale, 'native')).not.toContain('warning extension-not-loaded')
  })
})
