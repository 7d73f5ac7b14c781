import { quoteLiteral } from '../../syntax/postgres-names.ts'
import { type Printed, type ScopeColumn, Untranslatable } from '../tree/scope.ts'
import { isTime, timeOfWall } from '../tree/stored-times.ts'
import { asText, isNumber, kindOfColumn, wrap } from '../values/printed.ts'

/**
 * Prints a value for the column into which it is written. Invariant: the column then holds what the plan's conversion would make of the value
 * that SQLite stores; a value for which this is not certain is Untranslatable.
 */
export function assigned(value: Printed, column: ScopeColumn): string {
  const kind = kindOfColumn(column)
  const { constant } = value
  const refuse = (): never => {
    throw new Untranslatable(`a value of type ${value.kind} for a column of type ${column.type}`)
  }
  if (value.kind === 'null' || value.kind === 'parameter') return value.sql
  if (column.conversion.kind === 'enumeration') {
    if (constant?.kind !== 'string') return refuse()
    return quoteLiteral(spelledNow(constant.text, column.conversion.values))
  }
  switch (kind) {
    case 'boolean':
      if (value.kind === 'boolean') return value.sql
      if (constant?.kind === 'integer' && /^[01]$/.test(constant.text)) return String(constant.text === '1')
      return value.kind === 'integer' ? `${wrap(value)} <> 0` : refuse()
    case 'integer':
      if (value.kind === 'boolean') return `${wrap(value)}::integer`
      if (value.hasDigits === true) return `${wrap(value)}::bigint`
      return value.kind === 'integer' || isNumeric(constant) ? value.sql : refuse()
    case 'double':
    case 'numeric':
      if (value.kind === 'boolean') return `${wrap(value)}::integer`
      return isNumber(value.kind) || isNumeric(constant) ? value.sql : refuse()
    case 'text':
      return value.kind === 'text' ? value.sql : asText(value)
    case 'timestamp':
    case 'timestamptz':
    case 'date':
      return assignedTime(value, column) ?? refuse()
    case 'json':
      if (constant?.kind === 'string') return value.sql
      return value.kind === 'json' || value.kind === 'text' ? `(${value.sql})::${column.type}` : refuse()
    default:
      return value.kind === kind || constant?.kind === 'string' ? value.sql : refuse()
  }
}

function isNumeric(constant: Printed['constant']): boolean {
  return constant?.kind === 'string' && /^\s*[-+]?\d+(\.\d+)?\s*$/.test(constant.text)
}

/** Returns the mapping's spelling of a value; the value itself when the mapping has none. */
function spelledNow(text: string, values: Readonly<Record<string, string>>): string {
  const folded = text.trim().toLowerCase()
  return values[text] ?? Object.entries(values).find(([known]) => known.toLowerCase() === folded)?.[1] ?? text
}

function assignedTime(
  { kind, sql, column: from, constant, moment }: Printed,
  column: ScopeColumn,
): string | null {
  const { conversion } = column
  if (kind === 'timestamp' || kind === 'timestamptz' || kind === 'date')
    return from?.type === column.type ? sql : null
  if (constant?.kind === 'string') return sql
  if (moment === undefined || !isTime(conversion)) return null
  const isWhole = conversion.kind === 'date'
  const wall = isWhole ? moment.wall : `date_trunc('${moment.isDay ? 'day' : 'second'}', ${moment.wall})`
  return timeOfWall(wall, conversion)
}
