import { Cell } from '../../encode/cell/cell.ts'
import type { CatalogColumn } from '../../model/catalog.ts'

/**
 * Returns the value of a column in rows that were written before the column was added (https://www.sqlite.org/lang_altertable.html, "ALTER
 * TABLE ADD COLUMN"): its default, with its affinity applied (https://www.sqlite.org/datatype3.html, §3). Invariant: only for literals that
 * every version of SQLite reads alike; for anything else null, and the reader of such a row must not guess.
 */
export function addedColumnValue(column: CatalogColumn): Cell | null {
  if (column.generated !== null) return null
  const text = column.default?.trim() ?? 'null'
  const { affinity } = column
  const cell = new Cell()
  if (/^null$/i.test(text)) return cell
  if (/^(true|false)$/i.test(text))
    return affinity === 'text' ? null : integerOf(cell, text.length === 4 ? 1n : 0n, affinity)
  if (/^x'([0-9a-f]{2})*'$/i.test(text)) {
    const bytes = Buffer.from(text.slice(2, -1), 'hex')
    cell.setBlob(bytes, 0, bytes.length)
    return cell
  }
  if (/^'([^']|'')*'$/.test(text)) return textOf(cell, text.slice(1, -1).replaceAll("''", "'"), affinity)
  if (/^"([^"]|"")*"$/.test(text)) return textOf(cell, text.slice(1, -1).replaceAll('""', '"'), affinity)
  if (/^[+-]?\d{1,19}$/.test(text)) {
    const value = BigInt(text.replace('+', ''))
    return BigInt.asIntN(64, value) === value ? integerOf(cell, value, affinity) : null
  }
  return realOf(cell, text, affinity)
}

type Affinity = CatalogColumn['affinity']

function integerOf(cell: Cell, value: bigint, affinity: Affinity): Cell {
  if (affinity === 'text') return textOf(cell, value.toString(), affinity)!
  if (affinity === 'real') cell.setReal(Number(value))
  else cell.setBigInteger(value)
  return cell
}

/** Under a numeric affinity, text that looks like a number becomes one; accepted here only when the result is certain. */
function textOf(cell: Cell, text: string, affinity: Affinity): Cell | null {
  if (affinity !== 'text' && affinity !== 'blob') {
    if (/^-?\d{1,15}$/.test(text)) return integerOf(cell, BigInt(text), affinity)
    if (text !== '' && !NO_NUMBER.test(text)) return null
  }
  // The catalog is text, in which bytes that were not UTF-8 have been replaced.
  if (text.includes('\ufffd')) return null
  const bytes = Buffer.from(text, 'utf8')
  cell.setText(bytes, 0, bytes.length)
  return cell
}

/** What no number has as SQLite converts text: letters other than of an exponent, marks of dates and of JSON, a sign after a digit. */
const NO_NUMBER = /^[a-z]|[^-+.\deE\s]|\d[-+]/i

/**
 * Accepts decimals of up to 15 digits, which any arithmetic reads as the same double; whole ones are integers under INTEGER and NUMERIC.
 */
function realOf(cell: Cell, text: string, affinity: Affinity): Cell | null {
  if (affinity === 'text' || !/^[+-]?\d{1,15}\.\d{0,14}$/.test(text) || text.length > 17) return null
  const value = Number(text)
  if (Object.is(value, -0)) return null
  if (affinity !== 'real' && affinity !== 'blob' && Number.isInteger(value)) cell.setInteger(value)
  else cell.setReal(value)
  return cell
}
