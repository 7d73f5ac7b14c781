/** The forecast of a table whose rows were tried. Pure. */

import { addTallies } from '../encode/numbers/column-tally.ts'
import type { BlockOutcome } from '../model/block.ts'
import type { ForecastRefusal, ForecastTable } from '../model/forecast.ts'
import type { QuarantineEntry } from '../model/journal.ts'
import type { Plan, TablePlan } from '../model/plan.ts'

export function forecastOf(
  plan: Plan,
  { id, fate }: TablePlan,
  outcomes: readonly BlockOutcome[],
  entries: readonly QuarantineEntry[],
): ForecastTable {
  const sum = (value: (outcome: BlockOutcome) => number): number =>
    outcomes.reduce((total, outcome) => total + value(outcome), 0)
  const own = (kind: 'held' | 'quarantined' | 'excluded'): number =>
    sum(({ sources }) => sources.find(({ tableId }) => tableId === id)?.[kind] ?? 0)
  const quarantine = Array.from(
    Map.groupBy(entries, ({ code, column }) => JSON.stringify([code, column])).values(),
    (alike): ForecastRefusal => ({ column: alike[0]!.column, code: alike[0]!.code, rows: alike.length }),
  )
  const columns = fate.kind === 'copy' ? fate.copy.columns : []
  return {
    tableId: id,
    rows: {
      source: plan.sourceRows[id] ?? 0,
      target: own('held'),
      quarantined: own('quarantined'),
      excluded: own('excluded'),
      targetRows: sum(({ targetRows }) => targetRows),
    },
    columns: columns.map(({ target }) =>
      outcomes
        .flatMap((outcome) => outcome.columns.filter((column) => column.target === target))
        .reduce(addTallies, { target, exact: 0, normalized: 0, rounded: 0, maxError: null }),
    ),
    quarantine: quarantine.toSorted((a, b) => b.rows - a.rows || (a.code < b.code ? -1 : 1)),
  }
}
