/**
 * Decides when two cells are the same id: by their text, where UUIDs are compared without case and dashes, and 16 bytes are the UUID that
 * they spell. Invariant: `idKeySql` and `idKeyOf` agree on which values are equal.
 */
import { isUtf8 } from 'node:buffer'
import { BLOB, type Cell, INTEGER, NULL, REAL } from '../../encode/cell/cell.ts'

/**
 * A SQL expression for a value's key as an id; null for null. The key begins with U: a UUID, T: other text or a whole number, R: another
 * REAL, B: other bytes.
 */
export function idKeySql(value: string): string {
  return `case typeof(${value})
    when 'text' then case
      when length(${value}) = 36 and ${value} glob '????????-????-????-????-????????????'
        and octet_length(unhex(${value}, '-')) = 16
        then 'U' || lower(replace(${value}, '-', ''))
      when length(${value}) = 32 and octet_length(unhex(${value})) = 16 then 'U' || lower(${value})
      else 'T' || ${value} end
    when 'integer' then 'T' || ${value}
    when 'real' then case when ${value} between -9007199254740992.0 and 9007199254740992.0 and ${value} = cast(${value} as integer)
      then 'T' || cast(${value} as integer) else 'R' || format('%!.17g', ${value}) end
    when 'blob' then case length(${value}) when 16 then 'U' else 'B' end || lower(hex(${value})) end`
}

const UUID = /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32})$/i

/** A cell's key as an id; '' for null, which is no id. */
export function idKeyOf(cell: Cell): string {
  switch (cell.storage) {
    case NULL:
      return ''
    case INTEGER:
      return `T${cell.integer()}`
    case REAL:
      return Number.isInteger(cell.number) && Math.abs(cell.number) <= 2 ** 53
        ? `T${BigInt(cell.number)}`
        : `R${cell.number}`
    case BLOB:
      return `${cell.end - cell.start === 16 ? 'U' : 'B'}${cell.buffer.toString('hex', cell.start, cell.end)}`
    default: {
      const bytes = cell.buffer.subarray(cell.start, cell.end)
      if (!isUtf8(bytes)) return `X${bytes.toString('hex')}`
      const text = bytes.toString()
      return UUID.test(text) ? `U${text.replaceAll('-', '').toLowerCase()}` : `T${text}`
    }
  }
}

/** The key of several cells, as `joinedKey` makes it in SQL; '' when any is null. */
export function idKeyOfAll(cells: readonly Cell[]): string {
  if (cells.length === 1) return idKeyOf(cells[0]!)
  let key = ''
  for (const cell of cells) {
    const part = idKeyOf(cell)
    if (part === '') return ''
    key += `${part.replaceAll('\\', '\\\\').replaceAll(',', '\\,')},`
  }
  return key
}
