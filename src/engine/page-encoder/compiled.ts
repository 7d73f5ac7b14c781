/**
 * The compiled half of the page encoder, `assembly/`: loaded once a thread. Invariant: its memory never grows, so that a view of it
 * stays good; and none may be kept across an `await`, since every table of the thread is encoded in the same memory.
 */
import { exportedNumber, loadCompiledModule } from '../own-files/compiled-module.ts'

/** The columns' own encoders, which are asked for what is not plain: where the field ends, with NORMALIZED; or LEAVE. */
export type AskedEncoders = {
  askBytes(field: number, isBlob: number, at: number, end: number, to: number): number
  askNumber(field: number, isReal: number, value: number, to: number): number
}

export type Compiled = {
  readonly memory: Buffer
  readonly words: Int32Array
  /** Who is asked: set before every `encodeRows`. */
  asked: AskedEncoders | null
  setTable(columns: number, fields: number, mostBytes: number, onlyExact: boolean): void
  encodeRows(from: number, to: number, mostLocal: number, shift: number, ordinal: number): number
  /** Where the bytes of the rows that the last `encodeRows` took end. */
  writtenTo(): number
  /** 1 when the last `encodeRows` ended because there was no room for the next row. */
  isFull(): number
  readonly layout: Layout
  /** A kind or a source of a field, by the name under which `assembly/fields.ts` exports it. */
  constant(name: string): number
}

/** Places in the memory and in an entry of its table of fields, in bytes, and what fits: `assembly/memory.ts` and `assembly/fields.ts`. */
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
  readonly encodeRows: Compiled['encodeRows']
  readonly writtenTo: Compiled['writtenTo']
  readonly isFull: Compiled['isFull']
}

let loaded: Compiled | null | undefined

/** Null where Node has no WebAssembly, or the processor another order of bytes, or not the vector instructions that it needs. Throws where the build has not made it. */
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
    encodeRows: exports.encodeRows,
    writtenTo: exports.writtenTo,
    isFull: exports.isFull,
    layout: readLayout(constant),
    constant,
  }
  return compiled
}
