/** The finding about texts that are not JSON and go into a JSON column. */
import type { ColumnCensus } from '../../model/census.ts'
import type { Conversion } from '../../model/conversion.ts'
import { formatCounted } from '../../model/format-count.ts'
import type { EvidenceSource } from '../evidence/evidence-source.ts'
import { textsThatAreNoJson } from '../evidence/questions.ts'
import type { FoundInTable } from './findings.ts'

type NotJsonPlace = {
  readonly table: string
  readonly column: string
  /** The target column, with its table. */
  readonly target: string
  readonly census: ColumnCensus
}

/** Null when every text is JSON. Others become JSON strings, or go to quarantine when an application reads the column. */
export function notJsonFinding(
  source: EvidenceSource,
  conversion: Conversion,
  { table, column, target, census }: NotJsonPlace,
): FoundInTable | null {
  if (conversion.kind !== 'json') return null
  if (census.texts === census.textForms.json) return null
  const isRefused = conversion.text === 'only-documents'
  const { count, sample } = textsThatAreNoJson(source)
  if (count === 0) return null
  const isOne = count === 1
  const becomes = `${isOne ? 'it becomes a JSON string' : 'they become JSON strings'} in ${target}`
  const goes = `${target} is JSON, so ${isOne ? 'its row goes' : 'their rows go'} to quarantine`
  const hints = [
    ...(/\b(NaN|Infinity)\b/.test(sample)
      ? ['Python writes NaN and Infinity into JSON, which has neither.']
      : []),
    ...(isRefused ? ['To have them as JSON strings, say --json-text string.'] : []),
  ]
  return {
    severity: isRefused || /^[{[]/.test(sample) ? 'warning' : 'notice',
    code: 'not-json',
    message: `${table}.${column} holds ${formatCounted(count, 'text')} that ${isOne ? 'is' : 'are'} not JSON, such as ${sample === '' ? "''" : sample}; ${isRefused ? goes : becomes}.`,
    ...(hints.length === 0 ? {} : { hint: hints.join(' ') }),
    column,
    count,
  }
}
