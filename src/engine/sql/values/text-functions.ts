import { type FunctionTable, type Printed, type Scope, takesStable, Untranslatable } from '../tree/scope.ts'
import { asNumber, asText, isNumber, wrap } from './printed.ts'
import { textOfBinary } from './rounding.ts'
import { foldedConstant } from './typed-constants.ts'

/** SQLite's text functions (https://www.sqlite.org/lang_corefunc.html), some of which PostgreSQL lacks or has with other arguments. */

const text = (sql: string, atom = true): Printed => ({ sql, kind: 'text', atom })
const integer = (sql: string): Printed => ({ sql, kind: 'integer', atom: true, bits: 31 })

/** Returns bytes unchanged, and any other value as text. */
const bytesOrText = (value: Printed) => (value.kind === 'bytea' ? value.sql : asText(value))

/** Throws Untranslatable in an index and a generated column, in which no function may depend on the session. */
function refuseFixed(scope: Scope, name: string): void {
  if (!takesStable(scope)) throw new Untranslatable(`the function ${name}()`)
}

const folded: FunctionTable[string] = {
  takes: [1],
  print([value], { purpose }, name) {
    // SQLite folds only ASCII letters, like the collation "C"; an index serves queries with lower(column).
    const collation = purpose === 'index' ? '' : ' collate "C"'
    const constant = foldedConstant(name as 'lower' | 'upper', value)
    return constant ?? text(`${name}(${asText(value)}${collation})`)
  },
}

const trimmed: FunctionTable[string] = {
  takes: [1, 2],
  print: (values, _, name) => text(`${name === 'trim' ? 'btrim' : name}(${values.map(asText).join(', ')})`),
}

const substr: FunctionTable[string] = { takes: [2, 3], print: (values, _, name) => printSubstr(values, name) }

/** A function that depends on the session. */
function unfixed(
  least: number,
  print: (values: readonly Printed[], name: string) => Printed,
): FunctionTable[string] {
  return {
    takes: { least },
    print(values, scope, name) {
      refuseFixed(scope, name)
      return print(values, name)
    },
  }
}

export const textFunctions: FunctionTable = {
  length: { takes: [1], print: ([value]) => integer(`length(${bytesOrText(value)})`) },
  octet_length: { takes: [1], print: ([value]) => integer(`octet_length(${bytesOrText(value)})`) },
  lower: folded,
  upper: folded,
  trim: trimmed,
  ltrim: trimmed,
  rtrim: trimmed,
  instr: { takes: [2], print: (values) => integer(`strpos(${values.map(asText).join(', ')})`) },
  replace: { takes: [3], print: (values) => text(`replace(${values.map(asText).join(', ')})`) },
  substr,
  substring: substr,
  hex: {
    takes: [1],
    print([value], scope, name) {
      if (value.kind !== 'bytea') refuseFixed(scope, name)
      const bytes = value.kind === 'bytea' ? value.sql : `convert_to(${asText(value)}, 'UTF8')`
      // SQLite returns the empty text for null.
      return text(`coalesce(upper(encode(${bytes}, 'hex')), '')`)
    },
  },
  char: {
    takes: { least: 1 },
    print(values, _, name) {
      const codes = values.map(({ constant, sql }) => Number(constant?.kind === 'integer' ? sql : 0))
      const isCharacter = (code: number) =>
        code > 0 && code <= 0x10_ff_ff && !(code >= 0xd800 && code < 0xe000)
      if (!codes.every(isCharacter)) throw new Untranslatable(`${name}() of numbers that are not constants`)
      return text(codes.map((code) => `chr(${code})`).join(' || '), codes.length === 1)
    },
  },
  unicode: { takes: [1], print: ([value]) => integer(`ascii(nullif(${asText(value)}, ''))`) },
  quote: {
    takes: [1],
    print([value], _, name) {
      const { kind, sql } = value
      if (kind === 'integer' || kind === 'boolean') return text(`coalesce(${asText(value)}, 'NULL')`)
      if (kind !== 'text') throw new Untranslatable(`${name}() of ${kind}`)
      return text(`coalesce('''' || replace(${sql}, '''', '''''') || '''', 'NULL')`)
    },
  },
  concat: unfixed(1, (values) => text(`concat(${values.map(asText).join(', ')})`)),
  concat_ws: unfixed(2, (values) => text(`concat_ws(${values.map(asText).join(', ')})`)),
  printf: unfixed(1, printFormat),
  format: unfixed(1, printFormat),
}

