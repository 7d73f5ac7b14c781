import { quoteIdentifier } from '../../syntax/postgres-names.ts'
import { isSameName } from '../../syntax/sqlite-names.ts'
import type { Assignment, Upsert, WriteStatement } from '../parse/parse-write.ts'
import { printTruth, printValue } from '../print/print-postgres.ts'
import type { Expression } from '../tree/expression.ts'
import type { Relation, SelectedColumn, SelectGround } from '../tree/relation.ts'
import { type Scope, type ScopeColumn, Untranslatable } from '../tree/scope.ts'
import type { Select } from '../tree/select.ts'
import { assigned } from './assigned.ts'
import { FromClause } from './from-clause.ts'
import { conditionsIn, printedSql, printInner, printResult, printSelect } from './print-select.ts'
import { printedOf, relationOf } from './selected-columns.ts'

/**
 * Prints SQLite's writing statements for PostgreSQL. Invariant: the statement leaves the same rows as in SQLite; one for which this is not
 * certain is Untranslatable.
 */

type WriteGround = SelectGround & {
  /** Returns the clause that replaces OR REPLACE in an insert of these columns; null when there is none. */
  readonly replacing: (columns: readonly string[]) => string | null
  /** The table's column that takes the next number for NULL; null when there is none. */
  readonly numbered: string | null
}

/** Throws Untranslatable, and SqlSyntaxError for a subquery that cannot be parsed. */
export function printWrite(statement: WriteStatement, ground: WriteGround): string {
  const { table, isQualified, alias } = statement
  const relation = ground.relation(table, isQualified)
  if (relation === undefined) throw new Untranslatable(`there is no table ${JSON.stringify(table)}`)
  if (relation.sql.startsWith('('))
    throw new Untranslatable(`the rows of ${JSON.stringify(table)} are none of a table's own`)
  const name = alias ?? table
  const writing = new Writing(relation, name, ground)
  const into = `${relation.sql} as ${quoteIdentifier(name)}`
  switch (statement.kind) {
    case 'delete':
      return joined(`delete from ${into}`, writing.where(statement.where), writing.returning(statement))
    case 'update': {
      if (
        statement.resolution !== null &&
        statement.resolution !== 'abort' &&
        statement.resolution !== 'fail'
      )
        throw new Untranslatable(`UPDATE OR ${statement.resolution.toUpperCase()}`)
      const from = writing.from(statement.from)
      const sets = writing.sets(statement.sets)
      return joined(
        `update ${into} set ${sets}`,
        from,
        writing.where(statement.where),
        writing.returning(statement),
      )
    }
    case 'insert':
      return joined(`insert into ${into}`, ...writing.insertion(statement), writing.returning(statement))
    default:
      return statement satisfies never
  }
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n')
}

class Writing {
  readonly #relation: Relation
  readonly #name: string
  readonly #ground: WriteGround
  readonly #from: FromClause
  readonly #scope: Scope

