import { quoteIdentifier } from '../../syntax/postgres-names.ts'
import { isSameName } from '../../syntax/sqlite-names.ts'
import { uniqueNames } from '../../syntax/target-names.ts'
import { compare } from '../compare/compare.ts'
import { isFoldedText, printOrdered, printOrderingTerm, refuseUndistinguished } from '../compare/ordering.ts'
import { parseSelect } from '../parse/parse-select.ts'
import { gathersRows } from '../print/aggregates.ts'
import { printTruth, printValue } from '../print/print-postgres.ts'
import type { Expression, OrderingTerm } from '../tree/expression.ts'
import type { PrintedSelect, SelectedColumn, SelectGround } from '../tree/relation.ts'
import {
  columnSql,
  type Groups,
  type Printed,
  type Scope,
  type SelectScope,
  Untranslatable,
} from '../tree/scope.ts'
import type { ResultColumn, Select, SelectCore } from '../tree/select.ts'
import { someExpression } from '../tree/walk.ts'
import { wrap } from '../values/printed.ts'
import { printCommonTables } from './common-tables.ts'
import { FromClause } from './from-clause.ts'
import { orderedRelation, orderResult, placeOf, positionOf, type Written } from './result-order.ts'
import { printedOf, uniteColumns } from './selected-columns.ts'

/**
 * Prints SQLite's selects for PostgreSQL. Invariant: for tables with the same values, the select returns the same rows as in SQLite; one for
 * which this is not certain is Untranslatable.
 */

/** Throws Untranslatable, and SqlSyntaxError for a subquery that cannot be parsed. */
export function printSelect(select: Select, ground: SelectGround, outer: Scope | null = null): PrintedSelect {
  const { clause, ground: own } = printCommonTables(select.with, ground, (inner, known) =>
    printSelect(inner, known, outer),
  )
  const cores = select.cores.map((core) => printCore(core, own, outer))
  const first = cores[0]!
  const limits = printLimits(select, outer, own)
  if (cores.length === 1 && !first.isDistinct) {
    const terms = select.orderBy.map((term) => first.printOrdering(term))
    const ordered = terms.length === 0 ? [] : [...new Set([...terms, ...first.groupOrder])]
    const order = ordered.length === 0 ? '' : `\norder by ${ordered.join(', ')}`
    const orderedBy = select.orderBy.map((term) => ({ column: first.columnOf(term), term }))
    return {
      sql: `${clause}${first.sql}${order}${limits}`,
      columns: first.columns,
      ...(order === '' || orderedBy.some(({ column }) => column < 0) ? {} : { orderedBy }),
    }
  }
  const columns = cores.map((core) => core.columns).reduce(uniteColumns)
  const isSet =
    first.isDistinct || select.cores.some(({ operator }) => operator !== null && operator !== 'union all')
  if (cores.some(({ isFolded }) => isFolded) && cores.length > 1)
    throw new Untranslatable('values that are equal under a collation, in one of several selects')
  if (isSet && !first.isFolded) for (const column of columns) refuseUndistinguished(printedOf(column))
  const sql = cores
    .map((core) => core.sql)
    .reduce((before, core, index) => {
      const { operator } = select.cores[index]!
      // SQLite evaluates from left to right; in PostgreSQL INTERSECT binds more tightly.
      return `${operator === 'intersect' && index > 1 ? `(${before})` : before}\n${operator}\n${core}`
    })
  if (select.orderBy.length === 0) return { sql: `${clause}${sql}${limits}`, columns }
  const ordered = select.orderBy.map((term) => orderResult(term, columns, first.results))
  return {
    sql: `${clause}select *\nfrom (${sql}) as "rows"\norder by ${ordered.join(', ')}${limits}`,
    columns,
  }
}

type PrintedCore = PrintedSelect & {
  readonly isDistinct: boolean
  /** DISTINCT compares texts under a collation that treats different texts as equal. */
  readonly isFolded: boolean
  readonly results: readonly Written[]
  readonly printOrdering: (term: OrderingTerm) => string
  /** Returns the index of the result that the term means; -1 for none. */
  readonly columnOf: (term: OrderingTerm) => number
  /** Terms for ties of ORDER BY: SQLite returns groups in the order of their values. */
  readonly groupOrder: readonly string[]
}