/** Prints substr(): a negative start counts from the end, a negative length takes the characters before the start. */
function printSubstr(values: readonly Printed[], name: string): Printed {
  const [value, from, count] = values as [Printed, Printed, Printed | undefined]
  if (value.kind === 'bytea') throw new Untranslatable(`${name}() of bytes`)
  const of = asText(value)
  const start = placeOf(from, name)
  const length = count === undefined ? null : placeOf(count, name)
  if (start.constant !== null && start.constant < 0 && length === null)
    return text(`right(${of}, ${-start.constant})`)
  const first =
    start.constant === null
      ? `case when ${start.sql} < 0 then length(${of}) + ${start.sql} + 1 else ${start.sql} end`
      : start.constant < 0
        ? `length(${of}) - ${-start.constant - 1}`
        : String(start.constant)
  if (length === null) return text(`substr(${of}, ${first})`)
  if (length.constant === null) {
    const back = `substr(${of}, ${start.constant === null ? `(${first})` : first} + ${length.sql}, -${length.sql})`
    const forward = `substr(${of}, ${first}, ${length.sql})`
    return text(`case when ${length.sql} < 0 then ${back} else ${forward} end`, false)
  }
  if (length.constant >= 0) return text(`substr(${of}, ${first}, ${length.constant})`)
  if (start.constant === null || start.constant < 1)
    throw new Untranslatable(`${name}() that goes back from the end`)
  return text(`substr(${of}, ${start.constant + length.constant}, ${-length.constant})`)
}

function placeOf(place: Printed, name: string): { sql: string; constant: number | null } {
  if (place.kind === 'parameter') return { sql: `${place.sql}::integer`, constant: null }
  const number = asNumber(place)
  if (number.kind !== 'integer') throw new Untranslatable(`${name}() at a position that is not an integer`)
  if (number.constant?.kind !== 'integer') return { sql: `${wrap(number)}::integer`, constant: null }
  const constant = Number(number.sql)
  if (Math.abs(constant) > 2 ** 30) throw new Untranslatable(`${name}() at a position beyond 32 bits`)
  return { sql: number.sql, constant }
}

/** Prints a constant format as concatenated texts (https://www.sqlite.org/printf.html). */
function printFormat(values: readonly Printed[], name: string): Printed {
  const [format, ...given] = values
  if (format?.constant?.kind !== 'string')
    throw new Untranslatable(`${name}() with a format that is not a constant`)
  const parts: string[] = []
  let next = 0
  const place = /%%|%([-0,]*)(\d*)(?:\.(\d+))?([a-zA-Z])|%|[^%]+/gs
  for (const [whole, flags, width = '', precision, letter] of format.constant.text.matchAll(place)) {
    if (whole === '%%') parts.push(`'%'`)
    else if (letter === undefined) {
      if (whole === '%') throw new Untranslatable(`${name}() with an open %`)
      parts.push(`'${whole.replaceAll("'", "''")}'`)
    } else {
      const value = given[next++]
      if (value === undefined) throw new Untranslatable(`${name}() with too few values`)
      parts.push(printPlace(value, letter, { flags: flags!, width: Number(width), precision }, name))
    }
  }
  if (parts.length === 0) return text(`''`)
  return text(parts.join(' || '), parts.length === 1)
}

type Place = { readonly flags: string; readonly width: number; readonly precision: string | undefined }

function printPlace(
  value: Printed,
  letter: string,
  { flags, width, precision }: Place,
  name: string,
): string {
  const isZeroed = flags.includes('0') && !flags.includes('-')
  const refuse = (): never => {
    throw new Untranslatable(`${name}() with %${flags}${letter} of ${value.kind}`)
  }
  const pad = (sql: string): string => {
    if (width === 0) return sql
    const side = flags.includes('-') ? 'rpad' : 'lpad'
    // SQLite counts the width in bytes.
    return `${side}(${sql}, greatest(0, ${width} - octet_length(${sql})) + length(${sql}))`
  }
  switch (letter) {
    case 's': {
      if (precision !== undefined) refuse()
      return pad(`coalesce(${asText(value)}, '')`)
    }
    case 'd':
    case 'i': {
      if (precision !== undefined) refuse()
      const number = asNumber(value)
      if (!isNumber(number.kind)) refuse()
      const whole = number.kind === 'integer' ? number.sql : `trunc(${number.sql})::bigint`
      const sql = `coalesce(${whole}, 0)`
      if (flags.includes(',')) return pad(`to_char(${sql}, 'FM999,999,999,999,999,999,990')`)
      if (!isZeroed || width === 0) return pad(`${sql}::text`)
      const digits = `ltrim(${sql}::text, '-')`
      return `case when ${sql} < 0 then '-' || lpad(${digits}, greatest(length(${digits}), ${width - 1}), '0') else lpad(${digits}, greatest(length(${digits}), ${width}), '0') end`
    }
    case 'x':
    case 'X': {
      const number = asNumber(value)
      if (number.kind !== 'integer' || precision !== undefined || flags !== '') refuse()
      const sql = `to_hex(coalesce(${number.sql}, 0)::bigint)`
      return pad(letter === 'x' ? sql : `upper(${sql})`)
    }
    case 'f': {
      const digits = Number(precision ?? 6)
      const number = asNumber(value)
      if (!isNumber(number.kind) || digits > 9 || isZeroed) refuse()
      const sql = `coalesce(${wrap(number)}::double precision, 0)`
      return pad(`(${textOfBinary(sql, digits, flags.includes(','))})`)
    }
    default:
      return refuse()
  }
}
