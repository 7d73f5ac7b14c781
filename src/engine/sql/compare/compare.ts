import { type Comparison, isOrder, mirrored, spell } from '../tree/comparison.ts'
import {
  type Kind,
  type Printed,
  type Scope,
  type ScopeColumn,
  typeOfKind,
  Untranslatable,
} from '../tree/scope.ts'
import { compareJsonValue } from '../values/json-value.ts'
import { isNumber, type NumberKind, spelledTime, truth, wrap } from '../values/printed.ts'
import { compareUnevenTimes, constantFor, foldedConstant, numberText } from '../values/typed-constants.ts'
import { compareNumberWithText } from './compare-mixed.ts'
import { compareMoments } from './compare-moments.ts'
import { isFoldedText, printOrdered } from './ordering.ts'

/**
 * SQLite's comparisons, for columns that now have a type. Invariant: a constant is converted to the column's type only when it then compares
 * as in SQLite (https://www.sqlite.org/datatype3.html#comparison_expressions).
 */

export function compare(operator: Comparison, left: Printed, right: Printed, scope: Scope): Printed {
  if (left.kind === 'null' || right.kind === 'null') return compareWithNull(operator, left, right)
  if (left.kind === 'json-value') return compareJsonValue(operator, left, right)
  if (right.kind === 'json-value') return compareJsonValue(mirrored(operator), right, left)
  const isOfList = left.isMember === true || right.isMember === true
  const mixed =
    scope.purpose === 'view' && !isOfList && !isTyped(left, right)
      ? compareNumberWithText(operator, left, right)
      : null
  if (mixed !== null) return mixed
  const uneven =
    compareUnevenTimes(operator, left, right) ?? compareUnevenTimes(mirrored(operator), right, left)
  if (uneven !== null) return uneven
  const moments = scope.purpose === 'view' ? compareMoments(operator, left, right) : null
  if (moments !== null) return moments
  const [one, other] = agree(left, right, operator)
  if (one.kind === 'text') return compareTexts(operator, one, other, scope)
  return truth(`${wrap(one)} ${spell(operator)} ${wrap(other)}`)
}

/** Whether one side is a column, and the other a constant that can be converted to the column's type. */
function isTyped(left: Printed, right: Printed): boolean {
  const isOf = ({ column, kind }: Printed, other: Printed) =>
    column !== undefined && other.constant !== undefined && constantFor(column, kind, other, '=') !== null
  return isOf(left, right) || isOf(right, left)
}

function compareWithNull(operator: Comparison, left: Printed, right: Printed): Printed {
  if (operator !== 'is' && operator !== 'is not') return truth('null::boolean', true)
  const operand = left.kind === 'null' ? right : left
  return truth(`${wrap(operand)} is ${operator === 'is not' ? 'not ' : ''}null`)
}

/** Compares texts by the collation of the left side, else of the right, else by bytes, which is SQLite's default. */
function compareTexts(operator: Comparison, left: Printed, right: Printed, scope: Scope): Printed {
  const collation = left.collation ?? right.collation ?? left.ownCollation ?? right.ownCollation ?? 'BINARY'
  const isOrdered = isOrder(operator)
  const bare = ({ sql }: Printed) => sql
  if (collation === 'NOCASE') {
    const fold = (printed: Printed) =>
      foldedConstant('lower', printed)?.sql ?? `lower(${bare(printed)} collate "C")`
    return truth(`${fold(left)} ${spell(operator)} ${fold(right)}`)
  }
  if (collation === 'RTRIM') {
    const trim = (printed: Printed) => `rtrim(${bare(printed)})${isOrdered ? ' collate "C"' : ''}`
    return truth(`${trim(left)} ${spell(operator)} ${trim(right)}`)
  }
  if (collation !== 'BINARY') throw new Untranslatable(`the collation ${collation}`)
  if (scope.purpose === 'generated' && isOrdered) {
    return truth(`${wrap(left)} collate "C" ${operator} ${wrap(right)}`)
  }
  return truth(`${wrap(left)}${isOrdered ? ' collate "C"' : ''} ${spell(operator)} ${wrap(right)}`)
}

