/**
 * Generates values on which the two dialects differ: other case, halves, zero, negative numbers, text that begins with a number.
 * Invariant: values that the column cannot hold on both sides are dropped when they are inserted.
 */
import type { SourceValue } from '../../rows/meaning/source-value.ts'
import type { KnownColumn } from './known-tables.ts'

export function otherCase(text: string): string {
  const upper = text.toUpperCase()
  return upper === text ? text.toLowerCase() : upper
}

function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase()
}

const timeText = /^\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d.*)?$/

/** Whether all values but nulls are dates or times as text, whose order is the same in every collation. */
export function areTimes(values: readonly SourceValue[]): boolean {
  const texts = values.filter((value) => value !== null)
  return texts.length > 0 && texts.every((value) => typeof value === 'string' && timeText.test(value))
}

/** Returns values to add to the existing ones. `known`: values of the column and the statement's constants. */
export function trialValues(column: KnownColumn, known: readonly SourceValue[]): SourceValue[] {
  const { target } = column
  const nulls: SourceValue[] = column.notNull ? [] : [null]
  switch (target?.conversion.kind) {
    case 'text':
      if (areTimes(known)) return nulls
      return [...nulls, ...twinValues(column, known), ...textValues(known, target.conversion.maxCharacters)]
    case 'integer':
      return [...nulls, 0n, 1n, -7n, 7n, 2n, 3n, 10n, BEYOND_FLOAT4]
    case 'double':
      return [...nulls, 0, 0.5, 1.5, 2.5, -2.5, 2.675, 3, -7.7, 7.7, 1e-7, ...WRITTEN_OTHERWISE]
    case 'numeric':
      return [...nulls, 0n, 0.5, 1.5, 2.5, -2.5, 2.675, 2.65, 3n, -7.7, 7.7, 7n, 1e-7]
    case 'boolean':
      return [...nulls, ...(target.conversion.form === 'integer' ? [0n, 1n] : [])]
    default:
      return nulls
  }
}

/** The first integer that a 32-bit float cannot hold; also large enough that a shift by six bits is not zero. */
const BEYOND_FLOAT4 = 16_777_217n

/** Reals that the two dialects write differently as text: one with 17 digits, one with more than 15 before the point. */
const WRITTEN_OTHERWISE = [1 / 3, 1e15]

/** For a column without a type that holds numbers: numbers that are spelled like its texts, and texts spelled like its numbers. */
function twinValues({ affinity }: KnownColumn, known: readonly SourceValue[]): SourceValue[] {
  const numbers = known.filter((value) => typeof value === 'bigint' || typeof value === 'number')
  if (affinity !== 'blob' || numbers.length === 0) return []
  const spelled = known.filter((value) => typeof value === 'string' && /^\d{1,15}$/.test(value))
  return [...spelled.map((value) => BigInt(String(value))), ...numbers.map(String)]
}

function textValues(known: readonly SourceValue[], most: number | null): string[] {
  const texts = known.filter((value) => typeof value === 'string')
  const cased = texts.slice(0, 6).flatMap((text) => [otherCase(text), capitalized(text)])
  const around = texts.slice(0, 3).flatMap((text) => [`x${text}`, `${text}x`, ` ${text}`, `${text} `])
  const first = ['', 'É', 'é', 'a', 'A', 'B', 'b', '12abc']
  const more = ['5', '1.5', 'abc', 'Z', 'a-b', 'ab', 'a_b', '%', '_']
  const all = [...new Set([...first, ...cased, ...more, ...around])].filter((text) => !texts.includes(text))
  return most === null ? all : all.filter((text) => [...text].length <= most)
}
