import { isFoldedText } from '../compare/ordering.ts'
import { isItsOwnTime, isTimeFunction, printTimeFunction } from '../times/column-times.ts'
import type { Expression } from '../tree/expression.ts'
import {
  type FunctionTable,
  type Kind,
  type Printed,
  type Printer,
  type Scope,
  takesStable,
  Untranslatable,
} from '../tree/scope.ts'
import { isTime } from '../tree/stored-times.ts'
import { bigint } from '../values/arithmetic.ts'
import { asCalculated } from '../values/casts.ts'
import { isJsonFunction, printJsonFunction } from '../values/json.ts'
import { mathFunctions } from '../values/math.ts'
import {
  bitsOf,
  commonKind,
  isNumber,
  isWholeIn64Bits,
  storesWholeAsIntegers,
  traitsOf,
  truth,
  wrap,
} from '../values/printed.ts'
import { roundedBinary } from '../values/rounding.ts'
import { textFunctions } from '../values/text-functions.ts'

/** Throws Untranslatable. */
export function printCall(
  name: string,
  args: readonly Expression[],
  scope: Scope,
  printer: Printer,
): Printed {
  const refuseCount = (): never => {
    throw new Untranslatable(`${name}() with ${args.length} arguments`)
  }
  if (name === 'iif' || name === 'if') {
    const [condition, then, otherwise] = args
    if (args.length !== 3) return refuseCount()
    return printIif(
      printer.truth(condition!, scope),
      [then!, otherwise!].map((one) => printer.value(one, scope)),
      scope,
    )
  }
  if (isJsonFunction(name)) return printJsonFunction(name, args, scope, printer)
  if (isTimeFunction(name)) {
    const value = scope.purpose !== 'view' && args.length === 1 ? printer.value(args[0]!, scope) : null
    return value !== null && isItsOwnTime(name, value) ? value : printTimeFunction(name, args, scope, printer)
  }
  const table = scope.purpose === 'view' ? functionsOfSelects : functions
  const known = Object.hasOwn(table, name) ? table[name] : undefined
  if (known === undefined) throw new Untranslatable(`the function ${name}()`)
  const { takes, print } = known
  const isTaken = 'least' in takes ? args.length >= takes.least : takes.includes(args.length)
  if (!isTaken) return refuseCount()
  return print(args.map((argument) => printer.value(argument, scope)) as [Printed, ...Printed[]], scope, name)
}

const call = (sql: string, kind: Kind): Printed => ({ sql, kind, atom: true })

/** Prints a function whose arguments have one kind, which is also the kind of its result. */
function printAlike(name: string, values: readonly Printed[], scope: Scope): Printed {
  const list = booleansAlike(values)
  const kind = commonKind(list, scope)
  if (name === 'nullif' && list.some(isFoldedText)) throw new Untranslatable('nullif() under a collation')
  return { ...call(`${name}(${list.map(({ sql }) => sql).join(', ')})`, kind), ...traitsOf(list, kind) }
}

const coalesce: FunctionTable[string] = {
  takes: { least: 2 },
  print: (values, scope) => printAlike('coalesce', values, scope),
}
const extreme: FunctionTable[string] = { takes: { least: 2 }, print: printExtremeOf }
const hint: FunctionTable[string] = { takes: [1], print: ([value]) => value }

/** SQLite's scalar functions (https://www.sqlite.org/lang_corefunc.html) that PostgreSQL also has, or something similar. */
const functions: FunctionTable = {
  ...textFunctions,
  abs: {
    takes: [1],
    print([value], scope) {
      const number = asCalculated(value, scope)
      if (!isNumber(number.kind)) throw new Untranslatable(`abs() of ${number.kind}`)
      // Both raise an error; PostgreSQL raises it even without a row.
      if (number.constant?.kind === 'integer' && number.constant.text === '-9223372036854775808')
        throw new Untranslatable('abs() of the least integer')
      const sql = number.kind === 'integer' && bitsOf(number) < 63 ? bigint(number) : number.sql
      return { ...call(`abs(${sql})`, number.kind), ...traitsOf([number], number.kind) }
    },
  },
  coalesce,
  ifnull: coalesce,
  nullif: { takes: [2], print: (values, scope) => printAlike('nullif', values, scope) },
  min: extreme,
  max: extreme,
  typeof: { takes: [1], print: ([value]) => printTypeof(value) },
  json_valid: {
    takes: [1],
    print([value], { major }) {
      if (value.kind === 'json') return truth(`case when ${wrap(value)} is not null then true end`)
      if (value.kind === 'text' && major >= 16) return truth(`${wrap(value)} is json`)
      throw new Untranslatable('json_valid(), which PostgreSQL has since version 16')
    },
  },
  likely: hint,
  unlikely: hint,
  round: {
    takes: [1, 2],
    print(values, scope) {
      if (!takesStable(scope) && values.length > 1)
        throw new Untranslatable('round() to decimal places, which rounds halves differently')
      return printRound(values, scope)
    },
  },
}