export function compareWithList(
  operand: Printed,
  list: readonly Printed[],
  negated: boolean,
  scope: Scope,
): Printed {
  if (list.length === 0) return truth(negated ? 'true' : 'false', true)
  if (operand.kind === 'null') return truth('null::boolean', true)
  if (operand.kind === 'json-value' || isFoldedText(operand)) {
    const parts = list.map((item) => wrap(compare('=', operand, item, scope)))
    return truth(negated ? `not (${parts.join(' or ')})` : parts.join(' or '))
  }
  const isMixed = (item: Printed) =>
    scope.purpose === 'view' && !isTyped(operand, item) && compareNumberWithText('=', operand, item) !== null
  const items = list.map((item) => {
    if (item.kind === 'null') return item
    if (isMixed(item)) return null
    const [one, other] = agree(operand, item, '=')
    // The operand is written once, so that no item may require another form of it.
    return one.sql === operand.sql ? other : null
  })
  if (items.includes(null)) {
    // Items of a list have no affinity.
    const parts = list.map(({ column: _, affinity: __, ...item }) => wrap(compare('=', operand, item, scope)))
    return truth(negated ? `not (${parts.join(' or ')})` : parts.join(' or '))
  }
  return truth(`${wrap(operand)} ${negated ? 'not ' : ''}in (${items.map((item) => item!.sql).join(', ')})`)
}

/** Returns the condition that the value, or the row of values, is among the rows of a select. */
export function compareWithSelect(
  operands: readonly Printed[],
  { sql, columns }: { readonly sql: string; readonly columns: readonly Printed[] },
  negated: boolean,
): Printed {
  if (columns.length !== operands.length)
    throw new Untranslatable('a comparison of rows of different lengths')
  for (const [index, operand] of operands.entries()) {
    const column = columns[index]!
    if (column.isMember === true && operands.length === 1 && isNumber(operand.kind)) {
      const member = memberFor(operand.kind, { ...column, sql: '"given"."value"', atom: true })
      const among = `select ${member.sql} from (${sql}) as "given" ("value")`
      return truth(`${wrap(operand)} ${negated ? 'not ' : ''}in (${among})`)
    }
    const [one, other] = agree(operand, column, '=')
    if (one.sql !== operand.sql || other.sql !== column.sql)
      throw new Untranslatable(`a comparison of ${operand.kind} with ${column.kind}`)
    if (!isFoldedText(operand)) continue
    if (operands.length > 1) throw new Untranslatable('a collation in a search for rows of values')
    const { ownCollation: _, collation: __, ...bare } = column
    const { collation, ownCollation } = operand
    const folded = printOrdered({ ...operand, ...bare, sql: '"sought"."value"', collation, ownCollation })
    const among = `select ${folded} from (${sql}) as "sought" ("value")`
    return truth(`${printOrdered(operand)} ${negated ? 'not ' : ''}in (${among})`)
  }
  const sought =
    operands.length === 1 ? wrap(operands[0]!) : `(${operands.map(({ sql: one }) => one).join(', ')})`
  return truth(`${sought} ${negated ? 'not ' : ''}in (${sql})`)
}

function memberFor(kind: NumberKind, member: Printed): Printed {
  return { sql: `${wrap(member)}::${typeOfKind[kind]}`, kind, atom: true }
}

