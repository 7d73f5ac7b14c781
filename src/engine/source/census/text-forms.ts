/**
 * The forms of text that the census counts, as SQL conditions. Invariant: a text with U+0000 has no form, although GLOB and
 * json_valid stop at it (https://www.sqlite.org/nulinstr.html); callers that may meet one say so.
 */
import type { TextForm } from '../../model/census.ts'

export const textForms: readonly TextForm[] = [
  'date',
  'instant',
  'zoned-instant',
  'time',
  'whole',
  'decimal',
  'uuid',
  'json',
  'boolean',
  'empty',
]

/** What is known of a column's texts beforehand, to leave out forms that none can have. */
export type TextBounds = {
  /** Of the longest text. */
  readonly characters: number
  /** First byte of the smallest and of the largest text in binary order; -1 for the empty text. */
  readonly first: { readonly least: number; readonly most: number } | null
}

const D = '[0-9]'
const DATE = `${D}${D}${D}${D}-${D}${D}-${D}${D}`
const MINUTES = `${D}${D}:${D}${D}`
const UUID = [8, 4, 4, 4, 12].map((digits) => '?'.repeat(digits)).join('-')

/** Shortest text of a form, and the characters that it can begin with. */
const needs: Readonly<Record<TextForm, { readonly characters: number; readonly first: string }>> = {
  date: { characters: 10, first: '0123456789' },
  instant: { characters: 16, first: '0123456789' },
  'zoned-instant': { characters: 15, first: '0123456789/FMSTW' },
  time: { characters: 5, first: '0123456789' },
  whole: { characters: 1, first: '-0123456789' },
  decimal: { characters: 1, first: '-0123456789' },
  uuid: { characters: 32, first: '0123456789abcdefABCDEF' },
  json: { characters: 2, first: '{[ \t\n\r' },
  boolean: { characters: 1, first: 'tTfFyYnNoO' },
  empty: { characters: 0, first: '' },
}

export function isPossible(form: TextForm, bounds: TextBounds): boolean {
  const { characters, first } = needs[form]
  if (bounds.characters < characters) return false
  if (bounds.first === null) return true
  const { least, most } = bounds.first
  if (form === 'empty') return least === -1
  return Array.from(first, (character) => character.charCodeAt(0)).some(
    (code) => code >= least && code <= most,
  )
}

/**
 * Forms that a text may have besides the one given. All others are excluded by it: a number is no date, and so on.
 * `characters` of the longest text: only a long one is a number and a UUID.
 */
export function alsoPossible(form: TextForm, characters: number): readonly TextForm[] {
  const long = characters >= 32
  if (form === 'whole') return long ? ['uuid'] : []
  if (form === 'decimal') return long ? ['whole', 'uuid'] : ['whole']
  if (form === 'uuid') return ['whole', 'decimal']
  return []
}

/** `text` is SQL of class TEXT or null; `length` returns SQL of its count of characters, or of bytes where those are the same. */
export function formCondition(form: TextForm, text: string, length: (text: string) => string): string {
  const all = length(text)
  switch (form) {
    case 'date':
      return `${all} = 10 and ${text} glob '${DATE}'`
    case 'instant':
      return `${all} between 16 and 64 and ${text} glob '${DATE}[T ]${MINUTES}*' and ${endsInSeconds(text, 16, all)}`
    case 'zoned-instant':
      return (
        `(${all} between 17 and 64 and ${text} glob '${DATE}[T ]${MINUTES}*' and ${isZoned(`substr(${text}, 17)`)} ` +
        `or ${all} between 15 and 128 and (${text} glob '[/FMSTW]*' or ${all} > 32) and ${isWorded(text)})`
      )
    case 'time':
      return `${all} between 5 and 64 and ${text} glob '${MINUTES}*' and ${endsInSeconds(text, 5, all)}`
    case 'whole':
      return isWhole(text)
    case 'decimal':
      return isDecimal(text)
    case 'uuid':
      // unhex() is several times faster than GLOB with as many classes.
      return (
        `(${all} = 36 and octet_length(unhex(${text}, '-')) = 16 and ${text} glob '${UUID}' ` +
        `or ${all} = 32 and unhex(${text}) is not null)`
      )
    case 'json':
      return `${text} glob '[[{ ${'\t\n\r'}]*' and ltrim(${text}, ' ${'\t\n\r'}') glob '[[{]*' and json_valid(${text})`
    case 'boolean':
      return `${all} between 1 and 5 and lower(${text}) in ('true', 'false', 't', 'f', 'yes', 'no', 'y', 'n', 'on', 'off')`
    case 'empty':
      return `${all} = 0`
    default:
      return form satisfies never
  }
}

