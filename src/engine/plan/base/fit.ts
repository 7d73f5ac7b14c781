/**
 * How the values of a source column go into a planned type: the conversion, how many cells the census says will be refused, and
 * the wider type that would take them. Invariant: a type is only ever widened, so that nothing that fitted stops fitting.
 */
import type { ColumnCensus } from '../../model/census.ts'
import type { Conversion, EpochUnit, RejectCode } from '../../model/conversion.ts'
import { MigrateError } from '../../model/errors.ts'
import type { PlanOptions } from '../../model/plan.ts'
import type { ColumnFacts } from '../evidence/column-facts.ts'
import { conversionTo } from '../evidence/conversion-to.ts'
import { beginsAsOrdered } from '../evidence/date-order.ts'
import { declaredEpoch } from '../evidence/declared-epoch.ts'
import { offeredUnits, type TimeEvidence } from '../evidence/epoch-units.ts'
import type { EvidenceSource } from '../evidence/evidence-source.ts'
import { countWrappedUuids, largestTextNumber, usualText } from '../evidence/questions.ts'
import { spellType } from '../evidence/spell-type.ts'
import { gatherEvidence } from '../evidence/time-evidence.ts'
import { recogniseTime, timeTexts } from '../evidence/time-forms.ts'
import { columnCensus, type SourceTable, sourceColumn, valuesOf } from './planning.ts'

export type Fit = {
  /** The planned type, or a wider one. */
  readonly type: string
  readonly conversion: Conversion
  /** Estimate, from the census, of the cells that the type can't hold; 0 only when there is certainly none. */
  readonly refused: number
  readonly code: RejectCode | null
  /** What doesn't fit the planned type, for the amendment or the finding; null when all fits. */
  readonly overflow: { readonly what: string; readonly wider: string } | null
  /** For times that are stored as numbers: their unit, null when none is certain, and the units to offer. */
  readonly epoch: {
    readonly unit: EpochUnit | null
    readonly offered: readonly EpochUnit[]
    readonly evidence: TimeEvidence
    /** Cells that are numbers, or texts of digits that are read as such. */
    readonly count: number
  } | null
}

type FitWords = {
  /** The unit of time that the mapping names for the column. */
  readonly mapped?: EpochUnit | undefined
  /** Overrides the user's option. */
  readonly onOverflow?: PlanOptions['onOverflow']
}

/** Queries the snapshot only where it matters. Throws MigrateError `unknown-type` for a type that gpt-migrate does not write. */
export function fitSource(
  source: SourceTable,
  name: string,
  type: string,
  { mapped, onOverflow = source.planning.options.onOverflow }: FitWords = {},
): Fit {
  const { options, edits } = source.planning
  const { database, table } = source
  const column = sourceColumn(source, name)
  const census = columnCensus(source.census, name)
  const values = valuesOf(source, name)
  const planned = spellType(type)
  const hasNumbersOrTexts = census.integers + census.reals + census.texts > 0
  const overflow = hasNumbersOrTexts ? overflowOf(planned, census, values) : null
  const chosen = overflow !== null && onOverflow === 'widen' ? overflow.wider : planned
  const sample = census.texts > 0 && /^(timestamp|date|time|uuid)/.test(chosen) ? usualText(values) : null
  const declared = declaredEpoch(options, edits, { database, table: table.name, column: name }) ?? mapped
  const evidence = mayHoldOtherTimes(chosen, census, sample)
    ? gatherEvidence(values, census, declared ?? null, true, sample)
    : null
  const facts = { column, census, options, sample, evidence }
  const conversion = conversionTo(chosen, facts)
  if (conversion === null) {
    throw new MigrateError('plan', 'unknown-type', `Column ${name} cannot be converted to ${chosen}.`, {
      hint: 'Give a type that gpt-migrate writes, such as numeric(20,8), text or jsonb.',
    })
  }
  const { refused, code } = chosen === 'uuid' ? refusedUuids(census, values) : refusedBy(chosen, facts)
  return { type: chosen, conversion, refused, code, overflow, epoch: epochOf(facts, conversion) }
}

/** Whether times may be stored as numbers, or as dates with the year at the end. */
function mayHoldOtherTimes(
  type: string,
  { integers, reals, textForms }: ColumnCensus,
  sample: string | null,
): boolean {
  const numbers = integers + reals + textForms.whole + textForms.decimal
  return /^(timestamp|date)/.test(type) && (numbers > 0 || (sample !== null && beginsAsOrdered(sample)))
}

function epochOf({ column, census, evidence }: ColumnFacts, conversion: Conversion): Fit['epoch'] {
  if (evidence === null || (evidence.numbers === null && evidence.numberTexts === null)) return null
  const unit = 'epoch' in conversion ? conversion.epoch : null
  const count = census.integers + census.reals + (evidence.numberTexts?.count ?? 0)
  return { unit, offered: offeredUnits(column, census, evidence), evidence, count }
}

type Refused = { readonly refused: number; readonly code: RejectCode | null }
const nothing: Refused = { refused: 0, code: null }

