/** Explains PostgreSQL's refusal of a statement. */

import type { Hazard } from '../tables/hazard.ts'
import type { Difference } from './difference.ts'
import { differenceOf, knownDifferences } from './differences.ts'

export type Refusal = {
  readonly sqlstate: string
  readonly message: string
  /** The column without a value is one that SQLite fills with the next number. */
  readonly isNumbered?: boolean
}

/** Returns the code of the difference that explains the refusal, and a sentence. */
export function reasonOfRefusal(
  { sqlstate, message, isNumbered }: Refusal,
  hazards: readonly Hazard[],
): { code: string; detail: string } {
  const reason = message.replace(/^error: /, '')
  const code = isNumbered === true ? 'null-key' : codeOf(sqlstate, reason, hazards)
  const known = differenceOf(code)
  const state = sqlstate === '' ? '' : ` (SQLSTATE ${sqlstate})`
  if (known === undefined) return { code, detail: `PostgreSQL refuses it: ${reason}${state}.` }
  return { code, detail: `In PostgreSQL ${known.what}: ${reason}${state}. Instead: ${known.instead}.` }
}

/**
 * Looks for a difference by, in this order: the missing function; the message and the statement; the statement alone; and, unless a function
 * is missing, the SQLSTATE or the message alone.
 */
function codeOf(sqlstate: string, message: string, hazards: readonly Hazard[]): string {
  if (sqlstate === '57014') return 'timeout'
  const among = knownDifferences.filter(({ states }) => states?.includes(sqlstate))
  const isInMessage = (one: Difference) => one.message?.test(message) === true
  const isShown = (one: Difference) => hazards.some(({ code }) => code === one.code)
  const isCall = /\bfunction \w+\(/.test(message)
  const quiet = among.filter((one) => one.message === undefined)
  const found =
    (sqlstate === MISSING ? functionIn(message) : undefined) ??
    among.find((one) => isInMessage(one) && (one.seen === undefined || isShown(one))) ??
    (sqlstate === MISSING ? undefined : among.find(isShown)) ??
    (isCall
      ? undefined
      : (quiet.find(({ seen }) => seen === undefined || quiet.length === 1) ?? among.find(isInMessage)))
  if (found !== undefined) return found.code
  if (sqlstate === '42P01') return 'table-missing'
  return sqlstate === '' ? 'refused-function' : `refused-${sqlstate.toLowerCase()}`
}

/** The SQLSTATE for a function or operator that does not exist. */
const MISSING = '42883'

/** Returns the difference that a call of the function in the message shows. */
function functionIn(message: string): Difference | undefined {
  const [, name, types] = /function (\w+)\(([^)]*)\)/.exec(message) ?? []
  if (name === undefined || types === undefined) return undefined
  if (name === 'substr' || name === 'length') return differenceOf('mixed-types')
  const call = ` ${name.toUpperCase()} (${types === '' ? 0 : types.split(',').length} `
  return knownDifferences.find(({ isSilent, seen }) => isSilent !== true && seen?.test(call))
}
