/** What is known about the values of a source column when its type is chosen. Invariant: it comes from the snapshots alone. */
import type { CatalogColumn } from '../../model/catalog.ts'
import type { ColumnCensus } from '../../model/census.ts'
import type { EpochUnit } from '../../model/conversion.ts'
import type { PlanOptions } from '../../model/plan.ts'
import { pointOfAmounts } from './amounts.ts'
import { beginsAsOrdered } from './date-order.ts'
import { parseDeclaredType } from './declared-type.ts'
import { noEvidence, type TimeEvidence } from './epoch-units.ts'
import type { EvidenceSource } from './evidence-source.ts'
import { usualText } from './questions.ts'
import { gatherEvidence } from './time-evidence.ts'

export type ColumnFacts = {
  readonly column: CatalogColumn
  readonly census: ColumnCensus
  readonly options: PlanOptions
  /** A text in the column's usual spelling; null when none is known. */
  readonly sample: string | null
  readonly evidence: TimeEvidence | null
}

/** The facts from the catalog and the census. */
type CountedColumn = Omit<ColumnFacts, 'sample' | 'evidence'>

/**
 * Adds facts that need queries, where the declaration makes them worthwhile. `source`: null without a snapshot; `declared`: the unit that
 * the user named.
 */
export function examineColumn(
  counted: CountedColumn,
  source: EvidenceSource | null,
  declared: EpochUnit | null,
): ColumnFacts {
  if (source === null) return { ...counted, sample: null, evidence: null }
  const { census } = counted
  const sample = census.texts === 0 ? null : usualText(source)
  const facts = { ...counted, sample }
  const moments = mayHoldMoments(facts, declared)
    ? gatherEvidence(source, census, declared, declared !== null, sample)
    : null
  const amounts = mayHoldAmounts(facts) ? pointOfAmounts(source, census) : null
  return { ...facts, evidence: amounts === null ? moments : { ...(moments ?? noEvidence), amounts } }
}

/** Whether a column that is declared numeric holds texts other than plain numbers. */
function mayHoldAmounts({ column, census }: Omit<ColumnFacts, 'evidence'>): boolean {
  const { family } = parseDeclaredType(column)
  const isOfNumbers = family === 'decimal' || family === 'double' || family === 'integer'
  return isOfNumbers && census.textForms.decimal < census.texts
}

/** Whether the declaration or the user calls the column's numbers times, or its texts may be dates with the year at the end. */
function mayHoldMoments(
  { column, census, sample }: Omit<ColumnFacts, 'evidence'>,
  declared: EpochUnit | null,
): boolean {
  if (declared !== null || (sample !== null && beginsAsOrdered(sample))) return true
  const { family } = parseDeclaredType(column)
  return (family === 'date' || family === 'timestamp') && census.integers + census.reals > 0
}
