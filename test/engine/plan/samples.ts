import type { CatalogColumn } from '../../../src/engine/model/catalog.ts'
import type { ColumnCensus, TextForm } from '../../../src/engine/model/census.ts'
import type { ColumnFacts } from '../../../src/engine/plan/evidence/column-facts.ts'
import { usualOptions } from '../../support/plan-options.ts'
import { slowTimes } from '../../support/slow-times.ts'

/** SQLite's own rules: https://www.sqlite.org/datatype3.html#determination_of_column_affinity */
function affinityOf(declaredType: string): CatalogColumn['affinity'] {
  const type = declaredType.toUpperCase()
  if (type.includes('INT')) return 'integer'
  if (/CHAR|CLOB|TEXT/.test(type)) return 'text'
  if (type.includes('BLOB') || type === '') return 'blob'
  if (/REAL|FLOA|DOUB/.test(type)) return 'real'
  return 'numeric'
}

export function columnOf(declaredType: string, change: Partial<CatalogColumn> = {}): CatalogColumn {
  return {
    name: 'c',
    declaredType,
    affinity: affinityOf(declaredType),
    notNull: false,
    default: null,
    generated: null,
    collation: 'BINARY',
    ...change,
  }
}

const noForms: Record<TextForm, number> = {
  date: 0,
  instant: 0,
  'zoned-instant': 0,
  time: 0,
  whole: 0,
  decimal: 0,
  uuid: 0,
  json: 0,
  boolean: 0,
  empty: 0,
}

export function censusOf(
  change: Partial<Omit<ColumnCensus, 'textForms'>> & { forms?: Partial<Record<TextForm, number>> } = {},
): ColumnCensus {
  const { forms, ...rest } = change
  return {
    name: 'c',
    nulls: 0,
    integers: 0,
    reals: 0,
    texts: 0,
    blobs: 0,
    integerRange: null,
    realRange: null,
    wholeReals: 0,
    infinities: 0,
    maxCharacters: 0,
    maxTextBytes: 0,
    maxBlobBytes: 0,
    totalBytes: 0,
    textForms: { ...noForms, ...forms },
    possibleTimes: ['date', 'instant', 'zoned-instant', 'time'].reduce(
      (sum, form) => sum + (forms?.[form as TextForm] ?? 0),
      0,
    ),
    finerTimes: 0,
    hasInvalidTexts: false,
    nulTexts: 0,
    values: null,
    ...rest,
  }
}

export function integersOf(min: number | string, max: number | string, integers = 10): ColumnCensus {
  return censusOf({ integers, integerRange: { min: String(min), max: String(max) } })
}

/** The census of a few given values, made the slow, obvious way. */
export function censusOfValues(
  values: readonly (null | bigint | number | string | Uint8Array)[],
): ColumnCensus {
  const integers = values.filter((value) => typeof value === 'bigint')
  const reals = values.filter((value) => typeof value === 'number')
  const texts = values.filter((value) => typeof value === 'string')
  const blobs = values.filter((value) => value instanceof Uint8Array)
  const finite = reals.filter(Number.isFinite)
  const forms = { ...noForms }
  for (const text of texts) {
    for (const [form, pattern] of Object.entries(formPatterns)) {
      if (pattern.test(text)) forms[form as TextForm]++
    }
    if (isJsonContainer(text)) forms.json++
  }
  const sorted = integers.toSorted((a, b) => (a < b ? -1 : 1))
  const distinct = new Map<string, number>()
  for (const value of values) {
    if (value !== null) distinct.set(String(value), (distinct.get(String(value)) ?? 0) + 1)
  }
  return censusOf({
    nulls: values.filter((value) => value === null).length,
    integers: integers.length,
    reals: reals.length,
    texts: texts.length,
    blobs: blobs.length,
    integerRange: sorted.length === 0 ? null : { min: String(sorted[0]), max: String(sorted.at(-1)) },
    realRange: finite.length === 0 ? null : { min: Math.min(...finite), max: Math.max(...finite) },
    wholeReals: finite.filter(Number.isInteger).length,
    infinities: reals.length - finite.length,
    maxCharacters: Math.max(0, ...texts.map((text) => [...text].length)),
    maxTextBytes: Math.max(0, ...texts.map((text) => Buffer.byteLength(text))),
    maxBlobBytes: Math.max(0, ...blobs.map((blob) => blob.length)),
    totalBytes:
      texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) +
      blobs.reduce((sum, blob) => sum + blob.length, 0),
    ...slowTimes(texts),
    nulTexts: texts.filter((text) => text.includes('\0')).length,
    forms,
    values:
      distinct.size > 12
        ? null
        : [...distinct].map(([value, count]) => ({ value, count })).toSorted((a, b) => b.count - a.count),
  })
}

const formPatterns: Partial<Record<TextForm, RegExp>> = {
  date: /^\d{4}-\d\d-\d\d$/,
  instant: /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$/,
  'zoned-instant': /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z| ?UTC|[+-]\d\d(:?\d\d)?)$/,
  time: /^\d\d:\d\d(:\d\d(\.\d+)?)?$/,
  whole: /^-?\d+$/,
  decimal: /^-?\d*\.?\d+(e[+-]?\d+)?$/i,
  uuid: /^([0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i,
  boolean: /^(true|false|t|f|yes|no|y|n)$/i,
  empty: /^$/,
}

function isJsonContainer(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Of a column whose snapshot cannot be asked. */
export function factsOf(
  column: CatalogColumn,
  census: ColumnCensus,
  options: Partial<ColumnFacts['options']> = {},
  sample: string | null = null,
): ColumnFacts {
  return { column, census, options: { ...usualOptions, ...options }, sample, evidence: null }
}
