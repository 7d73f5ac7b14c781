/**
 * The compiled part, `assembly/`: loaded once per thread. Invariant: its memory never grows, so that views of it stay valid; but nothing in
 * it may be kept across an `await`, since all tables of a thread share it.
 */
import { exportedNumber, loadCompiledModule } from '../own-files/compiled-module.ts'

/** Writes the value of a field with the column's own encoder, for `assembly/caller.ts`. */
type AskedFields = (
  field: number,
  storage: number,
  number: number,
  start: number,
  end: number,
  to: number,
) => number

type Functions = {
  beginTable(columns: number, fields: number, constantBytes: number): void
  /** Of the pages' texts, as a database's header numbers it. */
  setEncoding(number: number): void
  setAdded(column: number, type: number, place: number): void
  /** Records may have as few as `fewestValues`: the other columns are set, and take `bytes` together. */
  knowAdded(fewestValues: number, bytes: number): void
  /** The first and last rowid, and the number of rows before the first. */
  beginRange(first: bigint, last: bigint, rowsBefore: number): void
  /** Returns LEAF_ENDS, RANGE_ENDS or REFUSED. */
  sumLeaf(page: number, usableBytes: number): number
  summedRows(): number
  changingRows(): number
  returnedRows(): number
  leftRows(): number
  /** Returns the start of the first message that was not taken. */
  sumMessages(start: number, end: number, fields: number): number
  takenMessages(): number
}

export type Kernel = Functions & {
  readonly memory: Buffer
  /** The entries of rows that were left, and the sums. */
  readonly numbers: BigInt64Array
  readonly words: Uint32Array
  /** Must be set before a range. */
  ask: AskedFields
  /**
   * Gets the rowid of a record that ends after `values` values, fewer than known so far, and calls `setAdded` and `knowAdded`. Returns 0 when
   * it cannot. Must be set before a range.
   */
  learnAdded: (values: number, rowid: bigint) => number
  /** Gets the fields, in `memory`, of a row that the server may return in bytes that the kernel does not know. Must be set before a range. */
  see: (start: number, end: number) => void
  /** The number that `assembly/index.ts` exports under `name`. */
  constant(name: string): number
}

let loaded: Kernel | null | undefined

/** Null when Node has no WebAssembly, or the processor is big-endian. */
export function loadKernel(): Kernel | null {
  if (loaded === undefined) loaded = load()
  return loaded
}

function load(): Kernel | null {
  const exports = loadCompiledModule<Functions>(new URL('./page-sums.wasm', import.meta.url), {
    caller: {
      ask: ((...value) => kernel.ask(...value)) satisfies AskedFields,
      learnAdded: (values: number, rowid: bigint) => kernel.learnAdded(values, rowid),
      see: (start: number, end: number) => kernel.see(start, end),
    },
  })
  if (exports === null) return null
  const { buffer } = exports.memory
  const constants = new Map<string, number>()
  const kernel: Kernel = {
    beginTable: exports.beginTable,
    setEncoding: exports.setEncoding,
    setAdded: exports.setAdded,
    knowAdded: exports.knowAdded,
    beginRange: exports.beginRange,
    sumLeaf: exports.sumLeaf,
    summedRows: exports.summedRows,
    changingRows: exports.changingRows,
    returnedRows: exports.returnedRows,
    leftRows: exports.leftRows,
    sumMessages: exports.sumMessages,
    takenMessages: exports.takenMessages,
    memory: Buffer.from(buffer),
    numbers: new BigInt64Array(buffer),
    words: new Uint32Array(buffer),
    ask: () => exportedNumber(exports, 'LEAVE'),
    learnAdded: () => 0,
    see: () => {},
    constant(name) {
      const known = constants.get(name)
      if (known !== undefined) return known
      const value = exportedNumber(exports, name)
      constants.set(name, value)
      return value
    },
  }
  return kernel
}