/** The functions that a select can call. */
export const functionsOfSelects: FunctionTable = { ...functions, ...mathFunctions }

function printIif(condition: Printed, results: readonly Printed[], scope: Scope): Printed {
  const [then, otherwise] = results.map(wrap)
  const kind = commonKind(results, scope)
  const sql = `case when ${condition.sql} then ${then} else ${otherwise} end`
  return { sql, kind, atom: false, ...traitsOf(results, kind) }
}

/** Prints `min()` and `max()` of several values, which are null when one of the values is. */
function printExtremeOf(list: readonly Printed[], scope: Scope, name: string): Printed {
  const areTexts = list.every((value) => value.kind === 'text' && !isFoldedText(value))
  if (!areTexts && !list.every(({ kind }) => isNumber(kind)))
    throw new Untranslatable(`${name}() of values of several types`)
  const sql = list.map((value) => (areTexts ? `${wrap(value)} collate "C"` : value.sql))
  const nulls = list.filter(({ constant }) => constant === undefined).map((value) => `${wrap(value)} is null`)
  const chosen = `${name === 'min' ? 'least' : 'greatest'}(${sql.join(', ')})`
  const kind = commonKind(list, scope)
  const traits = traitsOf(list, kind)
  if (nulls.length === 0) return { ...call(chosen, kind), ...traits }
  return { sql: `case when ${nulls.join(' or ')} then null else ${chosen} end`, kind, atom: false, ...traits }
}

/** SQLite rounds the binary value, PostgreSQL its decimal spelling: 2.675 becomes 2.67 in one and 2.68 in the other. */
function printRound([value, places]: readonly Printed[], scope: Scope): Printed {
  const number = asCalculated(value!, scope)
  const digits = places === undefined ? 0 : Number(places.sql)
  if (!Number.isInteger(digits) || digits < 0)
    throw new Untranslatable('round() to decimal places that are not constant')
  if (number.kind === 'null') return number
  // In a view, a decimal is rounded by its decimal value.
  const isExact = number.kind === 'integer' || (number.kind === 'numeric' && scope.purpose === 'view')
  const binary = number.kind === 'numeric' ? `${wrap(number)}::double precision` : wrap(number)
  const rounded = isExact ? `round(${number.sql}, ${digits})` : roundedBinary(binary, digits)
  const sql = isExact && number.kind === 'numeric' ? rounded : `(${rounded})::double precision`
  const kind = isExact && number.kind === 'numeric' ? 'numeric' : 'double'
  return { sql, kind, atom: true, roundedTo: 10 ** -digits }
}

/** Converts the constants 0 and 1 to booleans when one of the values is a boolean. */
function booleansAlike(values: readonly Printed[]): Printed[] {
  if (!values.some(({ kind }) => kind === 'boolean')) return [...values]
  return values.map((value) => {
    const { constant } = value
    const isBit = constant?.kind === 'integer' && (constant.text === '0' || constant.text === '1')
    return isBit ? truth(constant.text === '1' ? 'true' : 'false', true) : value
  })
}

const classes: Partial<Record<Kind, string>> = {
  integer: 'integer',
  double: 'real',
  numeric: 'real',
  text: 'text',
  bytea: 'blob',
}

const constantClasses: Readonly<Record<string, string>> = {
  integer: 'integer',
  real: 'real',
  string: 'text',
  blob: 'blob',
  null: 'null',
}

/** Prints what SQLite's typeof() returns for the values that the column can hold now. */
function printTypeof(value: Printed): Printed {
  const { column, constant } = value
  const ofConstant = constant === undefined ? undefined : constantClasses[constant.kind]
  if (ofConstant !== undefined) return { sql: `'${ofConstant}'`, kind: 'text', atom: true }
  const name = column === undefined ? undefined : typeName(value)
  if (name === undefined) throw new Untranslatable(`typeof() of ${value.kind}`)
  let sql = `case when ${wrap(value)} is null then 'null'`
  if (name === 'real' && value.mayBeWhole === true) {
    if (!storesWholeAsIntegers(column))
      throw new Untranslatable('typeof() of numbers that are integers in some rows and reals in others')
    sql += ` when ${isWholeIn64Bits(value.sql)} then 'integer'`
  }
  return { sql: `${sql} else '${name}' end`, kind: 'text', atom: false }
}

function typeName({ kind, column }: Printed): string | undefined {
  if (kind === 'boolean-text') return 'text'
  if (kind === 'boolean') return 'integer'
  const conversion = column?.conversion
  return isTime(conversion) && conversion.kind !== 'date' ? conversion.form?.storage : classes[kind]
}
