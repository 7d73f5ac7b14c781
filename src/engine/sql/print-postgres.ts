import { quoteIdentifier, quoteLiteral } from '../target/identifier.ts'
import { compare, compareWithList } from './compare.ts'
import type { Expression } from './expression.ts'
import { printCall } from './functions.ts'
import { printGlob, printLike } from './patterns.ts'
import { type Kind, kindOfType, type Scope, type ScopeColumn, Untranslatable } from './scope.ts'

/**
 * SQLite's expressions as PostgreSQL's. Invariant: the result has the value, or as a condition the truth, that SQLite's has for the
 * values that the columns hold; what can't promise that is Untranslatable.
 */

export type Printed = {
  readonly sql: string
  readonly kind: Kind
  /** Needs no parentheses as an operand. */
  readonly atom: boolean
  /** The constant that it is, when it is one. */
  readonly constant?: Expression
  readonly column?: ScopeColumn
  /** A collation given by COLLATE. */
  readonly collation?: string
  /** The collation of the column that it is, under any + and CAST (https://www.sqlite.org/datatype3.html#collation). */
  readonly ownCollation?: string
}

/** The condition of a check or a partial index. Throws Untranslatable. */
export function printCondition(expression: Expression, scope: Scope): string {
  return printTruth(expression, scope).sql
}

/** An index expression or a generated column's, with the kind of its value. Throws Untranslatable. */
export function printExpression(expression: Expression, scope: Scope): { sql: string; kind: Kind } {
  const { sql, kind } = printValue(expression, scope)
  return { sql, kind }
}

export function wrap(printed: Printed): string {
  return printed.atom ? printed.sql : `(${printed.sql})`
}

export function truth(sql: string, atom = false): Printed {
  return { sql, kind: 'boolean', atom }
}

/** An expression where SQLite asks whether it is true. */
export function printTruth(expression: Expression, scope: Scope): Printed {
  if (expression.kind === 'binary' && (expression.operator === 'and' || expression.operator === 'or')) {
    return printLogic(expression.operator, expression.left, expression.right, scope)
  }
  if (expression.kind === 'unary' && expression.operator === 'not') {
    const operand = printTruth(expression.operand, scope)
    return truth(`not ${wrap(operand)}`)
  }
  return asTruth(printValue(expression, scope))
}

function printLogic(operator: 'and' | 'or', leftOf: Expression, rightOf: Expression, scope: Scope): Printed {
  const left = printTruth(leftOf, scope)
  const right = printTruth(rightOf, scope)
  // What the target's types ensure is not said again: json_valid(x) or x is null.
  const [neutral, absorbing] = operator === 'and' ? ['true', 'false'] : ['false', 'true']
  if (left.sql === absorbing || right.sql === absorbing) return truth(absorbing, true)
  if (left.sql === neutral) return right
  if (right.sql === neutral) return left
  return truth(`${wrap(left)} ${operator} ${wrap(right)}`)
}

function asTruth(printed: Printed): Printed {
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
      throw new Untranslatable(`a value of type ${printed.kind} where a condition is asked`)
  }
}

/** An expression for its value. */
export function printValue(expression: Expression, scope: Scope): Printed {
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
    case 'now':
      throw new Untranslatable('the current time')
    case 'name':
      return printName(expression, scope)
    case 'unary':
      return printUnary(expression.operator, expression.operand, scope)
    case 'binary':
      return printBinary(expression, scope)
    case 'collate':
      return { ...printValue(expression.operand, scope), collation: expression.collation }
    case 'is-null': {
      const operand = printOperandOfNull(expression.operand, scope)
      return truth(`${wrap(operand)} is ${expression.negated ? 'not ' : ''}null`)
    }
    case 'between': {
      const operand = printValue(expression.operand, scope)
      const low = compare('>=', operand, printValue(expression.low, scope), scope)
      const high = compare('<=', operand, printValue(expression.high, scope), scope)
      const both = `${wrap(low)} and ${wrap(high)}`
      return truth(expression.negated ? `not (${both})` : both)
    }
    case 'in': {
      const operand = printValue(expression.operand, scope)
      const list = expression.list.map((item) => printValue(item, scope))
      return compareWithList(operand, list, expression.negated, scope)
    }
    case 'match':
      return printMatch(expression, scope)
    case 'case':
      return printCase(expression, scope)
    case 'cast':
      return printCast(expression.operand, expression.type, scope)
    case 'call':
      return printCall(expression.name, expression.arguments, scope)
    default:
      return expression satisfies never
  }
}

function printReal(expression: Expression & { kind: 'real' }): Printed {
  const value = Number(expression.text)
  const sql = Number.isFinite(value) ? expression.text : `'Infinity'::double precision`
  return { sql, kind: 'double', atom: true, constant: expression }
}

function printString(text: string): Printed {
  if (text.includes('\0')) throw new Untranslatable('a text with U+0000')
  return { sql: quoteLiteral(text), kind: 'text', atom: true, constant: { kind: 'string', text } }
}