function printCore(core: SelectCore, ground: SelectGround, outer: Scope | null): PrintedCore {
  const from = new FromClause({
    relation: ground.relation,
    select(select) {
      return orderedRelation(printSelect(select, ground, outer))
    },
  })
  const aliases = core.results.flatMap((result) =>
    result.kind === 'expression' && result.alias !== null ? [{ ...result, alias: result.alias }] : [],
  )
  const hasAlias = (name: string) => aliases.some((one) => isSameName(one.alias, name))
  const inGroup = (scope: Scope, grouped: Groups | null): Scope => ({
    ...scope,
    select: { ...scope.select!, grouped },
  })
  /** Returns a scope in which `known` aliases can be used; the results themselves cannot use any. */
  const scopeWith = (known: typeof aliases): Scope => {
    const isOuter = (name: string, table: string | null) =>
      outer !== null && from.find(name, table) === null && (table !== null || !hasAlias(name))
    const scope: Scope = {
      purpose: 'view',
      major: ground.major,
      ...(ground.isOfSession === true ? { isOfSession: true } : {}),
      column(name, table) {
        if (isOuter(name, table)) return outer?.column(name, table)
        return from.find(name, table)?.column ?? undefined
      },
      select: {
        grouped: null,
        rowOrder: () => from.rowOrder(),
        computed(name, table) {
          const found = from.find(name, table)?.printed
          if (found != null) return found
          return outer?.select?.aliased(name, table, null) ?? outer?.select?.computed(name, table)
        },
        aliased(name, table, grouped) {
          if (table !== null || from.find(name, table) !== null) return undefined
          const alias = known.find((one) => isSameName(one.alias, name))
          return alias && printValue(alias.expression, inGroup(plain, grouped))
        },
        isOuter,
        window: (name) => core.windows.find((one) => isSameName(one.name, name))?.window,
        subquery: (sql, rows) => printInner(sql, rows, ground, scope),
      },
    }
    return scope
  }
  const plain = scopeWith([])
  const scope = scopeWith(aliases)

  const fromSql = from.print(core.from, conditionsIn(scope))
  const lines: string[] = []
  if (fromSql !== '') lines.push(`from ${fromSql}`)
  if (core.where !== null) lines.push(`where ${printTruth(core.where, scope).sql}`)
  const groupValues = core.groupBy.map((expression) => printGroup(expression, core.results, scope))
  const groups = groupValues.map(({ sql }) => sql)
  const expressions = [
    ...core.results.flatMap((result) => (result.kind === 'expression' ? [result.expression] : [])),
    ...(core.having === null ? [] : [core.having]),
  ]
  const gathers = (part: Expression) => part.kind === 'call' && gathersRows(part)
  const isGrouped = groups.length > 0 || expressions.some((expression) => someExpression(expression, gathers))
  const values = new Set([...groups, ...from.determinedBy(groups)])
  const grouped = isGrouped ? { values, rowBy: printRowBy(expressions, from, scope) } : null
  const inGroups = inGroup(scope, grouped)
  if (groups.length > 0) lines.push(`group by ${groups.join(', ')}`)
  if (core.having !== null) lines.push(`having ${printTruth(core.having, inGroups).sql}`)

  const results = core.results.flatMap((result) => printResult(result, from, inGroup(plain, grouped)))
  const names = uniqueNames(results.map(({ name }) => name))
  const list = results.map((result, index) => `${printedSql(result)} as ${quoteIdentifier(names[index]!)}`)
  // `null * count(*)` is printed as null, without its aggregate, but all rows must still be one group.
  if (isGrouped && groups.length === 0 && core.having === null && !list.some((one) => AGGREGATE.test(one)))
    lines.push('having true')
  const columns = results.map((result, index): SelectedColumn => ({ ...result, target: names[index]! }))
  const folded = core.isDistinct && !isGrouped ? foldedKeys(results) : null
  const distinct = folded === null ? 'distinct ' : `distinct on (${folded.join(', ')}) `
  const select = `select ${core.isDistinct ? distinct : ''}${list.join(',\n  ')}`
  // Of rows that are equal under the collation, SQLite returns the first that it reads.
  if (folded !== null) lines.push(`order by ${[...folded, ...from.scanOrder()].join(', ')}`)
  return {
    sql: [select, ...lines].join('\n'),
    columns,
    isDistinct: core.isDistinct,
    isFolded: folded !== null,
    results,
    groupOrder: groupValues.map((value) => printOrderingTerm(value, ascending)),
    columnOf: ({ expression }) => placeOf(expression, results),
    printOrdering(term) {
      const position = positionOf(term.expression, results)
      const named = position === null ? null : results[position]!
      const printed = named === null ? printValue(term.expression, inGroups) : printedOf(named)
      return printOrderingTerm(printed, term)
    },
  }
}

export function conditionsIn(scope: Scope): Parameters<FromClause['print']>[1] {
  return {
    on: (condition) => wrap(printTruth(condition, scope)),
    equal: (left, right) => compare('=', left, right, scope).sql,
    shown: printedOf,
    value: (expression) => printValue(expression, scope),
  }
}

