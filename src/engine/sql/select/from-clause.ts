import { quoteIdentifier } from '../../syntax/postgres-names.ts'
import { isSameName } from '../../syntax/sqlite-names.ts'
import type { Expression } from '../tree/expression.ts'
import type { Relation, SelectedColumn, SelectGround } from '../tree/relation.ts'
import { type Printed, Untranslatable } from '../tree/scope.ts'
import type { FromSource, Joined, Select } from '../tree/select.ts'
import { printJsonEach } from '../values/json.ts'
import { commonKind, traitsOf } from '../values/printed.ts'
import { isAlike } from './selected-columns.ts'

/**
 * The tables of a select and their columns. Invariant: a name means the same column as in SQLite, the first one of that name, and is printed
 * with the alias of its table.
 */

/** `hidden`: columns that `*` omits, since a USING has them in an earlier table. */
type Source = { readonly alias: string; readonly relation: Relation; readonly hidden: Set<string> }

const CROSS_JOIN = 'cross join '

type FromGround = {
  readonly relation: SelectGround['relation']
  /** Prints a subquery in FROM. */
  readonly select: (select: Select) => Relation
}

type JoinConditions = {
  readonly on: (expression: Expression) => string
  readonly equal: (left: Printed, right: Printed) => string
  readonly shown: (column: SelectedColumn) => Printed
  /** Prints an argument of a table function. */
  readonly value: (expression: Expression) => Printed
}

export class FromClause {
  readonly #ground: FromGround
  readonly #sources: Source[] = []
  /** The columns of a USING after a right or full join: the first of the two values that is not null. */
  readonly #merged = new Map<string, SelectedColumn>()

  constructor(ground: FromGround) {
    this.#ground = ground
  }

  /**
   * Prints the tables and joins; returns '' without a FROM. Throws Untranslatable. Tables without a condition at the end are separated by
   * commas, since the server reorders joins only up to `join_collapse_limit` (manual, section 14.3).
   */
  print(from: readonly Joined[], conditions: JoinConditions): string {
    const parts = this.#printJoins(from, conditions)
    const tail = parts.findLastIndex((part) => !part.startsWith(CROSS_JOIN)) + 1
    const joined = parts.slice(0, tail).join('\n  ')
    return [joined, ...parts.slice(tail).map((part) => part.slice(CROSS_JOIN.length))].join(',\n  ')
  }