function refusedBy(type: string, facts: ColumnFacts): Refused {
  const { census, evidence } = facts
  const { integers, reals, texts, blobs, textForms } = census
  const refuse = (refused: number, code: RejectCode): Refused => (refused > 0 ? { refused, code } : nothing)
  if (/^(smallint|integer|bigint)/.test(type)) {
    return refuse(reals - census.wholeReals + texts - textForms.whole + blobs, 'not-an-integer')
  }
  if (/^numeric/.test(type)) {
    return refuse(
      census.infinities + texts - Math.max(textForms.decimal, textForms.whole) + blobs,
      'not-a-number',
    )
  }
  if (type === 'double precision') {
    return refuse(texts - Math.max(textForms.decimal, textForms.whole) + blobs, 'not-a-number')
  }
  if (type === 'boolean') return refuse(refusedBooleans(census), 'not-a-boolean')
  if (/^(timestamp|date)/.test(type)) {
    const time = recogniseTime(facts)
    if (time === null) return refuse(integers + reals + texts + blobs, 'not-a-time')
    const numbers = time.epoch === null ? integers + reals : 0
    const epochTexts = time.epoch === null ? 0 : (evidence?.numberTexts?.count ?? 0)
    const read = time.order === undefined ? timeTexts(census) + epochTexts : texts
    return refuse(numbers + texts - read + blobs, 'not-a-time')
  }
  if (/^(text|character)/.test(type)) return refuse(census.nulTexts, 'nul-in-text')
  if (type === 'bytea') return refuse(integers + reals, 'unexpected-number')
  return nothing
}

function refusedUuids({ integers, reals, texts, textForms }: ColumnCensus, source: EvidenceSource): Refused {
  const others = texts - textForms.uuid
  const refused = integers + reals + others - (others > 0 ? countWrappedUuids(source) : 0)
  return refused > 0 ? { refused, code: 'not-a-uuid' } : nothing
}

function refusedBooleans({
  integers,
  reals,
  texts,
  blobs,
  textForms,
  integerRange,
  values,
}: ColumnCensus): number {
  const isBit = integerRange === null || (BigInt(integerRange.min) >= 0n && BigInt(integerRange.max) <= 1n)
  const zerosAndOnes = (values ?? []).filter(({ value }) => ['0', '1'].includes(value))
  const bitTexts = integers > 0 ? 0 : zerosAndOnes.reduce((sum, { count }) => sum + count, 0)
  return (isBit ? 0 : integers) + reals + Math.max(0, texts - textForms.boolean - bitTexts) + blobs
}

function overflowOf(type: string, census: ColumnCensus, source: EvidenceSource): Fit['overflow'] {
  const numeric = /^numeric\((\d+),(\d+)\)$/.exec(type)
  if (numeric !== null) return numericOverflow(Number(numeric[1]), Number(numeric[2]), census, source)
  if (type === 'numeric') return infinityOverflow(census)
  const text = /^character varying\((\d+)\)$/.exec(type)
  if (text !== null) return textOverflow(Number(text[1]), census)
  if (type === 'integer') return integerOverflow(census)
  return null
}

function infinityOverflow(census: ColumnCensus): Fit['overflow'] {
  if (census.infinities === 0 || census.texts > 0) return null
  return { what: 'an infinite number', wider: 'double precision' }
}

function numericOverflow(
  precision: number,
  scale: number,
  census: ColumnCensus,
  source: EvidenceSource,
): Fit['overflow'] {
  const infinite = infinityOverflow(census)
  if (infinite !== null) return infinite
  const { integerRange, realRange, texts } = census
  const ends = [integerRange?.min, integerRange?.max, realRange?.min, realRange?.max].map((end) =>
    Math.abs(Number(end ?? 0)),
  )
  const largest = Math.max(...ends, texts > 0 ? largestTextNumber(source) : 0)
  const digits = integerDigits(largest, scale)
  if (digits <= precision - scale) return null
  if (digits + scale > 1000) return { what: `numbers up to ${largest}`, wider: 'numeric' }
  return { what: `numbers up to ${largest}`, wider: `numeric(${digits + scale},${scale})` }
}

/** Returns the number of digits before the point after rounding to `scale`; a tie rounds up. */
function integerDigits(magnitude: number, scale: number): number {
  const rounded = magnitude + 0.5 * 10 ** -scale
  if (rounded < 1) return 0
  if (!Number.isFinite(rounded)) return 1001
  return Number(rounded.toExponential().split('e')[1]) + 1
}

const lengths = [20, 50, 100, 255, 500, 1000] as const

function textOverflow(limit: number, census: ColumnCensus): Fit['overflow'] {
  const numbers = [
    census.integerRange?.min.length ?? 0,
    census.integerRange?.max.length ?? 0,
    // -1.2345678901234567e-300 has the maximum length of a double's shortest text.
    census.reals > 0 ? 24 : 0,
  ]
  const longest = Math.max(census.maxCharacters, ...numbers)
  if (longest <= limit) return null
  const wider = lengths.find((length) => length >= longest)
  return {
    what: `texts of up to ${longest} characters`,
    wider: wider === undefined ? 'text' : `character varying(${wider})`,
  }
}

/** For a column planned as integer, returns the smallest number type that holds every value; null when integer does. */
function integerOverflow(census: ColumnCensus): Fit['overflow'] {
  const { integerRange, reals, wholeReals, texts, textForms, realRange } = census
  const fractions = reals - wholeReals
  if (fractions > 0 || census.infinities > 0) {
    return { what: 'numbers with a fraction', wider: texts > 0 ? 'numeric' : 'double precision' }
  }
  const ends = [integerRange?.min, integerRange?.max, realRange?.min, realRange?.max].map((end) =>
    Math.abs(Number(end ?? 0)),
  )
  const hasLongTexts = textForms.whole > 0 && census.maxCharacters > 9
  if (Math.max(...ends) <= 2_147_483_647 && !hasLongTexts) return null
  return { what: 'integers beyond 32 bits', wider: 'bigint' }
}
