import type { Conversion, TimeForm } from '../../model/conversion.ts'
import { quoteLiteral } from '../../syntax/postgres-names.ts'

/** Columns of times, and how their texts are written in SQLite. Invariant: `null` where they are not all texts of one form. */

export type TextForm = Extract<TimeForm, { readonly storage: 'text' }>

/** Of days and moments. */
type TimeConversion = Extract<Conversion, { readonly kind: 'timestamptz' | 'timestamp' | 'date' }>

export function isTime(conversion: Conversion | undefined): conversion is TimeConversion {
  const kind = conversion?.kind
  return kind === 'timestamptz' || kind === 'timestamp' || kind === 'date'
}

/** How the column's texts are written; null for a column of something else, and for numbers. */
export function textFormOf(conversion: Conversion | undefined): TextForm | null {
  if (!isTime(conversion) && conversion?.kind !== 'time') return null
  return conversion.form?.storage === 'text' ? conversion.form : null
}

/** A timestamp without zone as a value of the column's type. */
export function timeOfWall(wall: string, conversion: TimeConversion): string {
  if (conversion.kind === 'date') return `${wall}::date`
  return conversion.kind === 'timestamp' ? wall : `(${wall} at time zone ${quoteLiteral(conversion.zone)})`
}
