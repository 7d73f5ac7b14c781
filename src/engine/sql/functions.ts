import { bigint } from './arithmetic.ts'
import { asCalculated } from './casts.ts'
import { isItsOwnTime, isTimeFunction, printTimeFunction } from './column-times.ts'
import type { Expression } from './expression.ts'
import { isJsonFunction, printJsonFunction } from './json.ts'
import { isMathFunction, printMath } from './math.ts'
import { isFoldedText } from './ordering.ts'
import {
  asText,
  bitsOf,
  commonKind,
  isNumber,
  isWholeIn64Bits,
  storesWholeAsIntegers,
  traitsOf,
  truth,
  wrap,
} from './printed.ts'
import { roundedBinary } from './rounding.ts'
import { type Kind, type Printed, type Printer, type Scope, takesStable, Untranslatable } from './scope.ts'
import { isTime } from './stored-times.ts'
import { isTextFunction, printTextFunction } from './text-functions.ts'
import { foldedConstant } from './typed-constants.ts'

/** SQLite's scalar functions (https://www.sqlite.org/lang_corefunc.html) that PostgreSQL has too, or nearly. */
export function printCall(
  name: string,
  args: readonly Expression[],
  scope: Scope,
  printer: Printer,
): Printed {
  const values = () => args.map((argument) => printer.value(argument, scope))
  const call = (sql: string, kind: Kind): Printed => ({ sql, kind, atom: true })
  const counted = (sql: string): Printed => ({ ...call(sql, 'integer'), bits: 31 })
  const arity = (...counts: readonly number[]) => {
    if (!counts.includes(args.length)) throw new Untranslatable(`${name}() with ${args.length} arguments`)
  }
  switch (name) {
    case 'length': {
      arity(1)
      const [value] = values() as [Printed]
      return counted(`length(${value.kind === 'bytea' ? value.sql : asText(value)})`)
    }
    case 'lower':
    case 'upper': {
      arity(1)
      // SQLite folds ASCII letters only, as the collation "C" does; an index is for queries that write lower(column).
      const [value] = values() as [Printed]
      const folded = foldedConstant(name, value)
      if (folded !== null) return folded
      const collation = scope.purpose === 'index' ? '' : ' collate "C"'
      return call(`${name}(${asText(value)}${collation})`, 'text')
    }
    case 'trim':
    case 'ltrim':
    case 'rtrim': {
      arity(1, 2)
      const texts = values().map(asText)
      return call(`${name === 'trim' ? 'btrim' : name}(${texts.join(', ')})`, 'text')
    }
    case 'instr': {
      arity(2)
      return counted(`strpos(${values().map(asText).join(', ')})`)
    }
    case 'replace':
      arity(3)
      return call(`replace(${values().map(asText).join(', ')})`, 'text')
    case 'abs': {
      arity(1)
      const number = asCalculated(values()[0]!, scope)
      if (!isNumber(number.kind)) throw new Untranslatable(`abs() of ${number.kind}`)
      // Both refuse it; PostgreSQL does before there is a row.
      if (number.constant?.kind === 'integer' && number.constant.text === '-9223372036854775808')
        throw new Untranslatable('abs() of the least integer')
      const sql = number.kind === 'integer' && bitsOf(number) < 63 ? bigint(number) : number.sql
      return { ...call(`abs(${sql})`, number.kind), ...traitsOf([number], number.kind) }
    }
    case 'coalesce':
    case 'ifnull': {
      if (args.length < 2) throw new Untranslatable(`${name}() with ${args.length} arguments`)
      const list = booleansAlike(values())
      const kind = commonKind(list, scope)
      return { ...call(`coalesce(${list.map(({ sql }) => sql).join(', ')})`, kind), ...traitsOf(list, kind) }
    }
    case 'nullif': {
      arity(2)
      const list = booleansAlike(values())
      const kind = commonKind(list, scope)
      if (list.some(isFoldedText)) throw new Untranslatable('nullif() under a collation')
      return { ...call(`nullif(${list.map(({ sql }) => sql).join(', ')})`, kind), ...traitsOf(list, kind) }
    }
    case 'iif':
    case 'if': {
      arity(3)
      const [, then, otherwise] = args as [Expression, Expression, Expression]
      const list = [printer.value(then, scope), printer.value(otherwise, scope)] as const
      const condition = printer.truth(args[0]!, scope)
      const sql = `case when ${condition.sql} then ${wrap(list[0])} else ${wrap(list[1])} end`
      const kind = commonKind(list, scope)
      return { sql, kind, atom: false, ...traitsOf(list, kind) }
    }
    case 'min':
    case 'max': {
      if (args.length < 2) throw new Untranslatable(`${name}() as an aggregate`)
      const list = values()
      const areTexts = list.every((value) => value.kind === 'text' && !isFoldedText(value))
      if (!areTexts && !list.every(({ kind }) => isNumber(kind)))
        throw new Untranslatable(`${name}() of values of several types`)
      const sql = list.map((value) => (areTexts ? `${wrap(value)} collate "C"` : value.sql))
      const nulls = list
        .filter(({ constant }) => constant === undefined)
        .map((value) => `${wrap(value)} is null`)
      const chosen = `${name === 'min' ? 'least' : 'greatest'}(${sql.join(', ')})`
      const kind = commonKind(list, scope)
      const traits = traitsOf(list, kind)
      return nulls.length === 0
        ? { ...call(chosen, kind), ...traits }
        : {
            sql: `case when ${nulls.join(' or ')} then null else ${chosen} end`,
            kind,
            atom: false,
            ...traits,
          }
    }
    case 'typeof': {
      arity(1)
      return printTypeof(values()[0]!)
    }
    case 'json_valid': {
      arity(1)
      const [value] = values() as [Printed]
      if (value.kind === 'json') return truth(`case when ${wrap(value)} is not null then true end`)
      if (value.kind === 'text' && scope.major >= 16) return truth(`${wrap(value)} is json`)
      throw new Untranslatable('json_valid(), which PostgreSQL has since version 16')
    }
    case 'likely':
    case 'unlikely':
      arity(1)
      return values()[0]!
    case 'round':
      arity(1, 2)
      if (!takesStable(scope) && args.length > 1)
        throw new Untranslatable('round() to places, which rounds halves otherwise')
      return printRound(values(), scope)
    default:
      if (isJsonFunction(name)) return printJsonFunction(name, args, scope, printer)
      if (isTextFunction(name)) return printTextFunction(name, values(), !takesStable(scope))
      if (scope.purpose === 'view' && isMathFunction(name)) return printMath(name, values())
      if (isTimeFunction(name)) {
        const isOwn = scope.purpose !== 'view' && args.length === 1 && isItsOwnTime(name, values()[0]!)
        return isOwn ? values()[0]! : printTimeFunction(name, args, scope, printer)
      }
      throw new Untranslatable(`the function ${name}()`)
  }
}

