/**
 * Finds the columns that a statement's parameters and constants meet, by the words around them. Invariant: a guess decides which values are
 * tried, never a verdict.
 */
import { afterTable } from '../../sql/parse/parse-select.ts'
import { foldName } from '../../syntax/sqlite-names.ts'
import { isNameToken, numberParameters, type Token, upperAt } from '../../syntax/sqlite-tokens.ts'
import { tokensOf } from '../statement/statement-kind.ts'
import { columnNamed, type KnownColumn, type KnownTable } from './known-tables.ts'
import {
  type ConstantMeeting,
  columnFinder,
  type Meeting,
  type Meetings,
  type MetColumn,
  type ParameterMeeting,
} from './meeting.ts'
import { StatementIndex } from './statement-index.ts'
import { givenColumns } from './written-table.ts'

export function meetingsOf(sql: string, tables: readonly KnownTable[]): Meetings {
  return new Reader(sql, tables).read()
}

const mirrored = { equal: 'equal', low: 'high', high: 'low', like: 'like', glob: 'glob' } as const
const operators: Readonly<Record<string, keyof typeof mirrored>> = {
  '=': 'equal',
  '==': 'equal',
  '<>': 'equal',
  '!=': 'equal',
  IS: 'equal',
  '<': 'high',
  '<=': 'high',
  '>': 'low',
  '>=': 'low',
  LIKE: 'like',
  GLOB: 'glob',
  REGEXP: 'equal',
}

class Reader {
  readonly #sql: string
  readonly #tokens: readonly Token[]
  readonly #tables: readonly KnownTable[]
  readonly #aliases = new Map<string, KnownTable>()
  /** The column that each token names; null for anything else. */
  readonly #columns: readonly (MetColumn | null)[]
  readonly #index: StatementIndex
  /** Results of `#columnBefore` by position. */
  readonly #operands = new Map<number, MetColumn | null>()

  constructor(sql: string, tables: readonly KnownTable[]) {
    this.#sql = sql
    this.#tokens = tokensOf(sql)
    this.#tables = tables
    this.#findAliases()
    const columnOf = columnFinder(tables)
    this.#columns = this.#tokens.map((_, at) => this.#columnAt(at, columnOf))
    this.#index = new StatementIndex(this.#tokens, (at) => this.#columns[at] !== null)
  }

  read(): Meetings {
    const numbers = numberParameters(this.#tokens)
    const parameters: ParameterMeeting[] = []
    const constants: ConstantMeeting[] = []
    const named = new Map<KnownColumn, MetColumn>()
    const given = givenColumns(this.#tokens, this.#tables)
    this.#tokens.forEach((token, at) => {
      if (isNameToken(token)) {
        const met = this.#columns[at]!
        if (met !== null && !named.has(met.column)) named.set(met.column, met)
        return
      }
      const meeting = given.get(at) ?? this.#meetingAt(at)
      if (token.kind === 'parameter') {
        parameters.push({ ...meeting, number: numbers.get(token.start)! })
      } else if (token.kind === 'string') constants.push({ ...meeting, value: token.text })
      else if (token.kind === 'number') constants.push({ ...meeting, value: numberOf(token.text) })
    })
    return { parameters, constants, named: [...named.values()], paths: this.#paths() }
  }

  #paths(): string[] {
    return this.#tokens.flatMap(({ kind, text }, at) => {
      if (kind === 'string' && /^\$[.[]/.test(text)) return [text]
      if (!/^->>?$/.test(this.#text(at - 1))) return []
      if (kind === 'string') return text.startsWith('$') ? [] : [`$."${text}"`]
      return kind === 'number' ? [`$[${text}]`] : []
    })
  }

  #text(at: number): string {
    return upperAt(this.#tokens, at)
  }

  #findAliases(): void {
    const byName = new Map(this.#tables.toReversed().map((table) => [foldName(table.name), table]))
    this.#tokens.forEach((token, at) => {
      if (!isNameToken(token)) return
      const table = byName.get(foldName(token.text))
      if (table === undefined) return
      this.#aliases.set(foldName(token.text), table)
      const after = this.#text(at + 1) === 'AS' ? at + 2 : at + 1
      const alias = this.#tokens[after]
      const isAlias =
        alias?.kind === 'quoted' || (alias?.kind === 'word' && !afterTable.has(alias.text.toUpperCase()))
      if (isAlias && /^(?:FROM|JOIN|,|UPDATE|INTO)$/.test(this.#text(at - 1))) {
        this.#aliases.set(foldName(alias!.text), table)
      }
    })
  }

  /** Returns the column that the token names; null for anything else. */
  #columnAt(at: number, columnOf: (name: string) => MetColumn | null): MetColumn | null {
    const token = this.#tokens[at]
    if (!isNameToken(token)) return null
    if (this.#text(at + 1) === '(' || this.#text(at + 1) === '.') return null
    if (this.#text(at - 1) === '.') {
      const table = this.#aliases.get(foldName(this.#tokens[at - 2]?.text ?? ''))
      const column = table === undefined ? undefined : columnNamed(table, token.text)
      return table === undefined || column === undefined ? null : { table, column }
    }
    return columnOf(token.text)
  }

