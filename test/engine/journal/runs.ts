import type { RunRecord } from '../../../src/engine/model/journal.ts'
import type { Plan } from '../../../src/engine/model/plan.ts'

/** A run whose plan moves nothing, for tests that look at the record only. */
export function emptyRun(run: string, plan: Partial<Plan> = {}): RunRecord {
  return {
    run,
    formatVersion: 1,
    programVersion: '0.0.0',
    planHash: 'hash',
    plan: {
      version: 1,
      mapping: 'auto',
      sources: [],
      options: {
        timezone: 'UTC',
        orphans: 'keep',
        unmapped: 'add',
        onOverflow: 'widen',
        onReject: 'quarantine',
        exact: false,
        allowMissing: false,
        schema: null,
        identifiers: 'keep',
        strictTypes: false,
        int4WhenFits: false,
        timeseries: 'native',
        exclude: [],
      },
      tables: [],
      schema: { extensions: [], schemas: [], tables: [] },
      findings: [],
      amendments: [],
      sourceRows: {},
      ...plan,
    },
    catalogs: [],
    snapshots: [],
    created: [],
    status: 'copying',
    startedAt: '2025-01-01T00:00:00.000Z',
    finishedAt: null,
  }
}
