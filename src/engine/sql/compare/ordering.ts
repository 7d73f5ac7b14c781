import type { OrderingTerm } from '../tree/expression.ts'
import { type Printed, Untranslatable } from '../tree/scope.ts'
import { wrap } from '../values/printed.ts'

/**
 * How SQLite orders values, and which it treats as equal (https://www.sqlite.org/datatype3.html#sort_order). Invariant: PostgreSQL orders and
 * distinguishes the printed values like SQLite, in which nulls come first.
 */

/** Returns the value by which to order. Throws Untranslatable. */
export function printOrdered(printed: Printed): string {
  const { kind, column, sql } = printed
  switch (kind) {
    case 'integer':
    case 'double':
    case 'numeric':
    case 'boolean':
    case 'bytea':
    case 'null':
      return wrap(printed)
    case 'text':
      return orderedText(printed)
    case 'uuid':
      if (column?.conversion.kind === 'uuid' && column.conversion.form !== 'none') return sql
      break
    case 'timestamptz':
    case 'timestamp':
    case 'date':
    case 'time':
      if (isWrittenOneWay(printed)) return sql
      break
    default:
      break
  }
  throw new Untranslatable(`ordering values of type ${kind}`)
}

function orderedText(printed: Printed): string {
  switch (collationOf(printed)) {
    case 'BINARY':
      return `${wrap(printed)} collate "C"`
    case 'NOCASE':
      return `lower(${wrap(printed)} collate "C")`
    case 'RTRIM':
      return `rtrim(${printed.sql}) collate "C"`
    default:
      throw new Untranslatable(`the collation ${collationOf(printed)}`)
  }
}

export function printOrderingTerm(printed: Printed, { descending, nulls }: OrderingTerm): string {
  return orderingTerm(printOrdered(printed), descending, nulls)
}

function orderingTerm(sql: string, descending: boolean, nulls: OrderingTerm['nulls']): string {
  const place = nulls ?? (descending ? 'last' : 'first')
  return `${sql}${descending ? ' desc' : ''} nulls ${place}`
}

/** Throws Untranslatable when values that are distinct in SQLite may be equal in PostgreSQL, or the other way round. */
export function refuseUndistinguished(printed: Printed): void {
  const { kind } = printed
  if (kind === 'text' && collationOf(printed) !== 'BINARY') {
    throw new Untranslatable(`values that are equal under the collation ${collationOf(printed)}`)
  }
  if (kind === 'boolean-text') return
  printOrdered(printed)
}

/** Whether the value is a text under a collation for which different texts may be equal. */
export function isFoldedText(printed: Printed): boolean {
  return printed.kind === 'text' && collationOf(printed) !== 'BINARY'
}

export function collationOf({ collation, ownCollation }: Printed): string {
  return collation ?? ownCollation ?? 'BINARY'
}

function isWrittenOneWay({ column }: Printed): boolean {
  return column !== undefined && 'form' in column.conversion && column.conversion.form !== null
}