  /** Returns the column of the operand that ends at `at`, also within a call or a calculation: `lower(name) = ?`, `price / 2 > ?`. */
  #columnBefore(at: number): MetColumn | null {
    const known = this.#operands.get(at)
    if (known !== undefined) return known
    const found = this.#findColumnBefore(at)
    this.#operands.set(at, found)
    return found
  }

  #findColumnBefore(end: number): MetColumn | null {
    let at = end
    for (;;) {
      const direct = this.#columns[at] ?? null
      if (direct !== null) return direct
      if (this.#text(at) === ')') break
      const isValue = /^(?:string|number|parameter)$/.test(this.#tokens[at]?.kind ?? '')
      const isCalculated = isValue && /^(?:\|\||[-+*/%])$/.test(this.#text(at - 1))
      // `name COLLATE NOCASE = ?`
      if (!isCalculated && this.#text(at - 1) !== 'COLLATE') return null
      at -= 2
    }
    const last = this.#index.lastColumn(this.#index.openingOf(at), at)
    return last === null ? null : this.#columns[last]!
  }

  #columnAfter(at: number): MetColumn | null {
    const qualified = this.#text(at + 1) === '.' ? at + 2 : at
    const direct = this.#columns[qualified] ?? null
    if (direct !== null) return direct
    if (this.#text(at + 1) !== '(') return null
    for (let next = at + 2; next < at + 6; next++) {
      const column = this.#columns[next] ?? null
      if (column !== null) return column
    }
    return null
  }

  #meetingAt(place: number): Meeting {
    const at = this.#index.operatorBefore(place)
    const word = this.#text(at)
    if (word === 'LIMIT') return { met: null, operator: 'limit' }
    if (word === 'OFFSET') return { met: null, operator: 'offset' }
    const isNegated = this.#text(at - 1) === 'NOT' || (word === 'NOT' && this.#text(at - 1) === 'IS')
    const operator = operators[word] ?? (word === 'NOT' && isNegated ? 'equal' : undefined)
    if (operator !== undefined) return this.#meetingWith(at - (isNegated ? 2 : 1), operator)
    if (word === 'BETWEEN') return this.#meetingWith(at - (isNegated ? 2 : 1), 'low')
    if (word === 'AND' && this.#text(at - 2) === 'BETWEEN') return this.#meetingWith(at - 3, 'high')
    if (word === 'JSON_EACH') return { met: this.#columnOfMembers(at), operator: 'json-list' }
    const listed = this.#listColumn(place)
    if (listed !== null) return { met: listed, operator: 'equal' }
    const ahead = operators[this.#text(place + 1)]
    if (ahead !== undefined) return { met: this.#columnAfter(place + 2), operator: mirrored[ahead] }
    return { met: null, operator: 'free' }
  }

  #meetingWith(before: number, operator: Meeting['operator']): Meeting {
    const met = this.#columnBefore(before)
    const through =
      met === null || operator === 'like' || operator === 'glob' ? null : this.#callEndingAt(before)
    return through === null ? { met, operator } : { met, operator, through }
  }

  /** Returns the call that ends at `close`, with @value for its column, when it has one column, no parameter and no subquery; else null. */
  #callEndingAt(close: number): string | null {
    if (this.#text(close) !== ')') return null
    const open = this.#index.openingOf(close)
    const name = this.#tokens[open - 1]
    if (name?.kind !== 'word' || /^(?:IN|AND|OR|NOT|WHERE|ON|WHEN|HAVING|SELECT)$/i.test(name.text))
      return null
    const column = this.#index.onlyColumn(open, close)
    if (column === null || this.#index.hasVariable(open, close)) return null
    const first = this.#text(column - 1) === '.' ? column - 2 : column
    const [before, after] = [this.#tokens[first]!.start, this.#tokens[column]!.end]
    return `${this.#sql.slice(name.start, before)}@value${this.#sql.slice(after, this.#tokens[close]!.end)}`
  }

  /** Returns the column of `column IN (SELECT value FROM json_each(?))`, or null. */
  #columnOfMembers(call: number): MetColumn | null {
    let within = call - 1
    while (within >= 0 && this.#text(within) !== '(') within--
    if (within < 0 || this.#text(within + 1) !== 'SELECT' || this.#text(within - 1) !== 'IN') return null
    return this.#columnBefore(within - (this.#text(within - 2) === 'NOT' ? 3 : 2))
  }

  /** Returns the column of `column IN (…, ?, …)`, or null. */
  #listColumn(place: number): MetColumn | null {
    const open = this.#index.listAround(place)
    if (open < 0 || this.#text(open - 1) !== 'IN') return null
    return this.#columnBefore(open - (this.#text(open - 2) === 'NOT' ? 3 : 2))
  }
}

function numberOf(text: string): bigint | number {
  return /^\d+$/.test(text) ? BigInt(text) : Number(text)
}
