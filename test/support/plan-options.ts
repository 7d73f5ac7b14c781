import type { PlanOptions } from '../../src/engine/model/plan.ts'

/** The options of a command line without options. */
export const usualOptions: PlanOptions = {
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
  timeseries: 'auto',
  exclude: [],
}
