import { quoteLiteral } from '../../syntax/postgres-names.ts'
import type { Expression } from '../tree/expression.ts'
import { type Kind, typeOfKind, Untranslatable } from '../tree/scope.ts'
import { someExpression } from '../tree/walk.ts'
import { shift } from './time-modifiers.ts'

/** Prints the current time, in SQLite's many spellings (https://www.sqlite.org/lang_datefunc.html), for defaults in PostgreSQL. */

type Moment = {
  readonly what: 'timestamp' | 'date' | 'time' | 'format'
  readonly isLocal: boolean
  readonly format: string
  /** The modifiers that shift the time, in order. */
  readonly shifts: readonly string[]
}

/** Returns the default for a column of the kind; null when the expression does not contain the current time. Throws Untranslatable. */
export function printNow(expression: Expression, kind: Kind): string | null {
  const moment = momentOf(expression)
  if (moment !== null) return printMoment(moment, kind)
  if (!mentionsNow(expression)) return null
  const number = printNumber(expression)
  if (number === null) throw new Untranslatable('a calculation with the current time')
  switch (kind) {
    case 'integer':
      return `(${number})::bigint`
    case 'double':
      return `(${number})::double precision`
    case 'numeric':
      return `(${number})::numeric`
    case 'text':
      return `(${number})::text`
    case 'timestamptz':
      return 'now()'
    default:
      throw new Untranslatable(`the current time as a number for a column of type ${kind}`)
  }
}

function printMoment({ what, isLocal, format, shifts }: Moment, kind: Kind): string {
  const now = isLocal ? 'localtimestamp' : `(now() at time zone 'UTC')`
  const wall = shifts.reduce((moved, modifier) => shift(moved, modifier, {}), now)
  switch (kind) {
    case 'timestamptz':
      if (what === 'time' || (isLocal && shifts.length > 0)) break
      if (shifts.length > 0)
        return `((${what === 'date' ? `date_trunc('day', ${wall})` : wall}) at time zone 'UTC')`
      return what === 'date' ? `date_trunc('day', now())` : 'now()'
    case 'timestamp':
      if (what === 'time') break
      return what === 'date' ? `date_trunc('day', ${wall})` : wall
    case 'date':
      if (what === 'time') break
      return `${wall}::date`
    case 'time':
      if (what === 'date') break
      return `${wall}::time without time zone`
    case 'text':
      return `to_char(${wall}, ${quoteLiteral(templateOf(format))})`
    case 'integer':
    case 'double':
    case 'numeric':
      // strftime returns text, which SQLite converts in a column of numbers, for instance a year.
      if (/^(?:%[YmdHMS])+$/.test(format))
        return `to_char(${wall}, ${quoteLiteral(templateOf(format))})::${typeOfKind[kind]}`
      break
    default:
      break
  }
  throw new Untranslatable(`the current time for a column of type ${kind}`)
}

const formats = { timestamp: '%Y-%m-%d %H:%M:%S', date: '%Y-%m-%d', time: '%H:%M:%S' } as const

function momentOf(expression: Expression): Moment | null {
  if (expression.kind === 'now')
    return { what: expression.what, isLocal: false, format: formats[expression.what], shifts: [] }
  if (expression.kind !== 'call') return null
  const { name, arguments: args } = expression
  if (name === 'datetime' || name === 'date' || name === 'time') {
    const modifiers = modifiersOf(args)
    if (modifiers === null) return null
    const what = name === 'datetime' ? 'timestamp' : name
    const format = modifiers.includes('subsec') ? formats[what].replace('%S', '%f') : formats[what]
    return { what, format, ...placed(modifiers) }
  }
  if (name !== 'strftime') return null
  const [format, ...rest] = args
  if (format?.kind !== 'string' || format.text.includes('%s')) return null
  const modifiers = modifiersOf(rest)
  if (modifiers === null) return null
  return { what: whatOf(format.text), format: format.text, ...placed(modifiers) }
}

/** Only a leading 'localtime' makes the time local, since shifts before it are made in UTC. */
function placed(modifiers: readonly string[]): Pick<Moment, 'isLocal' | 'shifts'> {
  const [first, ...rest] = modifiers.filter((modifier) => modifier !== 'subsec')
  if (first === undefined) return { isLocal: false, shifts: [] }
  return first === 'localtime'
    ? { isLocal: true, shifts: rest }
    : { isLocal: false, shifts: [first, ...rest] }
}

function whatOf(format: string): Moment['what'] {
  const hasDate = /%[Ydm]|%F/.test(format)
  const hasTime = /%[HMSfTR]/.test(format)
  if (hasDate && hasTime) return 'timestamp'
  return hasDate ? 'date' : hasTime ? 'time' : 'format'
}