function isWhole(text: string): string {
  return `${text} glob '[-0-9]*' and instr(${text}, '.') = 0 and not substr(${text}, 2) glob '*[^0-9]*' and ${text} <> '-'`
}

/** Well-formed for SQLite, which also takes blanks around it, a plus, and a point without digits on both sides: those are not ours. */
function isDecimal(text: string): string {
  const noBareFraction = ['.e', '.E', '-.'].map((bare) => `instr(${text}, '${bare}') = 0`)
  return (
    `${text} glob '[-0-9]*' and cast(${text} as numeric) = ${text} ` +
    `and substr(${text}, -1) between '0' and '9' and ${noBareFraction.join(' and ')}`
  )
}

/** As `isoOfWords` reads it, except that names of days and months, and what Go's clock says, are not checked. */
function isWorded(text: string): string {
  const [word, clock, offset] = ['[A-Z][a-z][a-z]', `${MINUTES}:${D}${D}`, `[+-]${D}${D}${D}${D}`]
  const year = `${D}${D}${D}${D}`
  const zone = (of: string): string => `(${of} in ('GMT', 'UTC') or ${of} glob '${offset}')`
  const mail = `${text} glob '${word}, ${D}* ${word} ${year} ${clock} *' and instr(${text}, ':') in (19, 20) and ${zone(`substr(${text}, instr(${text}, ':') + 7)`)}`
  const unix = `${text} glob '${word} ${word} [ 0-9]${D} ${clock} * ${year}' and ${zone(`substr(${text}, 21, length(${text}) - 25)`)}`
  const script = `${text} glob '${word} ${word} ${D}${D} ${year} ${clock} GMT${offset}*' and (length(${text}) = 33 or ${text} glob '* (?*)')`
  const go = `${text} glob '${DATE} ${clock}* ${offset} * m=[+-]${D}*'`
  const net = `${text} glob '/Date([-0-9]*)/' and not substr(${text}, 8) glob '*[^-+0-9)/]*'`
  return `case when substr(${text}, 1, 3) in ('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun') then ${mail} or ${unix} or ${script} else ${net} or ${go} end`
}

/** After `at` characters: nothing, or seconds with or without a fraction, up to the end. */
function endsInSeconds(text: string, at: number, all: string): string {
  return (
    `(${all} = ${at} or substr(${text}, ${at + 1}, 3) glob ':${D}${D}' and (${all} = ${at + 3} or ` +
    `${all} > ${at + 4} and substr(${text}, ${at + 4}, 1) in ('.', ',') and not substr(${text}, ${at + 5}) glob '*[^0-9]*'))`
  )
}

/** Nothing, or seconds with or without a fraction. */
function isSeconds(rest: string): string {
  return (
    `(${rest} = '' or ${rest} glob ':${D}${D}' ` +
    `or ${rest} glob ':${D}${D}[.,]${D}*' and not substr(${rest}, 5) glob '*[^0-9]*')`
  )
}

/** `isSeconds`, then Z, UTC or an offset. */
function isZoned(rest: string): string {
  const ends: readonly (readonly [string, number])[] = [
    ['[Zz]', 1],
    [' UTC', 4],
    [`[+-]${D}${D}:${D}${D}`, 6],
    [`[+-]${D}${D}${D}${D}`, 5],
    [`[+-]${D}${D}`, 3],
  ]
  const branches = ends.map(
    ([pattern, width]) =>
      `when ${rest} glob '*${pattern}' then ${isSeconds(`rtrim(substr(${rest}, 1, length(${rest}) - ${width}), ' ')`)}`,
  )
  // Go's Time.String: an offset between blanks, then the zone's name.
  const name = `substr(${rest}, instr(${rest}, ' ') + 7)`
  const isName =
    `length(${name}) between 2 and 5 and (length(${name}) > 2 and not ${name} glob '*[^A-Z]*' or ${name} glob '[+-]*' and not substr(${name}, 2) glob '*[^0-9]*') ` +
    `and (${name} <> 'UTC' or ${rest} glob '* [+-]0000 *')`
  const go = `when ${rest} glob '* [+-]${D}${D}${D}${D} ?*' then ${isSeconds(`substr(${rest}, 1, instr(${rest}, ' ') - 1)`)} and substr(${rest}, instr(${rest}, ' ') + 1) glob '[+-]${D}${D}${D}${D} *' and ${isName}`
  return `case ${go} ${branches.join(' ')} else 0 end`
}
