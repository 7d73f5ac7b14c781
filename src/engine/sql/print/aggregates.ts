import { collationOf, isFoldedText, printOrdered, refuseUndistinguished } from '../compare/ordering.ts'
import type { FunctionCall } from '../tree/expression.ts'
import {
  type Kind,
  type Printed,
  type Printer,
  type Scope,
  typeOfKind,
  Untranslatable,
} from '../tree/scope.ts'
import { asCalculated } from '../values/casts.ts'
import { jsonValue } from '../values/json.ts'
import { asText, commonKind, isNumber, traitsOf, wrap } from '../values/printed.ts'
import { printOrder, printWindow } from './windows.ts'

/** SQLite's aggregate and window functions (https://www.sqlite.org/lang_aggfunc.html, windowfunctions.html) that PostgreSQL has too. */

const aggregates = new Set([
  'count',
  'sum',
  'total',
  'avg',
  'group_concat',
  'string_agg',
  'json_group_array',
  'json_group_object',
])
/** Window functions that return a number of their own. */
const ranks: Readonly<Record<string, Kind>> = {
  row_number: 'integer',
  rank: 'integer',
  dense_rank: 'integer',
  ntile: 'integer',
  percent_rank: 'double',
  cume_dist: 'double',
}
/** Window functions that return a value of another row. */
const picks = new Set(['lag', 'lead', 'first_value', 'last_value', 'nth_value'])
const windowOnly = new Set([...Object.keys(ranks), ...picks])

/** Whether the call is an aggregate or window function; `min` and `max` are with one argument. */
export function isAggregate({ name, arguments: args, aggregate }: FunctionCall): boolean {
  if (aggregate !== undefined || aggregates.has(name) || windowOnly.has(name)) return true
  return (name === 'min' || name === 'max') && args.length === 1
}

/** Whether the call is an aggregate without a window. */
export function gathersRows(call: FunctionCall): boolean {
  return isAggregate(call) && (call.aggregate?.over ?? null) === null
}

/** Throws Untranslatable, also when the call is not in a select. */
export function printAggregate(call: FunctionCall, scope: Scope, printer: Printer): Printed {
  const { select } = scope
  if (select === undefined) throw new Untranslatable(`the function ${call.name}() over rows`)
  const over = call.aggregate?.over ?? null
  if (windowOnly.has(call.name) && over === null) throw new Untranslatable(`${call.name}() without a window`)
  const ofRow = over === null ? { ...scope, select: { ...select, grouped: null } } : scope
  const args = call.arguments.map((argument) => printer.value(argument, ofRow))
  const isCounted = call.name === 'count' && args.length === 1 && isFoldedText(args[0]!)
  if (call.aggregate?.isDistinct === true && !isCounted)
    for (const argument of args) refuseUndistinguished(argument)
  const tail = printTail(call, ofRow, printer)
  if (windowOnly.has(call.name)) return printWindowFunction(call.name, args, tail)
  return printGathered(call, args, ofRow, tail, printer)
}

const calculating: ReadonlySet<string> = new Set(['sum', 'total', 'avg'])

/** `tail`: the SQL after the closing parenthesis, a filter and a window. */
function printGathered(
  call: FunctionCall,
  args: readonly Printed[],
  scope: Scope,
  tail: string,
  printer: Printer,
): Printed {
  const { name, aggregate } = call
  const distinct = aggregate?.isDistinct === true ? 'distinct ' : ''
  const [value] = args
  const make = (sql: string, kind: Kind, more: Partial<Printed> = {}): Printed => ({
    sql,
    kind,
    atom: true,
    ...more,
  })
  if (name === 'count') {
    if (value === undefined) return make(`count(*)${tail}`, 'integer')
    const counted = distinct !== '' && isFoldedText(value) ? printOrdered(value) : value.sql
    return make(`count(${distinct}${counted})${tail}`, 'integer')
  }
  if (value === undefined) throw new Untranslatable(`${name}() without a value`)
  // Different texts may be equal numbers, and SQLite then counts each text, not each number, once.
  if (distinct !== '' && calculating.has(name) && !isNumber(value.kind) && value.kind !== 'boolean')
    throw new Untranslatable(`${name}(distinct) of values that are not numbers`)
  switch (name) {
    case 'sum': {
      const number = asCalculated(value, scope)
      const sql = `sum(${distinct}${number.sql})${tail}`
      if (number.kind === 'integer') return make(`(${sql})::bigint`, 'integer')
      return make(sql, number.kind, traitsOf([number], number.kind))
    }
    case 'total':
      if (distinct !== '') return make(`coalesce(${sumOfDistinct(value, scope, tail)}, 0)`, 'double')
      return make(`coalesce(sum(${asDouble(value, scope)})${tail}, 0)`, 'double')
    case 'avg': {
      if (distinct === '') return make(`avg(${asDouble(value, scope)})${tail}`, 'double')
      const sql = `${sumOfDistinct(value, scope, tail)} / count(distinct ${value.sql})${tail}`
      return make(sql, 'double', { atom: false })
    }
    case 'min':
    case 'max':
      return printExtreme(name, value, tail, scope)
    case 'group_concat':
    case 'string_agg':
      return printJoinedTexts(call, args, scope, tail, printer)
    case 'json_group_array': {
      const items = `jsonb_agg(${distinct}${jsonValue(value)}${printRowOrder(call, scope, printer)})${tail}`
      return make(`coalesce(${items}, '[]')`, 'json')
    }
    case 'json_group_object': {
      const [, member] = args
      if (member === undefined) throw new Untranslatable('json_group_object() with one argument')
      return make(`coalesce(jsonb_object_agg(${asText(value)}, ${jsonValue(member)})${tail}, '{}')`, 'json')
    }
    default:
      throw new Untranslatable(`the function ${name}() over rows`)
  }
}