/** Whether it is null can be asked of any column. */
function printOperandOfNull(expression: Expression, scope: Scope): Printed {
  const column = expression.kind === 'name' ? scope.column(expression.name) : undefined
  if (column?.isMixed !== true) return printValue(expression, scope)
  return { sql: quoteIdentifier(column.target), kind: 'null', atom: true }
}

function printName(expression: Expression & { kind: 'name' }, scope: Scope): Printed {
  const column = scope.column(expression.name)
  if (column === undefined) {
    // SQLite takes a name in double quotes that no column has for a string (https://www.sqlite.org/quirks.html#dblquote).
    if (expression.double) return printString(expression.name)
    throw new Untranslatable(`no column is named ${JSON.stringify(expression.name)}`)
  }
  if (scope.purpose === 'generated' && column.isGenerated) {
    throw new Untranslatable(`${JSON.stringify(expression.name)} is a generated column itself`)
  }
  if (column.isMixed) throw new Untranslatable('a column whose values are of several kinds')
  const kind = kindOfType(column.type)
  if (kind === null) throw new Untranslatable(`a column of type ${column.type}`)
  const isText = column.conversion.kind === 'boolean' && column.conversion.form !== 'integer'
  return {
    sql: quoteIdentifier(column.target),
    kind: isText ? 'boolean-text' : kind,
    atom: true,
    column,
    ownCollation: column.collation,
  }
}

export function isNumber(kind: Kind): boolean {
  return kind === 'integer' || kind === 'double' || kind === 'numeric'
}

/** The value as a number; truth is 0 or 1, as in SQLite. */
function asNumber(printed: Printed): Printed {
  if (isNumber(printed.kind) || printed.kind === 'null') return printed
  if (printed.kind === 'boolean') {
    if (printed.constant?.kind === 'integer') {
      return { ...printed, sql: printed.constant.text, kind: 'integer' }
    }
    return { sql: `${wrap(printed)}::integer`, kind: 'integer', atom: true }
  }
  throw new Untranslatable(`arithmetic on a value of type ${printed.kind}`)
}

function printUnary(operator: '-' | '+' | '~' | 'not', operandOf: Expression, scope: Scope): Printed {
  if (operator === 'not') return truth(`not ${wrap(printTruth(operandOf, scope))}`)
  if (operator === '+') {
    // It takes a column's affinity away, nothing else.
    const { column: _, ...bare } = printValue(operandOf, scope)
    return bare
  }
  const operand = asNumber(printValue(operandOf, scope))
  if (operator === '~' && operand.kind !== 'integer')
    throw new Untranslatable('~ of a value that is no integer')
  const { constant } = operand
  if (operator === '-' && (constant?.kind === 'integer' || constant?.kind === 'real')) {
    const opposite = constant.text.startsWith('-') ? constant.text.slice(1) : `-${constant.text}`
    const text = opposite === '-0' ? '0' : opposite
    const sql =
      constant.kind === 'real' && !Number.isFinite(Number(text)) ? `'-Infinity'::double precision` : text
    return { sql, kind: operand.kind, atom: false, constant: { kind: constant.kind, text } }
  }
  return { sql: `${operator} ${wrap(operand)}`, kind: operand.kind, atom: false }
}

function printBinary(expression: Expression & { kind: 'binary' }, scope: Scope): Printed {
  const { operator } = expression
  switch (operator) {
    case 'and':
    case 'or':
      return printTruth(expression, scope)
    case 'is':
    case 'is not':
      // With TRUE or FALSE on the right it is a question about truth (https://www.sqlite.org/lang_expr.html#booleanexpr).
      if (expression.right.kind === 'boolean') {
        const asked = printTruth(expression.left, scope)
        return truth(`${wrap(asked)} ${operator} ${expression.right.value}`)
      }
      return compare(operator, printValue(expression.left, scope), printValue(expression.right, scope), scope)
    case '=':
    case '<>':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return compare(operator, printValue(expression.left, scope), printValue(expression.right, scope), scope)
    case '||':
      return printConcatenation(expression.left, expression.right, scope)
    case '->':
    case '->>':
      throw new Untranslatable('values taken out of JSON, whose type differs from row to row')
    default:
      return printArithmetic(operator, expression.left, expression.right, scope)
  }
}

