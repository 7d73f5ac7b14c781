import { quoteLiteral } from '../../syntax/postgres-names.ts'
import type { Expression } from '../tree/expression.ts'
import {
  type Kind,
  type Printed,
  type Printer,
  type Scope,
  type ScopeColumn,
  Untranslatable,
} from '../tree/scope.ts'
import { constantPath, inside, pathOfPlace, stepsOf } from './json-path.ts'
import { valueOfAnyType } from './json-value.ts'
import { asText, spelledTime, wrap } from './printed.ts'

/**
 * Prints SQLite's JSON functions (https://www.sqlite.org/json1.html) as PostgreSQL's operators. Invariant: an extracted value has the one
 * type that all values of the column have at the path; when they have several, it is Untranslatable.
 */

const ofValues = new Set(['json_extract', 'json_array_length', 'json_type', 'json'])
const outsideOfViews = new Set(['json_type', 'json_array_length', 'json_extract'])
const making = new Set(['json_object', 'json_array', 'json_set', 'json_remove'])

export function isJsonFunction(name: string): boolean {
  return ofValues.has(name) || making.has(name)
}

/** Throws Untranslatable. */
export function printJsonFunction(
  name: string,
  args: readonly Expression[],
  scope: Scope,
  printer: Printer,
): Printed {
  if (scope.purpose !== 'view' && !outsideOfViews.has(name))
    throw new Untranslatable(`the function ${name}()`)
  const [given, path, ...more] = args
  if (making.has(name)) return printMade(name, args, scope, printer)
  if (given === undefined || more.length > 0)
    throw new Untranslatable(`${name}() with ${args.length} arguments`)
  const document = printer.value(given, scope)
  const steps = path === undefined ? [] : stepsOf(constantPath(path))
  const at = inside(jsonOf(document), steps)
  switch (name) {
    case 'json_extract':
      return valueAt(document, steps, path === undefined ? '$' : constantPath(path), scope)
    case 'json_array_length': {
      const counted = `case jsonb_typeof(${at}) when 'array' then jsonb_array_length(${at}) else 0 end`
      return { sql: `case when ${at} is not null then ${counted} end`, kind: 'integer', atom: false }
    }
    case 'json_type': {
      const number = `case when (${at})::text ~ '[.eE]' then 'real' else 'integer' end`
      const sql = `case jsonb_typeof(${at}) when 'string' then 'text' when 'number' then ${number} when 'boolean' then (${at})::text else jsonb_typeof(${at}) end`
      return { sql, kind: 'text', atom: false }
    }
    default:
      return { sql: at, kind: 'json', atom: false }
  }
}

/** Prints `->` and `->>` with a path, a label or an array index. Throws Untranslatable. */
export function printJsonArrow(
  operator: '->' | '->>',
  documentOf: Expression,
  place: Expression,
  scope: Scope,
  printer: Printer,
): Printed {
  if (scope.purpose !== 'view' && operator === '->') throw new Untranslatable('the operator ->')
  const path = pathOfPlace(place)
  const document = printer.value(documentOf, scope)
  const steps = stepsOf(path)
  if (operator === '->>') return valueAt(document, steps, path, scope)
  return { sql: inside(jsonOf(document), steps), kind: 'json', atom: false }
}

/** Returns the document as jsonb. */
function jsonOf(document: Printed): string {
  const { kind, sql, column } = document
  if (kind === 'json' && (column === undefined || column.type === 'jsonb')) return wrap(document)
  if (kind !== 'json' && kind !== 'text' && kind !== 'parameter')
    throw new Untranslatable(`JSON in a value of type ${kind}`)
  return document.atom ? `${sql}::jsonb` : `(${sql})::jsonb`
}

function valueAt(document: Printed, steps: readonly string[], path: string, scope: Scope): Printed {
  if (scope.purpose !== 'view') return valueOfAnyType(document, steps, scope)
  const types = document.column?.jsonTypes?.(path, 'at')
  if (types === undefined)
    throw new Untranslatable('values extracted from JSON, whose type differs from row to row')
  const json = jsonOf(document)
  return valueOfTypes(types, inside(json, steps), inside(json, steps, '#>>'))
}

/** `asJson`, `asPlain`: the same value as JSON and as text. */
function valueOfTypes(types: ReadonlySet<string>, asJson: string, asPlain: string): Printed {
  const are = (...names: readonly string[]) =>
    [...types].every((type) => type === 'null' || names.includes(type))
  if (are('text')) return { sql: asPlain, kind: 'text', atom: false }
  if (are('integer')) return { sql: `(${asPlain})::bigint`, kind: 'integer', atom: true }
  if (are('integer', 'real'))
    return { sql: `(${asPlain})::double precision`, kind: 'double', atom: true, mayBeWhole: true }
  if (are('true', 'false')) return { sql: `(${asPlain})::boolean`, kind: 'boolean', atom: true }
  if (are('array', 'object')) return { sql: `nullif(${asJson}, 'null')`, kind: 'json', atom: true }
  throw new Untranslatable('values extracted from JSON, whose type differs from row to row')
}

