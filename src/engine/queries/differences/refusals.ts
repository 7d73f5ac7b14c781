/** What PostgreSQL's refusal of a statement means, in plain words. */

import type { Hazard } from '../tables/hazard.ts'
import type { Difference } from './difference.ts'
import { differenceOf, knownDifferences } from './differences.ts'

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

/**
 * By the function that the server does not have, else by a message about what the statement shows, else by that alone, else, but for an
 * unknown function, by what no statement shows by itself, or by the message alone.
 */
function codeOf(sqlstate: string, message: string, hazards: readonly Hazard[]): string {
  if (sqlstate === '57014') return 'timeout'
  const among = knownDifferences.filter(({ states }) => states?.includes(sqlstate))
  const isSaid = (one: Difference) => one.message?.test(message) === true
  const isShown = (one: Difference) => hazards.some(({ code }) => code === one.code)
  const isCall = /\bfunction \w+\(/.test(message)
  const quiet = among.filter((one) => one.message === undefined)
  const found =
    (sqlstate === MISSING ? functionIn(message) : undefined) ??
    among.find((one) => isSaid(one) && (one.seen === undefined || isShown(one))) ??
    (sqlstate === MISSING ? undefined : among.find(isShown)) ??
    (isCall
      ? undefined
      : (quiet.find(({ seen }) => seen === undefined || quiet.length === 1) ?? among.find(isSaid)))
  if (found !== undefined) return found.code
  if (sqlstate === '42P01') return 'table-missing'
  return sqlstate === '' ? 'refused-function' : `refused-${sqlstate.toLowerCase()}`
}

/** There is no such function or operator. */
const MISSING = '42883'

/** The difference that shows in a call of the function that the message names. */
function functionIn(message: string): Difference | undefined {
  const [, name, types] = /function (\w+)\(([^)]*)\)/.exec(message) ?? []
  if (name === undefined || types === undefined) return undefined
  if (name === 'substr' || name === 'length') return differenceOf('mixed-types')
  const call = ` ${name.toUpperCase()} (${types === '' ? 0 : types.split(',').length} `
  return knownDifferences.find(({ isSilent, seen }) => isSilent !== true && seen?.test(call))
}
