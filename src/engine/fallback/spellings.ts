/**
 * The old layout's spelling of enumeration values: PostgreSQL has one spelling of each value; the file may have had another, or several.
 * Invariant: the returned spelling encodes to the same value again.
 */
import { ByteWriter } from '../encode/cell/byte-writer.ts'
import { Cell } from '../encode/cell/cell.ts'
import { FIRST_REJECT } from '../encode/cell/conversion-encoder.ts'
import { fillFromStored } from '../encode/cell/stored-cell.ts'
import { cellEncoderOf } from '../encode/conversions/cell-encoder.ts'
import type { Conversion } from '../model/conversion.ts'
import type { CopyPlan } from '../model/plan.ts'
import type { StoredCell } from '../model/storage.ts'
import { type Cells, isSameStored } from './cells.ts'
import type { OldTable } from './old-table.ts'

type Enumeration = { readonly column: string; readonly encode: (cell: StoredCell) => string | null }

export class Spellings {
  readonly #table: OldTable
  readonly #enumerations: readonly Enumeration[]
  /** The most frequent spelling of each value, by column; read when first needed. */
  readonly #known = new Map<string, ReadonlyMap<string, string>>()

  constructor(table: OldTable, { columns }: CopyPlan) {
    this.#table = table
    this.#enumerations = columns.flatMap(({ from }) => {
      if (from.kind !== 'column' || from.conversion.kind !== 'enumeration') return []
      return [{ column: from.column, encode: encoding(from.conversion) }]
    })
  }

  /** Returns `cells` with changed values in the file's own spelling. */
  apply(cells: Cells, was: Cells): Cells {
    const spelled: Record<string, StoredCell> = {}
    for (const enumeration of this.#enumerations) {
      const { column } = enumeration
      const cell = cells[column] ?? null
      if (cell === null || !('text' in cell) || isSameStored(cell, was[column] ?? null)) continue
      const text = this.#spellingsOf(enumeration).get(cell.text)
      if (text !== undefined) spelled[column] = { text }
    }
    return { ...cells, ...spelled }
  }

  #spellingsOf({ column, encode }: Enumeration): ReadonlyMap<string, string> {
    const known = this.#known.get(column)
    if (known !== undefined) return known
    const spellings = new Map<string, string>()
    for (const text of this.#table.textsOf(column)) {
      const value = encode({ text })
      if (value !== null && !spellings.has(value)) spellings.set(value, text)
    }
    this.#known.set(column, spellings)
    return spellings
  }
}

/** Returns a function for the target's value of a cell, which returns null when the cell is refused. */
function encoding(conversion: Conversion): Enumeration['encode'] {
  const encoder = cellEncoderOf(conversion)
  const cell = new Cell()
  const out = new ByteWriter()
  return (stored) => {
    fillFromStored(cell, stored)
    out.takeBack(0)
    if (encoder.encode(cell, out) >= FIRST_REJECT) return null
    return out.whole(4).toString('utf8')
  }
}
