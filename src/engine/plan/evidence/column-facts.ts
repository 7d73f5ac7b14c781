/** What is known of a source column's values, where a type is chosen or given. Invariant: it comes from the snapshots alone. */
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
  /** A usual text of the column, where one is known. */
  readonly sample: string | null
  readonly evidence: TimeEvidence | null
}

/** What the catalog and the census say. */
type CountedColumn = Omit<ColumnFacts, 'sample' | 'evidence'>

/** Asks the snapshot, where it can be asked, for what the declaration makes worth asking. `declared`: the unit that the user names. */
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

/** A column that is declared one of numbers and holds other texts. */
function mayHoldAmounts({ column, census }: Omit<ColumnFacts, 'evidence'>): boolean {
  const { family } = parseDeclaredType(column)
  const isOfNumbers = family === 'decimal' || family === 'double' || family === 'integer'
  return isOfNumbers && census.textForms.decimal < census.texts
}

/** A column of numbers that is declared a time, or that the user calls one; or of texts that may be days with the year at the end. */
function mayHoldMoments(
  { column, census, sample }: Omit<ColumnFacts, 'evidence'>,
  declared: EpochUnit | null,
): boolean {
  if (declared !== null || (sample !== null && beginsAsOrdered(sample))) return true
  const { family } = parseDeclaredType(column)
  return (family === 'date' || family === 'timestamp') && census.integers + census.reals > 0
}
