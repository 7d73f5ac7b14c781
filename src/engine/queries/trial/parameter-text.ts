/** Parameters as text: for the server, and for a person. Pure. */
import type { SourceValue } from '../../rows/meaning/source-value.ts'
import type { ParameterList } from './parameters.ts'

/** Returns the value as text, as drivers send it. */
export function parameterText(value: SourceValue): string | null {
  if (value === null) return null
  if (typeof value === 'string') return value
  if (typeof value === 'bigint' || typeof value === 'number') return String(value)
  const bytes = value instanceof Uint8Array ? value : value.bytes
  return `\\x${Buffer.from(bytes).toString('hex')}`
}

/** Returns the parameters in the order of their numbers, as text for a person. */
export function shownParameters(list: ParameterList): string[] {
  return [...list].sort(([a], [b]) => a - b).map(([, value]) => shownParameter(value))
}

function shownParameter(value: SourceValue): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  return typeof value === 'bigint' || typeof value === 'number' ? String(value) : 'a BLOB'
}