/** Prints a sum, null without values. It is converted to a double last, since distinct integers may be equal doubles. */
function sumOfDistinct(value: Printed, scope: Scope, tail: string): string {
  return `sum(distinct ${asCalculated(value, scope).sql})${tail}::double precision`
}

function asDouble(value: Printed, scope: Scope): string {
  return `${wrap(asCalculated(value, scope))}::double precision`
}

/** Prints `min` or `max`, which PostgreSQL lacks for booleans, bytes and UUIDs. */
function printExtreme(name: 'min' | 'max', value: Printed, tail: string, scope: Scope): Printed {
  const { kind, column, ownCollation, mayBeWhole } = value
  const made = (sql: string): Printed => ({ sql, kind, atom: true, column, ownCollation })
  if (kind === 'boolean') return made(`bool_${name === 'min' ? 'and' : 'or'}(${value.sql})${tail}`)
  if (kind === 'bytea' || kind === 'uuid') throw new Untranslatable(`${name}() of values of type ${kind}`)
  if (isFoldedText(value)) {
    if (tail.includes(' over ('))
      throw new Untranslatable(`${name}() under the collation ${collationOf(value)}`)
    // Of texts that the collation treats as equal, SQLite returns the first that it reads.
    const order = [
      `${printOrdered(value)}${name === 'max' ? ' desc' : ''} nulls last`,
      ...(scope.select?.rowOrder() ?? []),
    ]
    return made(`(array_agg(${value.sql} order by ${order.join(', ')})${tail})[1]`)
  }
  return { ...made(`${name}(${printOrdered(value)})${tail}`), mayBeWhole }
}

function printJoinedTexts(
  call: FunctionCall,
  args: readonly Printed[],
  scope: Scope,
  tail: string,
  printer: Printer,
): Printed {
  const { arguments: all, aggregate } = call
  const distinct = aggregate?.isDistinct === true ? 'distinct ' : ''
  const [value, separator] = args
  if (all.length > 2) throw new Untranslatable('group_concat() with more than two arguments')
  const between = separator === undefined ? "','" : asText(separator)
  const order = printRowOrder(call, scope, printer)
  const sql = `string_agg(${distinct}${asText(value!)}, ${between}${order})${tail}`
  if ((aggregate?.orderBy ?? []).length > 0) return { sql, kind: 'text', atom: true }
  return { sql, kind: 'text', atom: true, order: order === '' ? 'open' : 'as-read' }
}

/**
 * Returns ` order by …` for an aggregate that concatenates: its own order, or that in which SQLite reads the rows; '' when it is unknown.
 */
function printRowOrder({ aggregate }: FunctionCall, scope: Scope, printer: Printer): string {
  const given = printOrder(aggregate?.orderBy ?? [], scope, printer)
  if (given !== '') return ` ${given}`
  const isPlain = aggregate?.isDistinct !== true && (aggregate?.over ?? null) === null
  const keys = isPlain ? (scope.select?.rowOrder() ?? []) : []
  return keys.length === 0 ? '' : ` order by ${keys.join(', ')}`
}

function printWindowFunction(name: string, args: readonly Printed[], tail: string): Printed {
  const list = args.map(({ sql }) => sql).join(', ')
  const rank = ranks[name]
  if (rank !== undefined) {
    if (args.some(({ constant }) => constant?.kind !== 'integer'))
      throw new Untranslatable(`${name}() with a number that is not a constant`)
    return { sql: `${name}(${list})${tail}`, kind: rank, atom: true }
  }
  const [value, place, other] = args
  if (value === undefined) throw new Untranslatable(`${name}() without a value`)
  if (place !== undefined && !/^\d+$/.test(place.constant?.kind === 'integer' ? place.constant.text : ''))
    throw new Untranslatable(`${name}() with an offset that is not a constant`)
  const { constant: _, moment: __, ...shown } = value
  if (other === undefined) return { ...shown, sql: `${name}(${list})${tail}`, atom: true }
  const kind = commonKind([value, other], { purpose: 'view' })
  if (kind !== value.kind || other.constant === undefined)
    throw new Untranslatable(`${name}() with a default of another type`)
  const given = other.kind === 'null' ? 'null' : `${wrap(other)}::${typeOf(value)}`
  return { ...shown, sql: `${name}(${typed(value)}, ${place!.sql}, ${given})${tail}`, atom: true }
}

/** Casts the value, since the server requires value and default to have one type. */
function typed(value: Printed): string {
  return `${wrap(value)}::${typeOf(value)}`
}

function typeOf({ kind }: Printed): string {
  if (kind in typeOfKind) return typeOfKind[kind as keyof typeof typeOfKind]
  throw new Untranslatable(`a default beside a value of type ${kind}`)
}

function printTail({ aggregate }: FunctionCall, scope: Scope, printer: Printer): string {
  if (aggregate === undefined) return ''
  const { filter, over } = aggregate
  const filtered = filter === null ? '' : ` filter (where ${printer.truth(filter, scope).sql})`
  if (over === null) return filtered
  return `${filtered} over (${printWindow(over, scope, printer)})`
}
