/** The finding about times that go into an existing column: how they are read, and which part (zone, date) it does not keep. Pure. */

import type { ColumnCensus } from '../../model/census.ts'
import type { Conversion } from '../../model/conversion.ts'
import { formatCount, formatCounted } from '../../model/format-count.ts'
import type { PlanOptions } from '../../model/plan.ts'
import { timeTexts } from '../evidence/time-forms.ts'
import type { FoundInTable } from './findings.ts'

/** Returns null when the column keeps every part of all times. */
export function momentFinding(
  conversion: Conversion,
  census: ColumnCensus,
  { table, column, target }: { readonly table: string; readonly column: string; readonly target: string },
  { timezone }: PlanOptions,
): FoundInTable | null {
  const zoned = census.textForms['zoned-instant']
  const bare = timeTexts(census) - zoned
  if ('order' in conversion && conversion.order !== undefined)
    return {
      severity: 'notice',
      code: 'date-order',
      message: `${table}.${column} holds days with the year at the end for ${target}; the ${conversion.order === 'day-first' ? 'day' : 'month'} comes first, as the whole column shows.`,
      column,
      count: census.texts,
    }
  if (conversion.kind === 'timestamptz' && zoned > 0 && bare > 0)
    return {
      severity: 'warning',
      code: 'zones-mixed',
      message: `${table}.${column} holds ${formatCounted(zoned, 'time')} with a zone and ${formatCount(bare)} without; those without are read as times in ${timezone} (--timezone).`,
      column,
      count: bare,
    }
  if (conversion.kind === 'timestamp' && zoned > 0)
    return {
      severity: bare > 0 ? 'warning' : 'notice',
      code: 'zones-dropped',
      message: `${table}.${column} holds ${formatCounted(zoned, 'time')} with a zone${bare > 0 ? ` and ${formatCount(bare)} without` : ''}, and ${target} keeps none; those with one are written as ${timezone} shows them (--timezone).`,
      column,
      count: zoned,
    }
  if (conversion.kind === 'interval' && zoned + bare > 0)
    return {
      severity: 'notice',
      code: 'lengths-since-1970',
      message: `${table}.${column} holds ${formatCounted(zoned + bare, 'time')} with a date for ${target}, a length of time; those without a zone are read as what has passed since 1970-01-01 00:00, as SQLAlchemy writes a length.`,
      column,
      count: zoned + bare,
    }
  return null
}