/** SQLite rounds the binary value, PostgreSQL its decimal spelling: 2.675 becomes 2.67 in one and 2.68 in the other. */
function printRound([value, places]: readonly Printed[], scope: Scope): Printed {
  const number = asCalculated(value!, scope)
  const digits = places === undefined ? 0 : Number(places.sql)
  if (!Number.isInteger(digits) || digits < 0)
    throw new Untranslatable('round() to places that are no constant')
  if (number.kind === 'null') return number
  // In a view a decimal is taken for what it says.
  const isExact = number.kind === 'integer' || (number.kind === 'numeric' && scope.purpose === 'view')
  const binary = number.kind === 'numeric' ? `${wrap(number)}::double precision` : wrap(number)
  const rounded = isExact ? `round(${number.sql}, ${digits})` : roundedBinary(binary, digits)
  const sql = isExact && number.kind === 'numeric' ? rounded : `(${rounded})::double precision`
  const kind = isExact && number.kind === 'numeric' ? 'numeric' : 'double'
  return { sql, kind, atom: true, roundedTo: 10 ** -digits }
}

/** Beside a boolean column the constants 0 and 1 are booleans. */
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

/** What typeof() returns for every value that the column can hold now. */
function printTypeof(value: Printed): Printed {
  const { column, constant } = value
  const ofConstant = constant === undefined ? undefined : constantClasses[constant.kind]
  if (ofConstant !== undefined) return { sql: `'${ofConstant}'`, kind: 'text', atom: true }
  const name = column === undefined ? undefined : typeName(value)
  if (name === undefined) throw new Untranslatable(`typeof() of ${value.kind}`)
  let sql = `case when ${wrap(value)} is null then 'null'`
  if (name === 'real' && value.mayBeWhole === true) {
    if (!storesWholeAsIntegers(column))
      throw new Untranslatable('typeof() of numbers that are integers in some rows and none in others')
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
