/**
 * Makes UTF-8 of a row's texts in UTF-16, one code unit at a time, by other code than SQLite's reader. Invariant: a surrogate without its
 * partner becomes the three bytes that UTF-8 would use, which are invalid there, so that encoders notice it; half a unit at the end is no
 * text, as for SQLite.
 */
import { type Cell, TEXT } from '../../encode/cell/cell.ts'
import { freeAtOnce, LARGE_BYTES } from '../../encode/cell/free-at-once.ts'

export class Utf16Texts {
  readonly #isBig: boolean
  #utf8: Buffer = Buffer.alloc(0)

  constructor(encoding: 'utf16le' | 'utf16be') {
    this.#isBig = encoding === 'utf16be'
  }

  /** Changes the cells that refer to `stored`. Ends the use of the last row's texts. */
  rewrite(cells: readonly Cell[], stored: Buffer): void {
    const texts = cells.filter(({ storage, buffer }) => storage === TEXT && buffer === stored)
    // No unit takes more than three bytes.
    const room = texts.reduce((sum, { start, end }) => sum + ((end - start) >> 1) * 3, 0)
    if (room > this.#utf8.length) {
      this.free()
      this.#utf8 = Buffer.allocUnsafeSlow(Math.max(room, 1 << 14))
    }
    let to = 0
    for (const cell of texts) {
      const end = this.#write(stored, cell.start, (cell.end - cell.start) >> 1, to)
      cell.setText(this.#utf8, to, end)
      to = end
    }
  }

  /** Writes the text of `units` units at `to`, and returns where it ends. */
  #write(stored: Buffer, start: number, units: number, to: number): number {
    const utf8 = this.#utf8
    const unitAt = (index: number): number =>
      this.#isBig ? stored.readUInt16BE(start + index * 2) : stored.readUInt16LE(start + index * 2)
    let at = to
    for (let index = 0; index < units; index++) {
      const unit = unitAt(index)
      const next = isHigh(unit) && index + 1 < units ? unitAt(index + 1) : 0
      if (unit < 0x80) {
        utf8[at++] = unit
      } else if (unit < 0x800) {
        utf8[at++] = 0xc0 | (unit >> 6)
        utf8[at++] = 0x80 | (unit & 0x3f)
      } else if (isLow(next)) {
        const point = (unit - 0xd800) * 0x400 + (next - 0xdc00) + 0x10000
        utf8[at++] = 0xf0 | (point >> 18)
        utf8[at++] = 0x80 | ((point >> 12) & 0x3f)
        utf8[at++] = 0x80 | ((point >> 6) & 0x3f)
        utf8[at++] = 0x80 | (point & 0x3f)
        index++
      } else {
        utf8[at++] = 0xe0 | (unit >> 12)
        utf8[at++] = 0x80 | ((unit >> 6) & 0x3f)
        utf8[at++] = 0x80 | (unit & 0x3f)
      }
    }
    return at
  }

  /** Releases the memory of a large row, whose texts must not be used any more. */
  free(): void {
    if (this.#utf8.length < LARGE_BYTES) return
    freeAtOnce(this.#utf8)
    this.#utf8 = Buffer.alloc(0)
  }
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000
