/** What PostgreSQL's refusal of a statement means, in plain words. */
import type { Hazard } from './detect.ts'
import { differenceOf } from './differences.ts'

type Refusal = { readonly sqlstate: string; readonly message: string }

/** The difference of the dialects that explains it, and a sentence. */
export function reasonOfRefusal(
  { sqlstate, message }: Refusal,
  hazards: readonly Hazard[],
): { code: string; detail: string } {
  const said = message.replace(/^error: /, '')
  const code = codeOf(sqlstate, said, hazards)
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
        return has(
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
        )
      case '42703':
        return /"(?:rowid|_rowid_|oid)"/.test(message)
          ? has('rowid')
          : (has('double-quoted-text', 'rowid') ?? 'alias-in-where')
      case '42704':
        return /collation/.test(message) ? has('nocase') : undefined
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
        return has('catalog', 'main-schema')
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
      round: 'round-places',
      min: 'scalar-extremes',
      max: 'scalar-extremes',
      substr: 'mixed-types',
      length: 'mixed-types',
    }
    if (codes[name] !== undefined) return codes[name]
    if (name.startsWith('json')) return 'json-function'
    return has('time-function', 'own-function', 'catalog')
  }
  if (/boolean (?:=|<>|<|>|is)|= boolean/.test(message)) return 'boolean-number'
  if (/\|\|/.test(message)) return has('number-concatenation') ?? 'number-concatenation'
  if (/~~/.test(message)) return 'mixed-types'
  if (/->/.test(message)) return 'json-function'
  return 'mixed-types'
}