function printArithmetic(
  operator: '+' | '-' | '*' | '/' | '%' | '&' | '|' | '<<' | '>>',
  leftOf: Expression,
  rightOf: Expression,
  scope: Scope,
): Printed {
  const left = asNumber(printValue(leftOf, scope))
  const right = asNumber(printValue(rightOf, scope))
  const kinds = [left.kind, right.kind]
  if (kinds.includes('null')) return { sql: 'null', kind: 'null', atom: true }
  const areIntegers = left.kind === 'integer' && right.kind === 'integer'
  if (scope.purpose === 'generated' && kinds.includes('numeric')) {
    throw new Untranslatable('arithmetic that is exact in PostgreSQL and is not in SQLite')
  }
  if (!areIntegers && !['+', '-', '*', '/'].includes(operator)) {
    throw new Untranslatable(`${operator} of values that are no integers`)
  }
  if (operator === '<<' || operator === '>>') throw new Untranslatable('shifts')
  const kind: Kind = areIntegers ? 'integer' : kinds.includes('double') ? 'double' : 'numeric'
  // A division by zero is null in SQLite and an error in PostgreSQL.
  const divides = operator === '/' || operator === '%'
  const isSafe = right.constant !== undefined && Number(right.sql) !== 0
  const divisor = divides && !isSafe ? `nullif(${right.sql}, 0)` : wrap(right)
  // PostgreSQL takes a number with a point for numeric: it must not drag the other side along.
  const widen = (sql: string, printed: Printed) =>
    kind === 'double' && !(printed.kind === 'double' && printed.constant === undefined)
      ? `${sql}::double precision`
      : sql
  // 32-bit integers overflow where SQLite's 64-bit ones don't.
  const leftSql = areIntegers && left.constant === undefined ? bigint(left) : wrap(left)
  return { sql: `${widen(leftSql, left)} ${operator} ${widen(divisor, right)}`, kind, atom: false }
}

function bigint(printed: Printed): string {
  return printed.column !== undefined && printed.column.type === 'bigint'
    ? wrap(printed)
    : `${wrap(printed)}::bigint`
}

function printConcatenation(leftOf: Expression, rightOf: Expression, scope: Scope): Printed {
  const operands = [leftOf, rightOf].map((operand) => asText(printValue(operand, scope)))
  return { sql: operands.join(' || '), kind: 'text', atom: false }
}

/** The value as SQLite writes it as text. */
export function asText(printed: Printed): string {
  if (printed.kind === 'text') return wrap(printed)
  if (printed.kind === 'null') return 'null::text'
  if (printed.kind === 'integer') return `${wrap(printed)}::text`
  throw new Untranslatable(`a value of type ${printed.kind} as text`)
}

function printMatch(expression: Expression & { kind: 'match' }, scope: Scope): Printed {
  const operand = printValue(expression.operand, scope)
  const pattern = expression.pattern
  if (operand.kind !== 'text') {
    throw new Untranslatable(`${expression.operator} of a value of type ${operand.kind}`)
  }
  if (pattern.kind !== 'string')
    throw new Untranslatable(`${expression.operator} with a pattern that is no constant`)
  if (expression.operator === 'like') {
    const escaping = expression.escape
    if (escaping !== null && escaping.kind !== 'string')
      throw new Untranslatable('an ESCAPE that is no constant')
    return printLike(operand, pattern.text, escaping?.text ?? null, expression.negated)
  }
  if (expression.operator === 'glob') return printGlob(operand, pattern.text, expression.negated)
  throw new Untranslatable(`${expression.operator}, which SQLite leaves to the application`)
}

function printCase(expression: Expression & { kind: 'case' }, scope: Scope): Printed {
  const operand = expression.operand === null ? null : printValue(expression.operand, scope)
  const branches = expression.branches.map(({ when, result }) => ({
    when: operand === null ? printTruth(when, scope) : compare('=', operand, printValue(when, scope), scope),
    result: printValue(result, scope),
  }))
  const otherwise = expression.otherwise === null ? null : printValue(expression.otherwise, scope)
  const kind = commonKind([
    ...branches.map(({ result }) => result),
    ...(otherwise === null ? [] : [otherwise]),
  ])
  const parts = branches.map(({ when, result }) => `when ${when.sql} then ${wrap(result)}`)
  if (otherwise !== null) parts.push(`else ${wrap(otherwise)}`)
  return { sql: `case ${parts.join(' ')} end`, kind, atom: false }
}

/** The one kind that all the values have; nulls have any. */
export function commonKind(values: readonly Printed[]): Kind {
  const kinds = new Set(values.map(({ kind }) => kind).filter((kind) => kind !== 'null'))
  if (kinds.size === 0) return 'null'
  if (kinds.size === 1) return kinds.values().next().value!
  throw new Untranslatable(`values of several types (${[...kinds].join(', ')})`)
}

/** https://www.sqlite.org/lang_expr.html#castexpr, where the result can't depend on what a text looks like. */
function printCast(operandOf: Expression, type: string, scope: Scope): Printed {
  const operand = printValue(operandOf, scope)
  const upper = type.toUpperCase()
  if (operand.kind === 'null') return operand
  if (upper.includes('INT')) {
    if (operand.kind === 'integer') return operand
    if (operand.kind === 'boolean') return { sql: `${wrap(operand)}::integer`, kind: 'integer', atom: true }
  } else if (/CHAR|CLOB|TEXT/.test(upper)) {
    const { ownCollation = 'BINARY' } = operand
    return { sql: asText(operand), kind: 'text', atom: true, ownCollation }
  } else if (/REAL|FLOA|DOUB/.test(upper) && isNumber(operand.kind)) {
    return { sql: `${wrap(operand)}::double precision`, kind: 'double', atom: true }
  }
  throw new Untranslatable(`a cast of ${operand.kind} to ${type}`)
}
