import { booleanTexts } from '../../encode/conversions/boolean.ts'
import { undeclared } from '../../model/catalog.ts'
import type { ColumnCensus } from '../../model/census.ts'
import { noValues } from '../../model/census.ts'
import type { BooleanForm, Conversion, TimeParameters, UuidForm } from '../../model/conversion.ts'
import type { PlanOptions } from '../../model/plan.ts'
import type { ColumnFacts } from './column-facts.ts'
import { spellType } from './spell-type.ts'
import { recogniseTime } from './time-forms.ts'

/**
 * The conversion of a source column into a given PostgreSQL type. Invariant: it doesn't ask whether the type is wise; values that don't
 * fit are refused row by row when they are encoded.
 */

/** Fractional digits of a second that PostgreSQL keeps by default. */
const MOST_DIGITS = 6

/** Returns null for a type that gpt-migrate does not write. `type`: in PostgreSQL's spelling, or a common short name. */
export function conversionTo(type: string, facts: ColumnFacts): Conversion | null {
  const { census, sample, evidence } = facts
  const match = /^([a-z0-9 ]+?) ?(?:\( ?(\d+) ?(?:, ?(\d+) ?)?\))?( with(?:out)? time zone)?$/.exec(
    spellType(type),
  )
  if (match === null) return null
  const [, name, first, second, ofZone] = match
  const precision = first === undefined ? null : Number(first)
  const { timezone: zone } = facts.options
  const time = (): TimeParameters => recogniseTime(facts) ?? { zone, epoch: null, form: null }
  const digits = precision === null || precision >= MOST_DIGITS ? {} : { precision }
  switch (`${name}${ofZone ?? ''}`) {
    case 'smallint':
      return { kind: 'integer', bytes: 2, form: integerForm(census) }
    case 'integer':
      return { kind: 'integer', bytes: 4, form: integerForm(census) }
    case 'bigint':
      return { kind: 'integer', bytes: 8, form: integerForm(census) }
    case 'double precision':
      return { kind: 'double' }
    case 'numeric': {
      const scale = precision === null ? null : Number(second ?? 0)
      const point = evidence?.amounts?.point ?? 'open'
      const numeric = { kind: 'numeric', precision, scale, form: numberForm(census) } as const
      return point === 'open' ? numeric : { ...numeric, point }
    }
    case 'text':
      return { kind: 'text', maxCharacters: null }
    case 'character varying':
      return { kind: 'text', maxCharacters: precision }
    case 'boolean':
      return { kind: 'boolean', form: booleanForm(census) }
    case 'timestamp with time zone':
      return { kind: 'timestamptz', ...time(), ...digits }
    case 'timestamp without time zone':
      return { kind: 'timestamp', ...time(), ...digits }
    case 'date':
      return { kind: 'date', ...time() }
    case 'time without time zone':
      return { kind: 'time', form: time().form, ...digits }
    case 'uuid':
      return { kind: 'uuid', form: uuidForm(census, sample) }
    case 'json':
      return { kind: 'json', text: 'document', storage: 'json' }
    case 'jsonb':
      return { kind: 'json', text: isTextAmongBlobs(census) ? 'string' : 'document', storage: 'jsonb' }
    case 'bytea':
      return { kind: 'bytes' }
    default:
      return null
  }
}

/** Returns the facts for values that come from no source column. */
export function nothingKnown(options: PlanOptions): ColumnFacts {
  return { column: undeclared, census: noValues, options, sample: null, evidence: null }
}

/** Whether the bytes that the conversion writes are valid for a column of the type. */
export function writesType(conversion: Conversion, type: string, options: PlanOptions): boolean {
  const own = conversionTo(type, nothingKnown(options))
  if (own === null) return false
  switch (conversion.kind) {
    case 'integer':
      return own.kind === 'integer' && own.bytes === conversion.bytes
    case 'json':
      return own.kind === 'json' && own.storage === conversion.storage
    case 'timestamptz':
    case 'timestamp':
    case 'time':
      return (
        own.kind === conversion.kind &&
        (conversion.precision ?? MOST_DIGITS) <= (own.precision ?? MOST_DIGITS)
      )
    case 'uuid-of-id':
      return own.kind === 'uuid'
    case 'enumeration':
      return own.kind === 'text'
    default:
      return own.kind === conversion.kind
  }
}

/** Beside BLOBs, texts are plain values and not JSON documents: each must read back as the same string. */
function isTextAmongBlobs(census: ColumnCensus): boolean {
  return census.blobs > 0
}

function integerForm({ integers, texts }: ColumnCensus): 'integer' | 'text' {
  return texts > integers ? 'text' : 'integer'
}

export function numberForm({ integers, reals, texts }: ColumnCensus): 'integer' | 'real' | 'text' {
  if (texts > integers && texts > reals) return 'text'
  return reals > integers ? 'real' : 'integer'
}

/** Returns the spelling of booleans in the column; a text for false identifies it as well. */
function booleanForm({ integers, texts, values }: ColumnCensus): BooleanForm {
  if (texts <= integers) return 'integer'
  const forms = Object.entries(booleanTexts)
  for (const { value } of values ?? []) {
    const found = forms.find(([, spellings]) => spellings.includes(value))
    if (found !== undefined) return found[0] as BooleanForm
  }
  return 'true'
}

/** The usual spelling of the column's UUIDs. */
function uuidForm(census: ColumnCensus, sample: string | null): UuidForm {
  if (census.blobs > census.texts) return 'blob'
  if (census.texts === 0) return 'none'
  const usual = sample ?? census.values?.[0]?.value ?? ''
  const isUpper = /[A-F]/.test(usual) && !/[a-f]/.test(usual)
  const isBare = usual === '' ? census.maxCharacters === 32 : !usual.includes('-')
  return `${isUpper ? 'upper' : 'lower'}${isBare ? '-bare' : ''}`
}
