import { compare, compareWithList, compareWithSelect } from '../compare/compare.ts'
import { compareRows, isOfRows } from '../compare/row-values.ts'
import { printClock } from '../times/column-times.ts'
import type { Comparison } from '../tree/comparison.ts'
import type { Expression } from '../tree/expression.ts'
import {
  columnSql,
  type Kind,
  type Printed,
  type Printer,
  type Scope,
  Untranslatable,
} from '../tree/scope.ts'
import { collationIn } from '../tree/walk.ts'
import { printArithmetic } from '../values/arithmetic.ts'
import { asCalculated, printCast } from '../values/casts.ts'
import { printJsonArrow } from '../values/json.ts'
import { printMatch } from '../values/patterns.ts'
import { asText, commonKind, isWide, printString, traitsOf, truth, wrap } from '../values/printed.ts'
import { printUnary } from '../values/unary.ts'
import { isAggregate, printAggregate } from './aggregates.ts'
import { printCall } from './functions.ts'
import { printName } from './print-name.ts'
import { printedOnce, scopeOfRow } from './print-once.ts'
import { printSubquery, selectOf } from './subquery.ts'

/**
 * Prints SQLite's expressions for PostgreSQL. Invariant: for all values that the columns hold, the result has the value, or as a condition
 * the truth, that it has in SQLite; an expression for which this is not certain is Untranslatable.
 */

const printer: Printer = { value: printValue, truth: printTruth }

/** Prints the condition of a check or a partial index. Throws Untranslatable. */
export function printCondition(expression: Expression, scope: Scope): string {
  return printTruth(expression, scope).sql
}

/**
 * Prints the expression of an index or a generated column. `isWide`: the value is an integer that may exceed 64 bits. Throws Untranslatable.
 */
export function printExpression(
  expression: Expression,
  scope: Scope,
): { sql: string; kind: Kind; isWide: boolean } {
  const printed = printValue(expression, scope)
  // A generated column cannot hold more than 64 bits anyway.
  const sql = scope.purpose === 'generated' ? (printed.plain ?? printed.sql) : printed.sql
  return { sql, kind: printed.kind, isWide: isWide(printed) }
}

/** Prints an expression as a condition. */
export function printTruth(expression: Expression, scope: Scope): Printed {
  if (expression.kind === 'binary' && (expression.operator === 'and' || expression.operator === 'or')) {
    return printLogic(expression.operator, expression, scope)
  }
  if (expression.kind === 'unary' && expression.operator === 'not') {
    return printUnary(expression, scope, printer)
  }
  return asTruth(printValue(expression, scope), scope)
}

function printLogic(operator: 'and' | 'or', expression: Expression, scope: Scope): Printed {
  const operands: Expression[] = []
  let first = expression
  while (first.kind === 'binary' && first.operator === operator) {
    operands.push(first.right)
    first = first.left
  }
  return operands.reduceRight(
    (left, operand) => joinTruths(operator, left, printTruth(operand, scope)),
    printTruth(first, scope),
  )
}

/** Drops conditions that the target's types ensure, such as json_valid(x) or x is null. */
function joinTruths(operator: 'and' | 'or', left: Printed, right: Printed): Printed {
  const [neutral, absorbing] = operator === 'and' ? ['true', 'false'] : ['false', 'true']
  if (left.sql === absorbing || right.sql === absorbing) return truth(absorbing, true)
  if (left.sql === neutral) return right
  if (right.sql === neutral) return left
  return truth(`${wrap(left)} ${operator} ${wrap(right)}`)
}

function asTruth(given: Printed, scope: Scope): Printed {
  const printed = given.kind === 'text' ? asCalculated(given, scope) : given
  switch (printed.kind) {
    case 'boolean':
      return printed
    case 'null':
      return truth('null::boolean', true)
    case 'integer':
    case 'double':
    case 'numeric':
      if (printed.constant?.kind === 'integer') {
        return truth(printed.constant.text === '0' ? 'false' : 'true', true)
      }
      return truth(`${wrap(printed)} <> 0`)
    default:
      throw new Untranslatable(`a value of type ${printed.kind} where a condition is expected`)
  }
}