  #printJoins(from: readonly Joined[], conditions: JoinConditions): readonly string[] {
    return from.map((joined, index) => {
      const before = this.#sources.length
      const source = this.#printSource(joined.source, conditions)
      return index === 0 ? source : this.#printJoin(joined, source, before, conditions)
    })
  }

  /** Returns the column of that name; null when no table has one. Throws Untranslatable for a column that is not moved. */
  find(name: string, table: string | null): SelectedColumn | null {
    const merged = table === null ? this.#mergedAs(name) : undefined
    if (merged !== undefined) return merged
    for (const { alias, relation, hidden } of this.#sources) {
      if (table !== null && !isSameName(alias, table)) continue
      const found =
        relation.columns.find((column) => isSameName(column.name, name)) ?? relation.hidden?.(name)
      if (found !== undefined && (table !== null || !hidden.has(found.name))) return qualified(alias, found)
    }
    return null
  }

  /** Returns the columns of `*`, or of `table.*`. */
  all(table: string | null): SelectedColumn[] {
    const chosen = this.#sources.filter(({ alias }) => table === null || isSameName(alias, table))
    if (chosen.length === 0) throw new Untranslatable('* without a table')
    return chosen.flatMap(({ alias, relation, hidden }) =>
      relation.columns
        .filter(({ name }) => table !== null || !hidden.has(name))
        .map(
          (column) => (table === null ? this.#mergedAs(column.name) : undefined) ?? qualified(alias, column),
        ),
    )
  }

  /** Returns the SQL of the columns that are equal in all rows of a group, because their table's primary key is grouped by. */
  determinedBy(groups: readonly string[]): string[] {
    return this.#sources.flatMap(({ alias, relation }) => {
      const key = relation.primaryKey ?? []
      const inTable = (target: string) => `${quoteIdentifier(alias)}.${quoteIdentifier(target)}`
      if (key.length === 0 || !key.every((target) => groups.includes(inTable(target)))) return []
      return relation.columns.map(({ target }) => inTable(target))
    })
  }

  /** Returns the SQL of the columns in whose order SQLite usually reads the rows; [] when a table has no such order. */
  scanOrder(): string[] {
    const keys = this.#sources.map(({ alias, relation }) =>
      (relation.scanOrder ?? []).map((target) => `${quoteIdentifier(alias)}.${quoteIdentifier(target)}`),
    )
    return keys.some((key) => key.length === 0) ? [] : keys.flat()
  }

  /** Returns the SQL of the terms in whose order SQLite passes the rows to an aggregate; [] when it is unknown. */
  rowOrder(): readonly string[] {
    const [only, ...others] = this.#sources
    const given = others.length === 0 ? only?.relation.givenOrder?.(only.alias) : undefined
    return given ?? this.scanOrder()
  }

  #printSource(source: FromSource, conditions: JoinConditions): string {
    switch (source.kind) {
      case 'table': {
        const relation = this.#ground.relation(source.name, source.isQualified)
        if (relation === undefined)
          throw new Untranslatable(`there is no table ${JSON.stringify(source.name)}`)
        return this.add(source.alias ?? source.name, relation, relation.sql)
      }
      case 'select': {
        const relation = this.#ground.select(source.select)
        return this.add(source.alias ?? `select_${this.#sources.length + 1}`, relation, `(${relation.sql})`)
      }
      case 'function':
        return this.#printFunction(source, conditions)
      case 'joined':
        return `(${this.#printJoins(source.from, conditions).join('\n  ')})`
      default:
        return source satisfies never
    }
  }

  #printFunction(source: FromSource & { kind: 'function' }, { value }: JoinConditions): string {
    const { name, arguments: given, alias } = source
    const [document, path, ...more] = given
    if (name.toLowerCase() !== 'json_each' || document === undefined || more.length > 0)
      throw new Untranslatable(`the table function ${name}()`)
    if (path !== undefined && path.kind !== 'string')
      throw new Untranslatable('a JSON path that is not a constant')
    const { sql, columns } = printJsonEach(value(document), path?.text ?? '$')
    const relation = {
      sql,
      columns: columns.map((one) => ({
        name: one.name,
        target: one.name,
        column: null,
        printed: one.printed,
      })),
    }
    return this.add(alias ?? name, relation, `lateral (${sql})`)
  }

  /** Adds a table; returns `sql` with the alias. Throws Untranslatable for a second table with the alias. */
  add(alias: string, relation: Relation, sql: string): string {
    if (this.#sources.some((source) => isSameName(source.alias, alias))) {
      throw new Untranslatable(`two tables by the name ${JSON.stringify(alias)}`)
    }
    this.#sources.push({ alias, relation, hidden: new Set() })
    return `${sql} as ${quoteIdentifier(alias)}`
  }

  #printJoin(
    { join, isNatural, on, using }: Joined,
    source: string,
    before: number,
    conditions: JoinConditions,
  ): string {
    const added = this.#sources.slice(before)
    const shared = using ?? (isNatural ? this.#sharedNames(before) : [])
    const keepsRight = join === 'right' || join === 'full'
    const equal = shared.map((name) => {
      const left =
        this.#mergedAs(name) ?? this.#sources.slice(0, before).flatMap((one) => columnIn(one, name))[0]
      const right = added.flatMap((one) => columnIn(one, name))[0]
      if (left === undefined || right === undefined)
        throw new Untranslatable(`a join by ${JSON.stringify(name)}`)
      if (keepsRight) this.#merge(left, right, conditions)
      return conditions.equal(conditions.shown(left), conditions.shown(right))
    })
    const all = on === null ? equal : [...equal, conditions.on(on)]
    for (const { relation, hidden } of added) {
      for (const { name } of relation.columns)
        if (shared.some((one) => isSameName(one, name))) hidden.add(name)
    }
    if (all.length === 0 && join === 'inner') return `${CROSS_JOIN}${source}`
    return `${join} join ${source} on ${all.length === 0 ? 'true' : all.join(' and ')}`
  }

  #mergedAs(name: string): SelectedColumn | undefined {
    return [...this.#merged].find(([one]) => isSameName(one, name))?.[1]
  }

  #merge(left: SelectedColumn, right: SelectedColumn, { shown }: JoinConditions): void {
    const sides = [shown(left), shown(right)] as const
    const kind = commonKind(sides, { purpose: 'view' })
    const { column, ownCollation } = sides[0]
    const isOfColumn = isAlike(left, right) && column !== undefined
    const printed: Printed = {
      sql: `coalesce(${sides.map(({ sql }) => sql).join(', ')})`,
      kind,
      atom: true,
      ...traitsOf(sides, kind),
      column: isOfColumn ? column : undefined,
      ownCollation,
    }
    this.#merged.set(left.name, { name: left.name, target: left.target, column: null, printed })
  }

  #sharedNames(before: number): string[] {
    const left = this.#sources.slice(0, before).flatMap(({ relation }) => relation.columns)
    const right = this.#sources.slice(before).flatMap(({ relation }) => relation.columns)
    return left
      .map(({ name }) => name)
      .filter((name) => right.some((column) => isSameName(column.name, name)))
  }
}

function columnIn({ alias, relation, hidden }: Source, name: string): SelectedColumn[] {
  const found = relation.columns.find((column) => isSameName(column.name, name))
  return found === undefined || hidden.has(found.name) ? [] : [qualified(alias, found)]
}

/** Returns the column qualified by the table's alias. */
function qualified(alias: string, selected: SelectedColumn): SelectedColumn {
  const { target, column, printed } = selected
  if (column !== null) return { ...selected, column: { ...column, target, table: alias } }
  if (printed === null) throw new Untranslatable(`the column ${JSON.stringify(selected.name)} is not moved`)
  const { constant: _, moment: __, ...shown } = printed
  return {
    ...selected,
    printed: { ...shown, sql: `${quoteIdentifier(alias)}.${quoteIdentifier(target)}`, atom: true },
  }
}
