import type { FunctionCall, OrderingTerm } from './expression.ts'
import { printOrdered, printOrderingTerm, refuseUndistinguished } from './ordering.ts'
import { asNumber, asText, traitsOf, wrap } from './printed.ts'
import { type Kind, type Printed, type Printer, type Scope, Untranslatable } from './scope.ts'

/** SQLite's aggregate and window functions (https://www.sqlite.org/lang_aggfunc.html, windowfunctions.html) that PostgreSQL has too. */

const aggregates = new Set(['count', 'sum', 'total', 'avg', 'group_concat', 'string_agg'])
const windowOnly = new Set(['row_number', 'rank', 'dense_rank', 'lag', 'lead', 'first_value', 'ntile'])

/** With one argument, `min` and `max` are aggregates. */
export function isAggregate({ name, arguments: args, aggregate }: FunctionCall): boolean {
  if (aggregate !== undefined || aggregates.has(name) || windowOnly.has(name)) return true
  return (name === 'min' || name === 'max') && args.length === 1
}

/** Whether it makes one value of many rows, and no window. */
export function gathersRows(call: FunctionCall): boolean {
  return isAggregate(call) && (call.aggregate?.over ?? null) === null
}

/** Throws Untranslatable, also outside of a select. */
export function printAggregate(call: FunctionCall, scope: Scope, printer: Printer): Printed {
  const { select } = scope
  if (select === undefined) throw new Untranslatable(`the function ${call.name}() over rows`)
  const over = call.aggregate?.over ?? null
  if (windowOnly.has(call.name) && over === null) throw new Untranslatable(`${call.name}() without a window`)
  const ofRow = over === null ? { ...scope, select: { ...select, grouped: null } } : scope
  const args = call.arguments.map((argument) => printer.value(argument, ofRow))
  if (call.aggregate?.isDistinct === true) for (const argument of args) refuseUndistinguished(argument)
  const tail = printTail(call, ofRow, printer)
  if (windowOnly.has(call.name)) return printWindowFunction(call.name, args, tail)
  return printGathered(call, args, ofRow, tail, printer)
}

/** `tail`: what follows the closing parenthesis, the filter and the window. */
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
    return make(`count(${distinct}${value.sql})${tail}`, 'integer')
  }
  if (value === undefined) throw new Untranslatable(`${name}() without a value`)
  switch (name) {
    case 'sum': {
      const number = asNumber(value)
      const sql = `sum(${distinct}${number.sql})${tail}`
      if (number.kind === 'integer') return make(`(${sql})::bigint`, 'integer')
      return make(sql, number.kind, traitsOf([number], number.kind))
    }
    case 'total':
      return make(`coalesce(sum(${distinct}${asDouble(value)})${tail}, 0)`, 'double')
    case 'avg':
      return make(`avg(${distinct}${asDouble(value)})${tail}`, 'double')
    case 'min':
    case 'max':
      return printExtreme(name, value, tail)
    case 'group_concat':
    case 'string_agg':
      return printJoinedTexts(call, args, scope, tail, printer)
    default:
      throw new Untranslatable(`the function ${name}() over rows`)
  }
}

function asDouble(value: Printed): string {
  return `${wrap(asNumber(value))}::double precision`
}

/** The smallest or largest value; PostgreSQL has no such functions for truth, bytes and UUIDs. */
function printExtreme(name: 'min' | 'max', value: Printed, tail: string): Printed {
  const { kind, column, ownCollation } = value
  const kept = {
    ...(column === undefined ? {} : { column }),
    ...(ownCollation === undefined ? {} : { ownCollation }),
  }
  if (kind === 'boolean') {
    return { sql: `bool_${name === 'min' ? 'and' : 'or'}(${value.sql})${tail}`, kind, atom: true, ...kept }
  }
  if (kind === 'bytea' || kind === 'uuid') throw new Untranslatable(`${name}() of values of type ${kind}`)
  const collation = value.collation ?? ownCollation ?? 'BINARY'
  if (kind === 'text' && collation !== 'BINARY') {
    throw new Untranslatable(`${name}() under the collation ${collation}`)
  }
  const { mayBeWhole } = value
  return {
    sql: `${name}(${printOrdered(value)})${tail}`,
    kind,
    atom: true,
    ...kept,
    ...(mayBeWhole === true ? { mayBeWhole } : {}),
  }
}

function printJoinedTexts(
  { arguments: given, aggregate }: FunctionCall,
  args: readonly Printed[],
  scope: Scope,
  tail: string,
  printer: Printer,
): Printed {
  const distinct = aggregate?.isDistinct === true ? 'distinct ' : ''
  const [value, separator] = args
  if (given.length > 2) throw new Untranslatable('group_concat() with more than two arguments')
  const between = separator === undefined ? "','" : asText(separator)
  const order = printOrder(aggregate?.orderBy ?? [], scope, printer)
  const sql = `string_agg(${distinct}${asText(value!)}, ${between}${order === '' ? '' : ` ${order}`})${tail}`
  return { sql, kind: 'text', atom: true, ...(order === '' ? { isUnordered: true } : {}) }
}

function printWindowFunction(name: string, args: readonly Printed[], tail: string): Printed {
  const list = args.map(({ sql }) => sql).join(', ')
  const [value] = args
  if (name === 'lag' || name === 'lead' || name === 'first_value') {
    if (value === undefined || args.length > 2) throw new Untranslatable(`${name}() with a default`)
    if (args[1] !== undefined && args[1].constant?.kind !== 'integer') {
      throw new Untranslatable(`${name}() with a distance that is no constant`)
    }
    const { constant: _, ...shown } = value
    return { ...shown, sql: `${name}(${list})${tail}`, atom: true }
  }
  return { sql: `${name}(${list})${tail}`, kind: 'integer', atom: true }
}

function printTail({ aggregate }: FunctionCall, scope: Scope, printer: Printer): string {
  if (aggregate === undefined) return ''
  const { filter, over } = aggregate
  const filtered = filter === null ? '' : ` filter (where ${printer.truth(filter, scope).sql})`
  if (over === null) return filtered
  const partitions = over.partitionBy.map((expression) => {
    const printed = printer.value(expression, scope)
    refuseUndistinguished(printed)
    return printed.sql
  })
  const partition = partitions.length === 0 ? '' : `partition by ${partitions.join(', ')}`
  const parts = [partition, printOrder(over.orderBy, scope, printer)].filter((part) => part !== '')
  return `${filtered} over (${parts.join(' ')})`
}

/** `order by` and its terms; '' when there are none. */
function printOrder(terms: readonly OrderingTerm[], scope: Scope, printer: Printer): string {
  if (terms.length === 0) return ''
  return `order by ${terms.map((term) => printOrderingTerm(printer.value(term.expression, scope), term)).join(', ')}`
}
