/** The type that the declaration alone names. */

import type { PlanOptions } from '../../model/plan.ts'
import type { DeclaredType } from '../evidence/declared-type.ts'

/** Used for columns without values, and for strict types. */
export function declaredTarget(declared: DeclaredType, options: PlanOptions): string {
  switch (declared.family) {
    case 'integer':
      return options.int4WhenFits && !/big|long|8|64/.test(declared.base) ? 'integer' : 'bigint'
    case 'boolean':
      return 'boolean'
    case 'double':
      return 'double precision'
    case 'decimal':
      return numericType(declared) ?? 'numeric'
    case 'text':
      return textType(declared) ?? 'text'
    case 'date':
      return 'date'
    case 'timestamp':
      return /tz|with|offset/.test(declared.base) && !declared.base.includes('without')
        ? 'timestamp with time zone'
        : 'timestamp without time zone'
    case 'time':
      return 'time without time zone'
    case 'uuid':
    case 'json':
    case 'jsonb':
      return declared.family
    case 'bytes':
      return 'bytea'
    case 'none':
      return 'text'
    default:
      return declared.family satisfies never
  }
}

export function numericType(declared: DeclaredType): string | null {
  const [precision, scale = 0] = declared.arguments
  if (precision === undefined || precision < 1 || precision > 1000 || scale > precision) return null
  return `numeric(${precision},${scale})`
}

/** `character varying(n)` for a declared length; a fixed length too, since PostgreSQL would pad it. */
export function textType(declared: DeclaredType): string | null {
  const [length] = declared.arguments
  if (!declared.base.includes('char') || declared.base.startsWith('long')) return null
  if (length === undefined || length < 1 || length > 10_485_760) return null
  return `character varying(${length})`
}
