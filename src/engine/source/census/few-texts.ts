/**
 * The distinct texts of a column while they are few. Invariant: each text is in the list once, with the number of its rows.
 */
import type { Cell } from '../../encode/cell/cell.ts'
import { MOST_VALUES, type TextValue, VALUE_CHARACTERS } from './column-part.ts'

/** In UTF-8. */
const VALUE_BYTES = VALUE_CHARACTERS * 4

export class FewTexts {
  readonly #texts: TextValue[] = []
  /** By a hash of a text's length and some bytes: the index in the list at which such a text was last found. */
  readonly #likely = new Uint8Array(256)

  get texts(): readonly TextValue[] {
    return this.#texts
  }

  /** Counts the cell's text. Returns false, without counting it, when the text is too long or one too many. */
  see(cell: Cell): boolean {
    const few = this.#texts
    const { buffer, start, end } = cell
    const length = end - start
    const slot =
      length === 0
        ? 0
        : (length * 31 + buffer[start]! * 7 + buffer[end - 1]! + (buffer[start + (length >> 1)]! << 2)) & 255
    const likely = few[this.#likely[slot]!]
    if (likely !== undefined && isSame(likely.bytes, buffer, start, length)) {
      likely.count++
      return true
    }
    let found = few.findIndex(({ bytes }) => isSame(bytes, buffer, start, length))
    if (found < 0) {
      if (few.length === MOST_VALUES || length > VALUE_BYTES) return false
      found = few.push({ bytes: Buffer.from(buffer.subarray(start, end)), count: 0 }) - 1
    }
    this.#likely[slot] = found
    few[found]!.count++
    return true
  }

  /** Adds a text that was counted elsewhere; returns false when the list has become too long. */
  add({ bytes, count }: TextValue): boolean {
    const known = this.#texts.find((text) => isSame(text.bytes, bytes, 0, bytes.length))
    if (known !== undefined) known.count += count
    else this.#texts.push({ bytes, count })
    return this.#texts.length <= MOST_VALUES
  }
}

function isSame(value: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean {
  if (value.length !== length) return false
  for (let at = 0; at < length; at++) {
    if (value[at] !== bytes[start + at]) return false
  }
  return true
}
