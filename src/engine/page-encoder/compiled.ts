/**
 * The compiled half of the page encoder, `assembly/`: loaded once per thread. Invariant: its memory never grows, so that views of it stay
 * valid; but no view may be kept across an `await`, since all tables of a thread share the memory.
 */
import { exportedNumber, loadCompiledModule } from '../own-files/compiled-module.ts'

/**
 * The columns' own encoders, for values that are not plain. Each returns where the field ends, with NORMALIZED if it was normalized; or
 * LEAVE.
 */
export type AskedEncoders = {
  askBytes(field: number, isBlob: number, at: number, end: number, to: number): number
  askNumber(field: number, isReal: number, value: number, to: number): number
}

export type Compiled = {
  readonly memory: Buffer
  readonly words: Int32Array
  /** The encoders to call; must be set before every `encodeRows`. */
  asked: AskedEncoders | null
  setTable(columns: number, fields: number, mostBytes: number, onlyExact: boolean): void
  /** Of the page's texts, as a database's header numbers it. */
  setEncoding(number: number): void
  encodeRows(from: number, to: number, mostLocal: number, shift: number, ordinal: number): number
  /** Where the rows that the last `encodeRows` took end. */
  writtenTo(): number
  /** 1 when the last `encodeRows` stopped for lack of room. */
  isFull(): number
  readonly layout: Layout
  /** The number for a kind or a source of a field, by its exported name in `assembly/fields.ts`. */
  constant(name: string): number
}

/** Addresses in the memory, offsets in an entry of FIELDS, and limits, from `assembly/memory.ts` and `assembly/fields.ts`. */
export type Layout = ReturnType<typeof readLayout>

function readLayout(constant: Compiled['constant']) {
  return {
    page: constant('PAGE'),
    cells: constant('CELLS'),
    mostColumns: constant('MOST_COLUMNS'),
    reals: constant('REALS'),
    fields: constant('FIELDS'),
    mostFields: constant('MOST_FIELDS'),
    fieldBytes: constant('FIELD_BYTES'),
    kindAt: constant('KIND_AT'),
    sourceAt: constant('SOURCE_AT'),
    requiredAt: constant('REQUIRED_AT'),
    parametersAt: constant('PARAMETERS_AT'),
    limitAt: constant('LIMIT_AT'),
    addedAt: constant('ADDED_AT'),
    addedBytesAt: constant('ADDED_BYTES_AT'),
    normalizedRows: constant('NORMALIZED_ROWS'),
    lanes: constant('LANES'),
    constants: constant('CONSTANTS'),
    constantsBytes: constant('CONSTANTS_BYTES'),
    out: constant('OUT'),
    normalized: constant('NORMALIZED'),
    leave: constant('LEAVE'),
  } as const
}

type Functions = {
  readonly setTable: Compiled['setTable']
  readonly setEncoding: Compiled['setEncoding']
  readonly encodeRows: Compiled['encodeRows']
  readonly writtenTo: Compiled['writtenTo']
  readonly isFull: Compiled['isFull']
}

let loaded: Compiled | null | undefined

/**
 * Null when Node has no WebAssembly, or the processor is big-endian or lacks the vector instructions. Throws when the build has not made
 * the file.
 */
export function loadCompiled(): Compiled | null {
  if (loaded === undefined) loaded = load()
  return loaded
}

function load(): Compiled | null {
  const exports = loadCompiledModule<Functions>(new URL('./page-encoder.wasm', import.meta.url), {
    encoder: {
      askBytes: (field, isBlob, at, end, to) => compiled.asked!.askBytes(field, isBlob, at, end, to),
      askNumber: (field, isReal, value, to) => compiled.asked!.askNumber(field, isReal, value, to),
    } satisfies AskedEncoders,
  })
  if (exports === null) return null
  const constant = (name: string): number => exportedNumber(exports, name)
  const compiled: Compiled = {
    memory: Buffer.from(exports.memory.buffer),
    words: new Int32Array(exports.memory.buffer),
    asked: null,
    setTable: exports.setTable,
    setEncoding: exports.setEncoding,
    encodeRows: exports.encodeRows,
    writtenTo: exports.writtenTo,
    isFull: exports.isFull,
    layout: readLayout(constant),
    constant,
  }
  return compiled
}
