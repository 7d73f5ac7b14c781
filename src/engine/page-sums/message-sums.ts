/**
 * Sums the hashes of the rows in a COPY from the server directly from its messages, without reading them in JavaScript: the target's side
 * of the comparison by checksum. Invariant: complete messages of one row each are summed as `RowSum` would; the first other message is left
 * to the caller, with all that follow it.
 */
import type { RowSum } from '../encode/rows/row-hash.ts'
import { type Kernel, loadKernel } from './kernel.ts'

export class MessageSums {
  /** The number of rows taken. */
  rows = 0
  readonly #kernel: Kernel
  readonly #fields: number
  readonly #sum: RowSum

  /** Adds rows of `fields` fields to `sum`. Returns null without compiled code. */
  static of(fields: number, sum: RowSum): MessageSums | null {
    const kernel = loadKernel()
    return kernel === null ? null : new MessageSums(kernel, fields, sum)
  }

  private constructor(kernel: Kernel, fields: number, sum: RowSum) {
    this.#kernel = kernel
    this.#fields = fields
    this.#sum = sum
  }

  /** Takes messages from `chunk[start, end)`, where one begins at `start`. Returns the start of the first one not taken. */
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
