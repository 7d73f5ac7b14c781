/**
 * Sums the rows of a COPY from the server as its messages come, without reading them in JavaScript: the target's side of the
 * comparison by checksum. Invariant: whole messages of one row each are summed as `RowSum` would have; the first other one ends what
 * is taken, and is the caller's.
 */
import type { RowSum } from '../encode/rows/row-hash.ts'
import { type Kernel, loadKernel } from './kernel.ts'

export class MessageSums {
  /** Rows that were taken. */
  rows = 0
  readonly #kernel: Kernel
  readonly #fields: number
  readonly #sum: RowSum

  /** Adds to `sum` rows of so many fields. Null where there is no compiled code. */
  static of(fields: number, sum: RowSum): MessageSums | null {
    const kernel = loadKernel()
    return kernel === null ? null : new MessageSums(kernel, fields, sum)
  }

  private constructor(kernel: Kernel, fields: number, sum: RowSum) {
    this.#kernel = kernel
    this.#fields = fields
    this.#sum = sum
  }

  /** Takes messages of `chunk[start, end)`, the first of which begins at `start`; returns where the first begins that was not taken. */
  take(chunk: Buffer, start: number, end: number): number {
    const kernel = this.#kernel
    const { memory, constant } = kernel
    const place = constant('PAGES')
    const copied = chunk.copy(memory, place, start, Math.min(end, start + constant('PAGES_BYTES')))
    const lanes = kernel.words.subarray(constant('SUM') >> 2, (constant('SUM') >> 2) + 4).fill(0)
    const next = kernel.sumMessages(place, place + copied, this.#fields)
    const taken = kernel.takenMessages()
    this.#sum.addLanes(lanes, taken)
    this.rows += taken
    return start + next - place
  }
}