/** Prints an expression for its value. */
export function printValue(expression: Expression, scope: Scope): Printed {
  return printedOnce(expression, scope, printAnew)
}

function printAnew(expression: Expression, scope: Scope): Printed {
  const printed = ofItsGroup(expression, scope) ?? printParts(expression, scope)
  if (printed.kind !== 'text' || printed.collation !== undefined) return printed
  const collation = collationIn(expression)
  return collation === null ? printed : { ...printed, collation }
}

/** Prints an expression that is equal in all rows of a group, or a column's value in one of them, like SQLite; else returns null. */
function ofItsGroup(expression: Expression, scope: Scope): Printed | null {
  const { select } = scope
  if (select === undefined || select.grouped === null) return null
  if (expression.kind === 'call' && isAggregate(expression)) return null
  const ofRow = scopeOfRow(scope, select)
  if (expression.kind === 'name') {
    const { name, table } = expression
    const named = select.aliased(name, table, select.grouped)
    if (named !== undefined) return named
    // A name of an outer select has one value for all rows of this one.
    if (select.isOuter(name, table)) return printParts(expression, ofRow)
    const printed = printParts(expression, ofRow)
    if (printed.constant !== undefined || select.grouped.values.has(printed.sql)) return printed
    const { rowBy } = select.grouped
    if (rowBy === null)
      throw new Untranslatable('a value of the row with one of several minimums or maximums')
    return { ...printed, sql: `(array_agg(${printed.sql}${rowBy}))[1]`, atom: true }
  }
  try {
    const printed = printValue(expression, ofRow)
    return select.grouped.values.has(printed.sql) ? printed : null
  } catch (error) {
    if (error instanceof Untranslatable) return null
    throw error
  }
}

function printParts(expression: Expression, scope: Scope): Printed {
  switch (expression.kind) {
    case 'null':
      return { sql: 'null', kind: 'null', atom: true, constant: expression }
    case 'integer':
      return {
        sql: expression.text,
        kind: 'integer',
        atom: !expression.text.startsWith('-'),
        constant: expression,
      }
    case 'real':
      return printReal(expression)
    case 'string':
      return printString(expression.text)
    case 'blob':
      return {
        sql: `'\\x${expression.hex.toLowerCase()}'::bytea`,
        kind: 'bytea',
        atom: true,
        constant: expression,
      }
    case 'boolean':
      return {
        ...truth(String(expression.value), true),
        constant: { kind: 'integer', text: expression.value ? '1' : '0' },
      }
    case 'parameter':
      return { sql: `$${expression.number}`, kind: 'parameter', atom: true }
    case 'now':
      if (scope.purpose !== 'view') throw new Untranslatable('the current time')
      return printClock(expression.what)
    case 'name':
      return printName(expression, scope)
    case 'unary':
      return printUnary(expression, scope, printer)
    case 'binary':
      return printBinary(expression, scope)
    case 'collate':
      return { ...printValue(expression.operand, scope), collation: expression.collation }
    case 'is-null': {
      const operand = printOperandOfNull(expression.operand, scope)
      return truth(`${wrap(operand)} is ${expression.negated ? 'not ' : ''}null`)
    }
    case 'between': {
      const { operand, low, high, negated } = expression
      const parts = [printComparison('>=', operand, low, scope), printComparison('<=', operand, high, scope)]
      const both = parts.map(wrap).join(' and ')
      return truth(negated ? `not (${both})` : both)
    }
    case 'in': {
      const operand = printValue(expression.operand, scope)
      const list = expression.list.map((item) => printValue(item, scope))
      return compareWithList(operand, list, expression.negated, scope)
    }
    case 'match':
      return printMatch(expression, scope, printer)
    case 'case':
      return printCase(expression, scope)
    case 'cast':
      return printCast(printValue(expression.operand, scope), expression.type, scope)
    case 'call':
      if (isAggregate(expression)) return printAggregate(expression, scope, printer)
      return printCall(expression.name, expression.arguments, scope, printer)
    case 'subquery':
      return printSubquery(expression.select, scope)
    case 'exists':
      return truth(`exists (${selectOf(scope, expression.select).sql})`, true)
    case 'in-subquery': {
      const { operand } = expression
      const values = operand.kind === 'row' ? operand.values : [operand]
      const printed = values.map((value) => printValue(value, scope))
      return compareWithSelect(printed, selectOf(scope, expression.select), expression.negated)
    }
    case 'row':
      throw new Untranslatable('a row of several values')
    default:
      return expression satisfies never
  }
}

