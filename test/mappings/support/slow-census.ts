/** The census of a table, counted value by value: slow and obvious. */
import type Database from 'better-sqlite3'
import type { Catalog } from '../../../src/engine/model/catalog.ts'
import type { Census, ColumnCensus, TextForm } from '../../../src/engine/model/census.ts'
import { slowTimes } from '../../support/slow-times.ts'

const forms: Readonly<Record<TextForm, (text: string) => boolean>> = {
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text),
  instant: (text) => /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?$/.test(text),
  'zoned-instant': (text) =>
    /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)? ?(Z|UTC|[+-]\d\d(:?\d\d)?)$/.test(text),
  time: (text) => /^\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text),
  whole: (text) => /^-?\d+$/.test(text),
  decimal: (text) => /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text),
  uuid: (text) => /^([0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.test(text),
  json: (text) => /^\s*[[{]/.test(text) && isJson(text),
  boolean: (text) => /^(true|false|t|f|yes|no|y|n)$/i.test(text),
  empty: (text) => text === '',
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

export function countValues(db: Database.Database, catalog: Catalog): Census {
  return {
    database: catalog.database,
    encoding: catalog.encoding,
    tables: catalog.tables
      .filter(({ kind, module }) => kind === 'table' || module === 'rtree')
      .map((table) => {
        const rows = db.prepare(`select * from "${table.name}"`).safeIntegers().raw().all() as unknown[][]
        const range =
          table.key.kind === 'rowid' && rows.length > 0
            ? (db
                .prepare(`select min(rowid), max(rowid) from "${table.name}"`)
                .safeIntegers()
                .raw()
                .get() as bigint[])
            : null
        return {
          table: table.name,
          rows: rows.length,
          rowids: range === null ? null : { min: String(range[0]), max: String(range[1]) },
          columns: table.columns.map(({ name }, index) =>
            countColumn(
              name,
              rows.map((row) => row[index]),
            ),
          ),
        }
      }),
  }
}

function countColumn(name: string, values: readonly unknown[]): ColumnCensus {
  const integers = values.filter((value) => typeof value === 'bigint')
  const sortedIntegers = [...integers].sort((a, b) => (a < b ? -1 : 1))
  const reals = values.filter((value) => typeof value === 'number')
  const texts = values.filter((value) => typeof value === 'string')
  const blobs = values.filter((value) => Buffer.isBuffer(value))
  const finite = reals.filter(Number.isFinite)
  const counts = new Map<string, number>()
  for (const value of values)
    if (value !== null) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1)
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  const bytes = (text: string): number => Buffer.byteLength(text)
  const most = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b), 0)
  return {
    name,
    nulls: values.filter((value) => value === null).length,
    integers: integers.length,
    reals: reals.length,
    texts: texts.length,
    blobs: blobs.length,
    integerRange:
      integers.length === 0
        ? null
        : {
            min: String(sortedIntegers[0]),
            max: String(sortedIntegers.at(-1)),
          },
    realRange:
      finite.length === 0
        ? null
        : { min: finite.reduce((a, b) => Math.min(a, b)), max: finite.reduce((a, b) => Math.max(a, b)) },
    wholeReals: finite.filter(Number.isInteger).length,
    infinities: reals.length - finite.length,
    maxCharacters: most(texts.map((text) => [...text].length)),
    maxTextBytes: most(texts.map(bytes)),
    maxBlobBytes: most(blobs.map((blob) => blob.length)),
    totalBytes:
      texts.reduce((sum, text) => sum + bytes(text), 0) + blobs.reduce((sum, blob) => sum + blob.length, 0),
    textForms: Object.fromEntries(
      Object.entries(forms).map(([form, test]) => [form, texts.filter(test).length]),
    ) as Record<TextForm, number>,
    ...slowTimes(texts),
    hasInvalidTexts: texts.some((text) => text.includes('\0')),
    nulTexts: texts.filter((text) => text.includes('\0')).length,
    values: sorted.length > 12 ? null : sorted.map(([value, count]) => ({ value, count })),
  }
}
