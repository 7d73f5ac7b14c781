/** What PostgreSQL's refusal of a statement means, in plain words. */

import { differenceOf } from './differences.ts'
import type { Hazard } from './hazard.ts'

export type Refusal = {
  readonly sqlstate: string
  readonly message: string
  /** The column that has no value takes the next number in SQLite. */
  readonly isNumbered?: boolean
}

/** The difference of the dialects that explains it, and a sentence. */
export function reasonOfRefusal(
  { sqlstate, message, isNumbered }: Refusal,
  hazards: readonly Hazard[],
): { code: string; detail: string } {
  const said = message.replace(/^error: /, '')
  const code = isNumbered === true ? 'null-key' : codeOf(sqlstate, said, hazards)
  const known = differenceOf(code)
  const state = sqlstate === '' ? '' : ` (SQLSTATE ${sqlstate})`
  if (known === undefined) return { code, detail: `PostgreSQL refuses it: ${said}${state}.` }
  return { code, detail: `In PostgreSQL ${known.what}: ${said}${state}. Instead: ${known.instead}.` }
}

function codeOf(sqlstate: string, message: string, hazards: readonly Hazard[]): string {
  const has = (...codes: readonly string[]) =>
    codes.find((code) => hazards.some((hazard) => hazard.code === code))
  const ofState = (): string | undefined => {
    switch (sqlstate) {
      case '42883':
        return functionCode(message, has)
      case '42601':
        if (/^subquery in FROM must have an alias|^VALUES in FROM must have an alias/.test(message))
          return 'unnamed-subquery'
        return has(
          'reserved-name',
          'insert-or',
          'replace-into',
          'update-or',
          'glob',
          'regexp',
          'limit-comma',
          'other-quotes',
          'is-value',
          'empty-list',
          'double-equals',
          'json-function',
          'own-collation',
          'not-null',
          'index-hint',
          'limit-on-write',
        )
      case '42702':
        return 'ambiguous-name'
      case '42846':
        return has('cast-text', 'cast-rounds')
      case '22011':
        return has('negative-substr')
      case '2201X':
        return 'negative-limit'
      case '2201E':
      case '2201F':
        return 'out-of-domain'
      case '0A000':
        return /recursive/i.test(message) ? 'recursive-part' : undefined
      case '21000':
        return 'rows-as-value'
      case '23503':
        return 'foreign-keys'
      case '42703':
        return /"(?:rowid|_rowid_|oid)"/.test(message)
          ? has('rowid')
          : (has('reserved-name', 'double-quoted-text', 'rowid', 'renamed') ?? 'alias-in-where')
      case '42704':
        if (/collation/.test(message)) return has('nocase') ?? 'own-collation'
        return /^type/.test(message) ? 'own-type' : undefined
      case '42803':
        return 'bare-column'
      case '2201W':
        return 'negative-limit'
      case '42804':
        return /WHERE|AND|OR|NOT|HAVING|CASE/.test(message) ? 'number-as-truth' : 'mixed-types'
      case '22012':
        return 'division-by-zero'
      case '22P02':
      case '22007':
      case '22008':
        return has('cast-text', 'double-quoted-text') ?? 'mixed-types'
      case '22003':
        return 'integer-overflow'
      case '42P10':
        return 'distinct-order'
      case '42P01':
        return has('catalog', 'main-schema', 'attached')
      case '57014':
        return 'timeout'
      default:
        return undefined
    }
  }
  return (
    ofState() ??
    (sqlstate === '42P01'
      ? 'table-missing'
      : sqlstate === ''
        ? 'refused-function'
        : `refused-${sqlstate.toLowerCase()}`)
  )
}

function functionCode(
  message: string,
  has: (...codes: readonly string[]) => string | undefined,
): string | undefined {
  const name = /function (\w+)\(/.exec(message)?.[1]
  if (name !== undefined) {
    const codes: Readonly<Record<string, string>> = {
      instr: 'instr',
      typeof: 'typeof',
      total: 'total',
      group_concat: 'group-concat',
      ifnull: 'ifnull',
      iif: 'iif',
      printf: 'printf',
      last_insert_rowid: 'last-insert-rowid',
      changes: 'changes',
      total_changes: 'changes',
      format: 'printf',
      round: 'round-places',
      min: 'scalar-extremes',
      max: 'scalar-extremes',
      substr: 'mixed-types',
      length: 'mixed-types',
    }
    if (codes[name] !== undefined) return codes[name]
    if (name.startsWith('json')) return 'json-function'
    return /\bboolean\b/.test(message) ? 'boolean-number' : has('time-function', 'own-function', 'catalog')
  }
  // PostgreSQL reads a backtick as (a part of) an operator.
  if (/`/.test(message)) return 'other-quotes'
  if (/boolean (?:=|<>|<|>|is)|= boolean/.test(message)) return 'boolean-number'
  if (/\|\|/.test(message)) return has('number-concatenation') ?? 'number-concatenation'
  if (/~~/.test(message)) return 'mixed-types'
  if (/->|\bjsonb?\b/.test(message)) return has('json-function') ?? 'mixed-types'
  return 'mixed-types'
}