  constructor(relation: Relation, name: string, ground: WriteGround) {
    this.#relation = relation
    this.#name = name
    this.#ground = ground
    this.#from = new FromClause({
      relation: ground.relation,
      select: (select) => {
        const printed = printSelect(select, ground)
        return relationOf(printed.sql, printed.columns)
      },
    })
    this.#scope = this.#scopeOf(this.#from)
    this.#from.add(name, relation, '')
  }

  where(condition: Expression | null): string {
    return condition === null ? '' : `where ${printTruth(condition, this.#scope).sql}`
  }

  /** Prints the further tables of an UPDATE. */
  from(from: (WriteStatement & { kind: 'update' })['from']): string {
    return from.length === 0 ? '' : `from ${this.#from.print(from, conditionsIn(this.#scope))}`
  }

  sets(sets: readonly Assignment[], scope = this.#scope): string {
    return sets
      .flatMap(({ columns, value }) => {
        if (columns.length === 1) return [[columns[0]!, value] as const]
        if (value.kind !== 'row' || value.values.length !== columns.length)
          throw new Untranslatable('several columns set from a select')
        return value.values.map((one, at) => [columns[at]!, one] as const)
      })
      .map(([name, value]) => {
        const column = this.#columnNamed(name)
        return `${quoteIdentifier(column.target)} = ${this.#value(value, column, scope)}`
      })
      .join(', ')
  }

  returning({ returning }: WriteStatement): string {
    if (returning.length === 0) return ''
    const list = returning
      .flatMap((result) => printResult(result, this.#from, this.#scope))
      .map((result) => `${printedSql(result)} as ${quoteIdentifier(result.name)}`)
    return `returning ${list.join(', ')}`
  }

  insertion({ resolution, columns: named, source, upserts }: WriteStatement & { kind: 'insert' }): string[] {
    const names = named ?? this.#relation.columns.map(({ name }) => name)
    if (source === null) return ['default values', ...this.#conflict(resolution, upserts, [])]
    const columns = names.map((name) => this.#columnNamed(name))
    const list = `(${columns.map(({ target }) => quoteIdentifier(target)).join(', ')})`
    return [list, this.#source(source, names, columns), ...this.#conflict(resolution, upserts, names)]
  }

  /** Prints the rows of VALUES, or a select whose columns are converted to the table's. */
  #source(source: Select, names: readonly string[], columns: readonly ScopeColumn[]): string {
    const isValues = source.cores.every(
      ({ from, results, where }) =>
        from.length === 0 &&
        where === null &&
        results.every((one) => one.kind === 'expression' && one.sql === ''),
    )
    if (isValues && source.with.length === 0 && source.orderBy.length === 0 && source.limit === null) {
      const none = this.#scopeOf(null)
      const key = this.#ground.numbered
      const numbered = names.flatMap((name, at) => (key !== null && isSameName(name, key) ? [at] : []))
      const rows = source.cores.map(({ results }) => {
        if (results.length !== columns.length) throw new Untranslatable('a row of another length')
        return results.map((one, at) => {
          if (one.kind !== 'expression') return ''
          return one.expression.kind === 'null' && numbered.includes(at)
            ? 'default'
            : this.#value(one.expression, columns[at]!, none)
        })
      })
      return `values ${rows.map((row) => `(${row.join(', ')})`).join(', ')}`
    }
    const printed = printSelect(source, this.#ground)
    if (printed.columns.length !== columns.length) throw new Untranslatable('a row of another length')
    const given = printed.columns.map((one, at) => {
      const { constant: _, moment, ...value } = printedOf(one)
      const sql = `"given".${quoteIdentifier(one.target)}`
      const again = moment === undefined ? {} : { moment: { ...moment, wall: `${sql}::timestamp` } }
      return assigned({ ...value, ...again, sql, atom: true }, columns[at]!)
    })
    const isPlain = given.every(
      (sql, at) => sql === `"given".${quoteIdentifier(printed.columns[at]!.target)}`,
    )
    return isPlain ? printed.sql : `select ${given.join(', ')} from (${printed.sql}) as "given"`
  }

  #conflict(resolution: string | null, upserts: readonly Upsert[], given: readonly string[]): string[] {
    if (resolution === 'ignore') return ['on conflict do nothing']
    if (resolution === 'replace') {
      const clause = this.#ground.replacing(given)
      if (clause === null) throw new Untranslatable('OR REPLACE of rows that may clash on several keys')
      return [clause]
    }
    if (resolution !== null && resolution !== 'abort' && resolution !== 'fail')
      throw new Untranslatable(`OR ${resolution.toUpperCase()}`)
    const [upsert, ...more] = upserts
    if (upsert === undefined) return []
    if (more.length > 0) throw new Untranslatable('several ON CONFLICT')
    const { target, where, update } = upsert
    if (where !== null) throw new Untranslatable('a partial key in ON CONFLICT')
    const key =
      target === null
        ? ''
        : ` (${target.map((name) => quoteIdentifier(this.#columnNamed(name).target)).join(', ')})`
    if (update === null) return [`on conflict${key} do nothing`]
    if (target === null) throw new Untranslatable('ON CONFLICT DO UPDATE without a key')
    const from = new FromClause({ relation: () => this.#relation, select: () => this.#relation })
    from.add(this.#name, this.#relation, '')
    const scope = this.#scopeOf(from, this.#relation)
    const condition = update.where === null ? '' : ` where ${printTruth(update.where, scope).sql}`
    return [`on conflict${key} do update set ${this.sets(update.sets, scope)}${condition}`]
  }

  #value(value: Expression, column: ScopeColumn, scope: Scope): string {
    return assigned(printValue(value, scope), column)
  }

  #columnNamed(name: string): ScopeColumn {
    const found = this.#relation.columns.find((column) => isSameName(column.name, name))
    if (found?.column == null) throw new Untranslatable(`the column ${JSON.stringify(name)} is not moved`)
    return found.column
  }

  /** `excluded`: the relation of the row that could not be inserted, if it can be named. */
  #scopeOf(from: FromClause | null, excluded: Relation | null = null): Scope {
    const find = (name: string, table: string | null): SelectedColumn | null => {
      if (excluded === null || table === null || !isSameName(table, 'excluded'))
        return from?.find(name, table) ?? null
      const found = excluded.columns.find((column) => isSameName(column.name, name))
      return found?.column == null ? null : { ...found, column: { ...found.column, table: 'excluded' } }
    }
    const scope: Scope = {
      purpose: 'view',
      major: this.#ground.major,
      isOfSession: true,
      column: (name, table) => find(name, table)?.column ?? undefined,
      select: {
        grouped: null,
        rowOrder: () => [],
        computed: (name, table) => find(name, table)?.printed ?? undefined,
        aliased: () => undefined,
        isOuter: () => false,
        window: () => undefined,
        subquery: (sql, rows) => printInner(sql, rows, this.#ground, scope),
      },
    }
    return scope
  }
}
