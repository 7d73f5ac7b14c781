import { isSameName } from '../../syntax/sqlite-names.ts'
import { printOrderingTerm, refuseUndistinguished } from '../compare/ordering.ts'
import type { Expression, Frame, FrameBound, OrderingTerm, Window } from '../tree/expression.ts'
import { type Printed, type Printer, type Scope, Untranslatable } from '../tree/scope.ts'
import { isNumber } from '../values/printed.ts'

/**
 * Prints the windows of window functions (https://www.sqlite.org/windowfunctions.html). Invariant: the same rows are peers, and in a frame,
 * as in SQLite; a named window is written out where it is used.
 */

/** Prints the contents of the parentheses of OVER. Throws Untranslatable. */
export function printWindow(over: Window, scope: Scope, printer: Printer): string {
  const { partitionBy, orderBy, frame } = resolved(over, scope, [])
  const partitions = partitionBy.map((expression) => {
    const printed = printer.value(expression, scope)
    refuseUndistinguished(printed)
    return printed.sql
  })
  const partition = partitions.length === 0 ? '' : `partition by ${partitions.join(', ')}`
  const framed = frame === null ? '' : printFrame(frame, orderBy, scope, printer)
  return [partition, printOrder(orderBy, scope, printer), framed].filter((part) => part !== '').join(' ')
}

/** Prints `order by` and its terms; returns '' when there are none. */
export function printOrder(terms: readonly OrderingTerm[], scope: Scope, printer: Printer): string {
  if (terms.length === 0) return ''
  return `order by ${terms.map((term) => printOrderingTerm(printer.value(term.expression, scope), term)).join(', ')}`
}

/** Returns the window with the parts that it takes from the window that it names. */
function resolved(window: Window, scope: Scope, within: readonly string[]): Window {
  const { base } = window
  if (base === null) return window
  const named = within.some((name) => isSameName(name, base)) ? undefined : scope.select?.window(base)
  if (named === undefined) throw new Untranslatable(`there is no window ${JSON.stringify(base)}`)
  const whole = resolved(named, scope, [...within, base])
  if (window.isWhole) return whole
  return {
    ...window,
    base: null,
    partitionBy: whole.partitionBy,
    orderBy: whole.orderBy.length > 0 ? whole.orderBy : window.orderBy,
  }
}

function printFrame(
  { unit, from, to, exclude }: Frame,
  orderBy: readonly OrderingTerm[],
  scope: Scope,
  printer: Printer,
): string {
  const [term] = orderBy
  const ordered = term === undefined ? null : printer.value(term.expression, scope)
  const bound = (one: FrameBound) => printBound(one, unit, ordered, scope, printer)
  const extent = to === null ? bound(from) : `between ${bound(from)} and ${bound(to)}`
  return `${unit} ${extent}${exclude === null ? '' : ` exclude ${exclude}`}`
}

function printBound(
  { direction, distance }: FrameBound,
  unit: Frame['unit'],
  ordered: Printed | null,
  scope: Scope,
  printer: Printer,
): string {
  if (direction === 'current row') return direction
  if (distance === null) return `unbounded ${direction}`
  return `${printDistance(distance, unit, ordered, scope, printer)} ${direction}`
}

/** Prints a frame's distance; in a range, as a number of the type by which the rows are ordered. */
function printDistance(
  distance: Expression,
  unit: Frame['unit'],
  ordered: Printed | null,
  scope: Scope,
  printer: Printer,
): string {
  const { constant, sql } = printer.value(distance, scope)
  if (unit !== 'range') {
    if (constant?.kind !== 'integer') throw new Untranslatable('a frame whose bounds are not constants')
    return sql
  }
  const isConstant = constant?.kind === 'integer' || constant?.kind === 'real'
  if (!isConstant || ordered === null || !isNumber(ordered.kind))
    throw new Untranslatable('a range of values other than numbers')
  if (ordered.kind === 'double') return `${sql}::double precision`
  if (ordered.kind === 'integer' && constant.kind === 'real')
    throw new Untranslatable('a range of integers by a fraction')
  return sql
}
