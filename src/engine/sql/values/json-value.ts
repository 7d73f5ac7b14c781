import { quoteLiteral } from '../../syntax/postgres-names.ts'
import { type Comparison, isOrder } from '../tree/comparison.ts'
import { type Printed, type Scope, Untranslatable } from '../tree/scope.ts'
import { inside } from './json-path.ts'
import { truth, wrap } from './printed.ts'

/**
 * Values of unknown type extracted from JSON, in checks and indexes, which outlast the existing values. Invariant: such a value is compared
 * only with constants, by SQLite's order for each type.
 */

/** Prints a value at a path; in an index with `->>`, for queries that are written so. Throws Untranslatable. */
export function valueOfAnyType(document: Printed, steps: readonly string[], { purpose }: Scope): Printed {
  const { column } = document
  // SQLite may accept a text as JSON that the server refuses.
  if (column === undefined || document.kind !== 'json')
    throw new Untranslatable('a value extracted from JSON in a text')
  const json = wrap(document)
  if (purpose === 'index') {
    const path = steps.map((step, at) => `${at < steps.length - 1 ? '->' : '->>'} ${quoteLiteral(step)}`)
    if (path.length === 0) throw new Untranslatable('an index on a whole document')
    if (steps.some((step) => /^-?\d+$/.test(step))) throw new Untranslatable('an index on an array element')
    return { sql: `${json} ${path.join(' ')}`, kind: 'text', atom: false }
  }
  const jsonType = `${column.type}_typeof(${inside(json, steps)})`
  return { sql: inside(json, steps, '#>>'), jsonType, kind: 'json-value', atom: false }
}

/** Compares an extracted value with a constant: numbers come before texts, and an array or object is a text that begins with a bracket. */
export function compareJsonValue(operator: Comparison, value: Printed, other: Printed): Printed {
  const { constant } = other
  const { jsonType } = value
  const { collation = 'BINARY' } = other
  const isText = constant?.kind === 'string'
  if (jsonType === undefined || value.collation !== undefined || collation !== 'BINARY')
    throw new Untranslatable('a comparison of JSON values')
  if (!isText && constant?.kind !== 'integer' && constant?.kind !== 'real')
    throw new Untranslatable(`a comparison of a JSON value with ${other.kind}`)
  if (isText && /^[[{]/.test(constant.text)) throw new Untranslatable('a comparison with a JSON document')
  const how = operator === 'is' ? '=' : operator === 'is not' ? '<>' : operator
  const isLess = how === '<' || how === '<='
  const sides: readonly (readonly [string, string])[] = isText
    ? [
        ['string', `${wrap(value)}${isOrder(how) ? ' collate "C"' : ''} ${how} ${wrap(other)}`],
        ['object', how === '<>' ? 'true' : String(isOrder(how) && '{' > constant.text !== isLess)],
        ['array', how === '<>' ? 'true' : String(isOrder(how) && '[' > constant.text !== isLess)],
        ['number', String(isLess || how === '<>')],
        ['boolean', String(isLess || how === '<>')],
      ]
    : [
        ['number', `(${value.sql})::numeric ${how} ${constant.text}`],
        ['boolean', `(${value.sql})::boolean::integer ${how} ${constant.text}`],
        ...['string', 'object', 'array'].map((type) => [type, String(!isLess && how !== '=')] as const),
      ]
  const branches = sides.map(([type, sql]) => `when '${type}' then ${sql}`)
  const answer = `case ${jsonType} ${branches.join(' ')} end`
  if (operator === how) return truth(answer)
  return truth(`coalesce(${answer}, ${operator === 'is not'})`, true)
}