function printMade(name: string, args: readonly Expression[], scope: Scope, printer: Printer): Printed {
  const values = args.map((argument) => printer.value(argument, scope))
  const json = (sql: string): Printed => ({ sql, kind: 'json', atom: true })
  if (name === 'json_array') return json(`jsonb_build_array(${values.map(jsonValue).join(', ')})`)
  if (name === 'json_object') {
    return json(
      `jsonb_build_object(${values.map((value, at) => (at % 2 === 0 ? asText(value) : jsonValue(value))).join(', ')})`,
    )
  }
  const [document, ...rest] = values
  if (document === undefined || args.length < 2)
    throw new Untranslatable(`${name}() with ${args.length} arguments`)
  const place = (at: number): string => {
    const steps = stepsOf(constantPath(args[at]!))
    if (steps.length === 0 || steps.some((step) => /^-?\d+$/.test(step)))
      throw new Untranslatable(`${name}() at an array element`)
    return quoteLiteral(`{${steps.map((step) => (/^\w+$/.test(step) ? step : `"${step}"`)).join(',')}}`)
  }
  if (name === 'json_remove') {
    return json(`(${rest.reduce((sql, _, at) => `${sql} #- ${place(at + 1)}`, jsonOf(document))})`)
  }
  let sql = jsonOf(document)
  for (let at = 1; at + 1 < args.length; at += 2)
    sql = `jsonb_set(${sql}, ${place(at)}, ${asMember(values[at + 1]!)})`
  return json(sql)
}

/** Returns the value as jsonb, with null as JSON's null. */
function asMember(value: Printed): string {
  if (value.kind === 'json') return wrap(value)
  return `coalesce(to_jsonb(${value.kind === 'text' ? `${wrap(value)}::text` : jsonValue(value)}), 'null')`
}

/** Returns a value as SQLite puts it into JSON: booleans as 0 and 1, times as text. */
export function jsonValue(value: Printed): string {
  switch (value.kind) {
    case 'boolean':
      return `${wrap(value)}::integer`
    case 'integer':
    case 'double':
    case 'numeric':
    case 'null':
    case 'json':
      return value.sql
    case 'text':
      return value.constant === undefined ? value.sql : `${value.sql}::text`
    default: {
      const spelled = spelledTime(value)
      if (spelled === null) throw new Untranslatable(`a value of type ${value.kind} in JSON`)
      return spelled
    }
  }
}

type JsonRows = {
  readonly sql: string
  readonly columns: readonly { readonly name: string; readonly printed: Printed }[]
}

/** Prints `json_each(document, path)` in FROM: its rows, and the columns `key`, `value` and `atom`. Throws Untranslatable. */
export function printJsonEach(document: Printed, path: string): JsonRows {
  const { column, kind, constant } = document
  if (kind === 'parameter')
    return membersOf(`jsonb_array_elements(${inside(jsonOf(document), stepsOf(path))})`)
  const jsonTypes = constant?.kind === 'string' ? typesIn(constant.text, path) : column?.jsonTypes
  const [containers, types] = [jsonTypes?.(path, 'at'), jsonTypes?.(path, 'in')]
  if (containers === undefined || types === undefined)
    throw new Untranslatable('rows from JSON that is not a column')
  const isOf = (type: string) => [...containers].every((one) => one === type || one === 'null')
  const isArray = isOf('array')
  if (!isArray && !isOf('object')) throw new Untranslatable('rows from JSON of several shapes')
  const json = inside(jsonOf(document), stepsOf(path))
  const type = isArray ? 'array' : 'object'
  const none = isArray ? '[]' : '{}'
  const single = isArray ? ` when 'null' then '[null]'` : ''
  const sound = `case jsonb_typeof(${json}) when '${type}' then ${json}${single} else '${none}' end`
  const value = valueOfTypes(types, 'part.value', `part.value #>> '{}'`)
  const key = isArray ? '(part.place - 1)' : 'part.key'
  const from = isArray
    ? `jsonb_array_elements(${sound}) with ordinality as part (value, place)`
    : `jsonb_each(${sound}) as part`
  const { constant: _, ...plain } = value
  return rowsOfJson(from, [key, isArray ? 'integer' : 'text'], plain)
}

/** Returns the types in a constant JSON array; undefined for any other document. */
function typesIn(text: string, path: string): ScopeColumn['jsonTypes'] {
  const members = path === '$' && /^\s*\[/.test(text) ? parsedJson(text) : null
  if (!Array.isArray(members)) return undefined
  const ofNumber = /[.eE]/.test(text) ? 'real' : 'integer'
  const types = members.map((member: unknown) => {
    if (member === null) return 'null'
    if (typeof member === 'number') return ofNumber
    return typeof member === 'string' ? 'text' : typeof member === 'boolean' ? String(member) : 'object'
  })
  return (_, where) => new Set(where === 'at' ? ['array'] : types)
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // JSON5, or not JSON at all.
    return null
  }
}

/** Returns the members of an array passed as a parameter, whose type depends on what they are compared with. */
function membersOf(elements: string): JsonRows {
  const value = { sql: `part.value #>> '{}'`, kind: 'text', atom: false, isMember: true } as const
  return rowsOfJson(
    `${elements} with ordinality as part (value, place)`,
    ['(part.place - 1)', 'integer'],
    value,
  )
}

function rowsOfJson(from: string, [key, ofKey]: readonly [string, Kind], value: Printed): JsonRows {
  const named = (name: string, printed: Printed) => ({ name, printed: { ...printed, sql: name, atom: true } })
  return {
    sql: `select ${key} as key, ${value.sql} as value, ${value.sql} as atom from ${from}`,
    columns: [
      named('key', { sql: key, kind: ofKey, atom: true }),
      named('value', value),
      named('atom', value),
    ],
  }
}
