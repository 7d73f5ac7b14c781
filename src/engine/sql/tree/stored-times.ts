import type { Conversion, TimeForm } from '../../model/conversion.ts'
import { quoteLiteral } from '../../syntax/postgres-names.ts'

/** Columns of times, and the form of their texts in SQLite. Invariant: the form is null when not all values are texts of one form. */

export type TextForm = Extract<TimeForm, { readonly storage: 'text' }>

/** A conversion to dates or timestamps. */
type TimeConversion = Extract<Conversion, { readonly kind: 'timestamptz' | 'timestamp' | 'date' }>

export function isTime(conversion: Conversion | undefined): conversion is TimeConversion {
  const kind = conversion?.kind
  return kind === 'timestamptz' || kind === 'timestamp' || kind === 'date'
}

/** Returns the form of the column's texts; null for any other column, and for times stored as numbers. */
export function textFormOf(conversion: Conversion | undefined): TextForm | null {
  if (!isTime(conversion) && conversion?.kind !== 'time') return null
  return conversion.form?.storage === 'text' ? conversion.form : null
}

/** Converts a timestamp without zone to the column's type. */
export function timeOfWall(wall: string, conversion: TimeConversion): string {
  if (conversion.kind === 'date') return `${wall}::date`
  return conversion.kind === 'timestamp' ? wall : `(${wall} at time zone ${quoteLiteral(conversion.zone)})`
}
