import type { RunRecord } from '../../../src/engine/model/journal.ts'
import type { Plan } from '../../../src/engine/model/plan.ts'
import { usualOptions } from '../../support/plan-options.ts'

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
      options: usualOptions,
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
