/**
 * Compares every value that a loader wrote with the source, by code of its own: rows are read in key order from SQLite and from
 * PostgreSQL's text COPY, and each pair of values is compared by meaning. Shares nothing with the engine's encoders.
 */
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { openReadOnly } from '../src/engine/source/base/sqlite.ts'
import type { BenchTable, ValueKind } from './data.ts'

export type Equality = {
  readonly equal: boolean
  readonly rows: number
  readonly differingCells: number
  /** The first difference, or the reason why nothing could be compared. */
  readonly example: string | null
}

export async function compareTable(file: string, url: string, table: BenchTable): Promise<Equality> {
  const { name, columns } = table
  const list = columns.map((column) => `"${column.name}"`).join(', ')
  const db = openReadOnly(file)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query("set timezone = 'UTC'")
    const stream = client.query(copyTo(`copy (select ${list} from public."${name}" order by id) to stdout`))
    const source = db.prepare(`select ${list} from "${name}" order by id`).raw().safeIntegers().iterate()
    let rows = 0
    let differingCells = 0
    let example: string | null = null
    for await (const line of linesOf(stream)) {
      rows++
      const { value: expected, done } = source.next() as { value: unknown[]; done?: boolean }
      if (done === true) continue
      const found = line.split('\t')
      for (const [at, column] of columns.entries()) {
        if (isSame(column.kind, expected[at], found[at]!)) continue
        differingCells++
        example ??= `${name}.${column.name}: ${String(expected[at])} became ${found[at]}`
      }
    }
    source.return?.()
    if (rows !== table.rows) example ??= `${name}: ${rows} of ${table.rows} rows`
    return { equal: differingCells === 0 && rows === table.rows, rows, differingCells, example }
  } finally {
    await client.end()
    db.close()
  }
}

async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of stream) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const end = bytes.lastIndexOf(10)
    rest = bytes.subarray(end + 1)
    if (end >= 0) yield* bytes.toString('utf8', 0, end).split('\n')
  }
}

/** `found` is a field of COPY's text format (https://www.postgresql.org/docs/current/sql-copy.html). */
function isSame(kind: ValueKind, expected: unknown, found: string): boolean {
  if (expected === null || found === '\\N') return expected === null && found === '\\N'
  switch (kind) {
    case 'integer':
      return String(expected) === found
    case 'text':
      return expected === unescapeField(found)
    case 'decimal':
      return plainDecimal(String(expected)) === plainDecimal(found)
    case 'instant':
      return microseconds(String(expected)) === microseconds(found)
    case 'json': {
      const text = unescapeField(found)
      return JSON.stringify(JSON.parse(String(expected))) === JSON.stringify(JSON.parse(text))
    }
    default:
      return kind satisfies never
  }
}

function unescapeField(field: string): string {
  if (!field.includes('\\')) return field
  const letters: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }
  return field.replaceAll(/\\(.)/gs, (_, letter: string) => letters[letter] ?? letter)
}

/** Digits without trailing zeros: 1.50 and 1.5 are equal, 65432.125 and 65432.123456 are not. */
function plainDecimal(text: string): string {
  const plain = withoutExponent(text)
  return plain.includes('.') ? plain.replace(/\.?0+$/, '') : plain
}

/** `7.715e-05` → `0.00007715`, digit by digit, since a number would have other digits. */
function withoutExponent(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?e([-+]?\d+)$/i.exec(text)
  if (match === null) return text
  const [, sign = '', whole = '', fraction = '', exponent = ''] = match
  const point = whole.length + Number(exponent)
  const digits = `${'0'.repeat(Math.max(0, 1 - point))}${whole}${fraction}`.padEnd(Math.max(point, 1), '0')
  const end = Math.max(point, 1)
  return digits.length === end ? `${sign}${digits}` : `${sign}${digits.slice(0, end)}.${digits.slice(end)}`
}

function microseconds(text: string): string {
  const match = /^(.{10})[T ](.{8})(?:\.(\d+))?(Z|[+-]\d\d(?::?\d\d)?)$/.exec(text)
  if (match === null) return `not an instant: ${text}`
  const [, date, time, fraction = '', zone = ''] = match
  const offset = /^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone
  return `${Date.parse(`${date}T${time}${offset}`)}.${fraction.padEnd(6, '0')}`
}