/** Matches a printed aggregate, which makes one group of all rows. */
const AGGREGATE = /\b(?:count|sum|avg|min|max|\w+_agg)\(/

const ascending = { expression: { kind: 'null' }, descending: false, nulls: null } as const

/** Prints a subquery in the scope of the select around it. */
export function printInner(
  sql: string,
  rows: 'all' | 'first',
  ground: SelectGround,
  scope: Scope,
): ReturnType<SelectScope['subquery']> {
  const select = parseSelect(sql)
  const one: Select = { ...select, limit: select.limit ?? { kind: 'integer', text: '1' } }
  const printed = printSelect(rows === 'first' ? one : select, ground, scope)
  return { sql: printed.sql, columns: printed.columns.map(printedOf) }
}

type Result = Omit<SelectedColumn, 'target'> & Written

export function printResult(result: ResultColumn, from: FromClause, scope: Scope): Result[] {
  if (result.kind === 'all') {
    if ((scope.select?.grouped ?? null) !== null) throw new Untranslatable('* in a select with groups')
    return from.all(result.table).map((column) => ({ ...column, expression: null, alias: null }))
  }
  const { expression, alias, sql } = result
  const isRow = (scope.select?.grouped ?? null) === null
  if (expression.kind === 'name' && isRow) {
    const column = scope.column(expression.name, expression.table)
    if (column !== undefined)
      return [{ name: alias ?? expression.name, column, printed: null, expression, alias }]
  }
  const name = alias ?? (expression.kind === 'name' ? expression.name : sql)
  return [{ name, column: null, printed: printValue(expression, scope), expression, alias }]
}

function isExtreme(part: Expression): boolean {
  return part.kind === 'call' && (part.name === 'min' || part.name === 'max') && gathersRows(part)
}

function printGroup(expression: Expression, results: readonly ResultColumn[], scope: Scope): Printed {
  const position = expression.kind === 'integer' ? Number(expression.text) - 1 : -1
  const result = results[position]
  const meant = result?.kind === 'expression' ? result.expression : expression
  const printed = printValue(meant, scope)
  if (printed.constant !== undefined) throw new Untranslatable('a group by a constant')
  if (isFoldedText(printed)) return { sql: printOrdered(printed), kind: 'text', atom: true }
  refuseUndistinguished(printed)
  return printed
}

/** Returns the keys that distinguish the rows of a DISTINCT under collations other than BINARY; null when all texts are under BINARY. */
function foldedKeys(results: readonly Result[]): string[] | null {
  const values = results.map(printedOf)
  if (!values.some(isFoldedText)) return null
  return values.map((value) => {
    if (!isFoldedText(value)) refuseUndistinguished(value)
    return printOrdered(value)
  })
}

/** Returns ` order by …` for the row of a group from which bare columns are taken; null when several extremes leave it open. */
function printRowBy(expressions: readonly Expression[], from: FromClause, scope: Scope): string | null {
  const found: (Expression & { kind: 'call' })[] = []
  for (const expression of expressions) {
    someExpression(expression, (part) => {
      if (part.kind === 'call' && isExtreme(part)) found.push(part)
      return false
    })
  }
  const [extreme, ...others] = new Map(found.map((call) => [JSON.stringify(call), call])).values()
  if (others.length > 0) return null
  const scanned = from.scanOrder()
  if (extreme === undefined) return scanned.length === 0 ? '' : ` order by ${scanned.join(', ')}`
  if ((extreme.aggregate?.filter ?? null) !== null) return null
  const value = printValue(extreme.arguments[0]!, scope)
  // When all values are null, it is the last row that SQLite reads.
  const [key] = scanned.length === 1 ? scanned : []
  const among =
    key === undefined ? scanned : [`case when ${wrap(value)} is null then -${key} else ${key} end`]
  const terms = [`${printOrdered(value)}${extreme.name === 'max' ? ' desc' : ''} nulls last`, ...among]
  return ` order by ${terms.join(', ')}`
}

function printLimits({ limit, offset }: Select, outer: Scope | null, ground: SelectGround): string {
  const scope = outer ?? { purpose: 'view', major: ground.major, column: () => undefined }
  const print = (word: string, expression: Expression | null): string => {
    if (expression === null) return ''
    const { constant, kind, sql } = printValue(expression, scope)
    if (kind === 'parameter' || (kind === 'integer' && constant === undefined)) {
      return word === 'limit'
        ? `\nlimit case when (${sql})::bigint >= 0 then (${sql})::bigint end`
        : `\noffset greatest((${sql})::bigint, 0)`
    }
    if (constant?.kind !== 'integer') throw new Untranslatable(`a ${word} that is not a constant`)
    return constant.text.startsWith('-') ? '' : `\n${word} ${constant.text}`
  }
  return `${print('limit', limit)}${print('offset', offset)}`
}

export function printedSql({ column, printed }: Pick<SelectedColumn, 'column' | 'printed'>): string {
  return printed?.sql ?? columnSql(column!)
}
