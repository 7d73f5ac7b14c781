/**
 * Indexes a statement's tokens, so that each question about the words around a value takes constant time, however long the statement is.
 * Pure.
 */
import { type Parentheses, parenthesesOf, type Token, upperAt } from '../../syntax/sqlite-tokens.ts'

/** What may stand between an operator and a value: `LIKE '%' || ?`, `- ?`, `lower(?)`. */
const prefixes = /^(?:\|\||-|\+|\(|LOWER|UPPER|TRIM|DATE|DATETIME|DATETRUNC|DISTINCT)$/

export class StatementIndex {
  readonly #parentheses: Parentheses
  /** For each token, the last one up to it that is no prefix of a value. */
  readonly #operators: number[] = []
  /** For each token, the parenthesis of the list of values that reaches up to it; -1 for none. */
  readonly #lists: number[] = []
  /** For each token, the last column up to it. */
  readonly #lastColumns: number[] = []
  /** The numbers of columns, and of parameters and SELECTs, before each token. */
  readonly #columnsBefore: number[] = [0]
  readonly #variablesBefore: number[] = [0]

  constructor(tokens: readonly Token[], isColumn: (at: number) => boolean) {
    this.#parentheses = parenthesesOf(tokens)
    for (const [at, { kind }] of tokens.entries()) {
      const text = upperAt(tokens, at)
      const isPrefix = prefixes.test(text) || (kind === 'string' && upperAt(tokens, at + 1) === '||')
      this.#operators.push(isPrefix ? (this.#operators[at - 1] ?? -1) : at)
      const isOfList = kind === 'parameter' || kind === 'string' || kind === 'number' || text === ','
      this.#lists.push(text === '(' ? at : isOfList ? (this.#lists[at - 1] ?? -1) : -1)
      this.#lastColumns.push(isColumn(at) ? at : (this.#lastColumns[at - 1] ?? -1))
      this.#columnsBefore.push(this.#columnsBefore[at]! + (isColumn(at) ? 1 : 0))
      const isVariable = kind === 'parameter' || text === 'SELECT'
      this.#variablesBefore.push(this.#variablesBefore[at]! + (isVariable ? 1 : 0))
    }
  }

  /** Returns the index of the parenthesis in which the token stands, or which it closes; -1 when there is none. */
  openingOf(at: number): number {
    return this.#parentheses.openings[at] ?? -1
  }

  /** Returns the last token before the value that is no prefix of it, such as its operator; -1 when there is none. */
  operatorBefore(value: number): number {
    return this.#operators[value - 1] ?? -1
  }

  /** Returns the parenthesis of the list in which only values stand before this one; -1 when there is none. */
  listAround(value: number): number {
    return this.#lists[value - 1] ?? -1
  }

  /** Returns the last column after the token `open` up to `at`; null when there is none. */
  lastColumn(open: number, at: number): number | null {
    const last = this.#lastColumns[at] ?? -1
    return last > open ? last : null
  }

  /** Returns the only column between the two tokens; null when there is none, or several. */
  onlyColumn(open: number, close: number): number | null {
    const count = this.#columnsBefore[close]! - this.#columnsBefore[open + 1]!
    return count === 1 ? this.lastColumn(open, close - 1) : null
  }

  /** Whether a parameter or a subquery is between the two tokens. */
  hasVariable(open: number, close: number): boolean {
    return this.#variablesBefore[close]! > this.#variablesBefore[open + 1]!
  }
}