/** Converts both sides to one type. Throws Untranslatable when that is not possible. */
function agree(left: Printed, right: Printed, operator: Comparison): [Printed, Printed] {
  if (isNumber(left.kind) && isNumber(right.kind)) return [left, right]
  if (left.isMember === true && isNumber(right.kind)) return [memberFor(right.kind, left), right]
  if (right.isMember === true && isNumber(left.kind)) return [left, memberFor(left.kind, right)]
  if (left.kind === 'parameter' || right.kind === 'parameter')
    return agreeWithParameter(left, right, operator)
  if (left.column !== undefined && right.constant !== undefined) {
    const changed = constantFor(left.column, left.kind, right, operator)
    if (changed !== null) return [left, changed]
  }
  if (right.column !== undefined && left.constant !== undefined) {
    const changed = constantFor(right.column, right.kind, left, operator)
    if (changed !== null) return [changed, right]
  }
  const isOrdered = isOrder(operator)
  if (left.kind === right.kind && ['text', 'boolean', 'bytea'].includes(left.kind)) return [left, right]
  if (left.kind === right.kind && !isOrdered && left.kind === 'uuid' && isAlike(left, right))
    return [left, right]
  if (left.kind === right.kind && isTimeKind(left.kind) && isSpelledAlike(left.column, right.column))
    return [left, right]
  if (left.kind === 'boolean-text' && right.kind === left.kind && !isOrdered && isAlike(left, right)) {
    return [left, right]
  }
  if (right.kind === 'text' && isTimeKind(left.kind)) return [inItsSpelling(left, right), right]
  if (left.kind === 'text' && isTimeKind(right.kind)) return [left, inItsSpelling(right, left)]
  if (left.kind === 'boolean' && isNumber(right.kind)) return [toInteger(left), right]
  if (right.kind === 'boolean' && isNumber(left.kind)) return [left, toInteger(right)]
  throw new Untranslatable(`a comparison of ${left.kind} with ${right.kind}`)
}

/** Gives a parameter the kind of the other side, whose type the server infers for it. */
function agreeWithParameter(left: Printed, right: Printed, operator: Comparison): [Printed, Printed] {
  const other = left.kind === 'parameter' ? right : left
  const isOrdered = isOrder(operator)
  const { kind } = other
  if (kind === 'parameter') throw new Untranslatable('a comparison of two parameters')
  if (kind === 'number-text' || kind === 'json' || kind === 'null')
    throw new Untranslatable(`a comparison of ${kind} with a parameter`)
  if (isOrdered && (kind === 'boolean' || kind === 'boolean-text' || kind === 'uuid'))
    throw new Untranslatable(`ordering values of type ${kind}`)
  const given = (printed: Printed): Printed => (printed.kind === 'parameter' ? { ...printed, kind } : printed)
  return [given(left), given(right)]
}

/**
 * Returns a time that is compared with a text as the text that SQLite stores. Throws Untranslatable when SQLite would convert the text to a
 * number, because it may look like one and the column's affinity is not TEXT.
 */
function inItsSpelling(time: Printed, other: Printed): Printed {
  const { constant, isTime } = other
  const isNoNumber = constant?.kind === 'string' ? !numberText.test(constant.text) : isTime === true
  const sql = isNoNumber || time.column?.affinity === 'text' ? spelledTime(time) : null
  if (sql === null) throw new Untranslatable(`a comparison of ${time.kind} with ${other.kind}`)
  return { sql, kind: 'text', atom: true, ownCollation: time.ownCollation }
}

function isTimeKind(kind: Kind): boolean {
  return kind === 'timestamptz' || kind === 'timestamp' || kind === 'date' || kind === 'time'
}

/** Whether two columns of times have the same text form, so that their times are in the order of the texts. */
function isSpelledAlike(left: ScopeColumn | undefined, right: ScopeColumn | undefined): boolean {
  if (left === undefined || right === undefined) return false
  const [one, other] = [left.conversion, right.conversion]
  return 'form' in one && one.form !== null && JSON.stringify(one) === JSON.stringify(other)
}

/** Whether two columns spell equal values alike, so that they are equal when their texts are. */
function isAlike(left: Printed, right: Printed): boolean {
  const [one, other] = [left.column?.conversion, right.column?.conversion]
  if (one === undefined || other === undefined) return true
  if (one.kind === 'uuid-of-id') return JSON.stringify(one) === JSON.stringify(other)
  return 'form' in one && 'form' in other && one.form === other.form
}

function toInteger(printed: Printed): Printed {
  return { sql: `${wrap(printed)}::integer`, kind: 'integer', atom: true }
}