function printReal(expression: Expression & { kind: 'real' }): Printed {
  const value = Number(expression.text)
  const sql = Number.isFinite(value) ? expression.text : `'Infinity'::double precision`
  return { sql, kind: 'double', atom: true, constant: expression }
}

/** Prints the operand of IS NULL, which may be a column whose values are otherwise Untranslatable. */
function printOperandOfNull(expression: Expression, scope: Scope): Printed {
  const column = expression.kind === 'name' ? scope.column(expression.name, expression.table) : undefined
  const isGrouped = (scope.select?.grouped ?? null) !== null
  if (column?.isMixed !== true || isGrouped) return printValue(expression, scope)
  return { sql: columnSql(column), kind: 'null', atom: true }
}

function printBinary(expression: Expression & { kind: 'binary' }, scope: Scope): Printed {
  const { operator } = expression
  switch (operator) {
    case 'and':
    case 'or':
      return printTruth(expression, scope)
    case 'is':
    case 'is not':
      // IS TRUE and IS FALSE test the truth of the left side (https://www.sqlite.org/lang_expr.html#booleanexpr).
      if (expression.right.kind === 'boolean') {
        const asked = printTruth(expression.left, scope)
        return truth(`${wrap(asked)} ${operator} ${expression.right.value}`)
      }
      return printComparison(operator, expression.left, expression.right, scope)
    case '=':
    case '<>':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return printComparison(operator, expression.left, expression.right, scope)
    case '||':
      return printConcatenation(expression.left, expression.right, scope)
    case '->':
    case '->>':
      return printJsonArrow(operator, expression.left, expression.right, scope, printer)
    default:
      return printArithmetic(
        operator,
        printValue(expression.left, scope),
        printValue(expression.right, scope),
        scope,
      )
  }
}

function printComparison(operator: Comparison, left: Expression, right: Expression, scope: Scope): Printed {
  if (isOfRows(left, right)) return compareRows(operator, left, right, scope, printer)
  return compare(operator, printValue(left, scope), printValue(right, scope), scope)
}

function printConcatenation(leftOf: Expression, rightOf: Expression, scope: Scope): Printed {
  const operands = [leftOf, rightOf].map((operand) => asText(printValue(operand, scope)))
  return { sql: operands.join(' || '), kind: 'text', atom: false }
}

function printCase(expression: Expression & { kind: 'case' }, scope: Scope): Printed {
  const operand = expression.operand === null ? null : printValue(expression.operand, scope)
  const branches = expression.branches.map(({ when, result }) => ({
    when: operand === null ? printTruth(when, scope) : compare('=', operand, printValue(when, scope), scope),
    result: printValue(result, scope),
  }))
  const otherwise = expression.otherwise === null ? null : printValue(expression.otherwise, scope)
  const results = [...branches.map(({ result }) => result), ...(otherwise === null ? [] : [otherwise])]
  const kind = commonKind(results, scope)
  const parts = branches.map(({ when, result }) => `when ${when.sql} then ${wrap(result)}`)
  if (otherwise !== null) parts.push(`else ${wrap(otherwise)}`)
  return { sql: `case ${parts.join(' ')} end`, kind, atom: false, ...traitsOf(results, kind) }
}
