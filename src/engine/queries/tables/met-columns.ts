/**
 * Finds the columns that a statement's parameters and constants meet, by the words around them. Invariant: a guess decides which values are
 * tried, never a verdict.
 */
import { afterTable } from '../../sql/parse/parse-select.ts'
import { foldName, isSameName } from '../../syntax/sqlite-names.ts'
import { isNameToken, numberParameters, openingOf, type Token, upperAt } from '../../syntax/sqlite-tokens.ts'
import { tokensOf } from '../statement/statement-kind.ts'
import { columnNamed, type KnownTable } from './known-tables.ts'
import {
  type ConstantMeeting,
  columnAmong,
  type Meeting,
  type Meetings,
  type MetColumn,
  type ParameterMeeting,
} from './meeting.ts'
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

  constructor(sql: string, tables: readonly KnownTable[]) {
    this.#sql = sql
    this.#tokens = tokensOf(sql)
    this.#tables = tables
    this.#findAliases()
  }

  read(): Meetings {
    const numbers = numberParameters(this.#tokens)
    const parameters: ParameterMeeting[] = []
    const constants: ConstantMeeting[] = []
    const named: MetColumn[] = []
    const given = givenColumns(this.#tokens, this.#tables)
    this.#tokens.forEach((token, at) => {
      if (isNameToken(token)) {
        const met = this.#columnAt(at)
        if (met !== null && !named.some(({ column }) => column === met.column)) named.push(met)
        return
      }
      const meeting = given.get(at) ?? this.#meetingAt(at)
      if (token.kind === 'parameter') {
        parameters.push({ ...meeting, number: numbers.get(token.start)! })
      } else if (token.kind === 'string') constants.push({ ...meeting, value: token.text })
      else if (token.kind === 'number') constants.push({ ...meeting, value: numberOf(token.text) })
    })
    return { parameters, constants, named, paths: this.#paths() }
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
    this.#tokens.forEach((token, at) => {
      if (!isNameToken(token)) return
      const table = this.#tables.find(({ name }) => isSameName(name, token.text))
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
  #columnAt(at: number): MetColumn | null {
    const token = this.#tokens[at]
    if (!isNameToken(token)) return null
    if (this.#text(at + 1) === '(' || this.#text(at + 1) === '.') return null
    if (this.#text(at - 1) === '.') {
      const table = this.#aliases.get(foldName(this.#tokens[at - 2]?.text ?? ''))
      const column = table === undefined ? undefined : columnNamed(table, token.text)
      return table === undefined || column === undefined ? null : { table, column }
    }
    return columnAmong(this.#tables, token.text)
  }

  /** Returns the column of the operand that ends at `at`, also within a call or a calculation: `lower(name) = ?`, `price / 2 > ?`. */
  #columnBefore(at: number): MetColumn | null {
    const direct = this.#columnAt(at)
    if (direct !== null) return direct
    const isValue = /^(?:string|number|parameter)$/.test(this.#tokens[at]?.kind ?? '')
    if (isValue && /^(?:\|\||[-+*/%])$/.test(this.#text(at - 1))) return this.#columnBefore(at - 2)
    if (this.#text(at) !== ')') {
      // `name COLLATE NOCASE = ?`
      return this.#text(at - 1) === 'COLLATE' ? this.#columnBefore(at - 2) : null
    }
    const open = openingOf(this.#tokens, at)
    for (let back = at; back > open; back--) {
      const column = this.#columnAt(back)
      if (column !== null) return column
    }
    return null
  }

  #columnAfter(at: number): MetColumn | null {
    const qualified = this.#text(at + 1) === '.' ? at + 2 : at
    const direct = this.#columnAt(qualified)
    if (direct !== null) return direct
    if (this.#text(at + 1) !== '(') return null
    for (let next = at + 2; next < at + 6; next++) {
      const column = this.#columnAt(next)
      if (column !== null) return column
    }
    return null
  }

  #meetingAt(place: number): Meeting {
    // `LIKE '%' || ?`, `- ?`, `lower(?)`
    let at = place - 1
    const skipped = /^(?:\|\||-|\+|\(|LOWER|UPPER|TRIM|DATE|DATETIME|DATETRUNC|DISTINCT)$/
    while (
      skipped.test(this.#text(at)) ||
      (this.#tokens[at]?.kind === 'string' && this.#text(at + 1) === '||')
    )
      at--
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
    const open = openingOf(this.#tokens, close)
    const name = this.#tokens[open - 1]
    if (name?.kind !== 'word' || /^(?:IN|AND|OR|NOT|WHERE|ON|WHEN|HAVING|SELECT)$/i.test(name.text))
      return null
    const places = [...this.#tokens.keys()].slice(open + 1, close)
    if (places.some((at) => this.#tokens[at]!.kind === 'parameter' || this.#text(at) === 'SELECT'))
      return null
    const columns = places.filter((at) => this.#columnAt(at) !== null)
    const [column] = columns
    if (column === undefined || columns.length > 1) return null
    const first = this.#text(column - 1) === '.' ? column - 2 : column
    const [before, after] = [this.#tokens[first]!.start, this.#tokens[column]!.end]
    return `${this.#sql.slice(name.start, before)}@value${this.#sql.slice(after, this.#tokens[close]!.end)}`
  }

  /** Returns the column of `column IN (SELECT value FROM json_each(?))`, or null. */
  #columnOfMembers(call: number): MetColumn | null {
    const within = this.#tokens.slice(0, call).findLastIndex((_, at) => this.#text(at) === '(')
    if (within < 0 || this.#text(within + 1) !== 'SELECT' || this.#text(within - 1) !== 'IN') return null
    return this.#columnBefore(within - (this.#text(within - 2) === 'NOT' ? 3 : 2))
  }

  /** Returns the column of `column IN (…, ?, …)`, or null. */
  #listColumn(place: number): MetColumn | null {
    for (let at = place - 1; at >= 0; at--) {
      const { kind } = this.#tokens[at]!
      if (this.#text(at) === '(') {
        if (this.#text(at - 1) !== 'IN') return null
        return this.#columnBefore(at - (this.#text(at - 2) === 'NOT' ? 3 : 2))
      }
      if (kind !== 'parameter' && kind !== 'string' && kind !== 'number' && this.#text(at) !== ',')
        return null
    }
    return null
  }
}

function numberOf(text: string): bigint | number {
  return /^\d+$/.test(text) ? BigInt(text) : Number(text)
}