/** Returns the modifiers after `'now'`; null when the time is not now, or a modifier is not a constant. */
function modifiersOf(args: readonly Expression[]): string[] | null {
  const [first, ...given] = args
  const word = first === undefined ? '' : (textIn(first) ?? '').toLowerCase()
  // 'subsec' without a time applies to the current time.
  const isIdle = word === 'subsec' || word === 'subsecond'
  const isNow = first === undefined || first.kind === 'now' || word === 'now' || isIdle
  if (!isNow || given.some((argument) => (textIn(argument) ?? '') === '')) return null
  const rest = isIdle ? [first!, ...given] : given
  const modifiers = rest.map((argument) => textIn(argument)!.toLowerCase().replace('subsecond', 'subsec'))
  // 'utc' does not change the current time, which is in UTC already.
  return modifiers.includes('localtime') ? modifiers : modifiers.filter((modifier) => modifier !== 'utc')
}

/** Whether the arguments are the current time without shifts. */
function isPlainNow(args: readonly Expression[]): boolean {
  return modifiersOf(args)?.every((modifier) => modifier === 'subsec') === true
}

/** Returns the text of a string, also of one in double quotes; null for anything else. */
export function textIn(expression: Expression): string | null {
  if (expression.kind === 'string') return expression.text
  return expression.kind === 'name' && expression.double && expression.table === null ? expression.name : null
}

const templates: Readonly<Record<string, string>> = {
  Y: 'YYYY',
  m: 'MM',
  d: 'DD',
  H: 'HH24',
  M: 'MI',
  S: 'SS',
  f: 'SS.MS',
  j: 'DDD',
  F: 'YYYY-MM-DD',
  T: 'HH24:MI:SS',
  R: 'HH24:MI',
}

/** Returns to_char's template for a format of strftime, with the text between the letters quoted. Throws Untranslatable. */
export function templateOf(format: string): string {
  return format.replaceAll(/%(.)|[^%]+|%$/gs, (part, letter: string | undefined) => {
    if (letter === undefined) return /^[-:. /]+$/.test(part) ? part : `"${part.replaceAll(/["\\]/g, '\\$&')}"`
    const template = letter === '%' ? '%' : templates[letter]
    if (template === undefined) throw new Untranslatable(`strftime with %${letter}`)
    return template
  })
}

export const timeFunctions: readonly string[] = [
  'strftime',
  'unixepoch',
  'julianday',
  'datetime',
  'date',
  'time',
]

function mentionsNow(expression: Expression): boolean {
  return someExpression(
    expression,
    (part) => part.kind === 'now' || (part.kind === 'call' && timeFunctions.includes(part.name)),
  )
}

const epoch = 'extract(epoch from now())'

/** Prints a calculation with the current time as a number; returns null for any other expression. */
function printNumber(expression: Expression): string | null {
  switch (expression.kind) {
    case 'integer':
      return expression.text
    case 'real':
      return expression.text
    case 'cast': {
      const operand = printNumber(expression.operand)
      if (operand === null) return null
      if (/INT/i.test(expression.type)) return `trunc(${operand})`
      return /REAL|FLOA|DOUB|NUM|DEC/i.test(expression.type) ? operand : null
    }
    case 'binary':
      return printCalculation(expression)
    case 'call':
      return printNumberCall(expression.name, expression.arguments)
    default:
      return null
  }
}

function printCalculation(expression: Expression & { kind: 'binary' }): string | null {
  const { operator, left, right } = expression
  if (operator === '||') return isMillisecondIdiom(left, right) ? `floor(${epoch} * 1000)` : null
  const operands = [printNumber(left), printNumber(right)]
  if (operands.includes(null)) return null
  if (!['+', '-', '*', '/'].includes(operator)) return null
  // SQLite's division of integers truncates.
  if (operator === '/' && right.kind !== 'real') return null
  return `(${operands[0]} ${operator} ${operands[1]})`
}

/** Whether the expression is `strftime('%s', 'now') || substr(strftime('%f', 'now'), 4)`. */
function isMillisecondIdiom(left: Expression, right: Expression): boolean {
  const formatOf = (part: Expression | undefined) =>
    part?.kind === 'call' && part.name === 'strftime' && part.arguments[0]?.kind === 'string'
      ? part.arguments[0].text
      : null
  const isTail =
    right.kind === 'call' &&
    right.name === 'substr' &&
    formatOf(right.arguments[0]) === '%f' &&
    right.arguments[1]?.kind === 'integer' &&
    right.arguments[1].text === '4'
  return formatOf(left) === '%s' && isTail
}

function printNumberCall(name: string, args: readonly Expression[]): string | null {
  switch (name) {
    case 'unixepoch': {
      if (!isPlainNow(args)) return null
      return modifiersOf(args)!.includes('subsec') ? epoch : `floor(${epoch})`
    }
    case 'strftime': {
      const [format, ...rest] = args
      if (format?.kind !== 'string' || format.text !== '%s' || !isPlainNow(rest)) return null
      return `floor(${epoch})`
    }
    case 'julianday':
      return !isPlainNow(args) ? null : `(${epoch} / 86400.0 + 2440587.5)`
    case 'round': {
      const operand = args.length === 1 ? printNumber(args[0]!) : null
      return operand === null ? null : `round(${operand})`
    }
    default:
      return null
  }
}
