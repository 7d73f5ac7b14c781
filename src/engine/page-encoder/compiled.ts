/**
 * The compiled half of the page encoder, `assembly/`: loaded once a thread. Invariant: its memory never grows, so that a view of it
 * stays good; and nobody keeps one across an `await`, since every table of the thread is encoded in the same memory.
 */
import { existsSync, readFileSync } from 'node:fs'

/** The columns' own encoders, which are asked for what is not plain: where the field ends, with NORMALIZED; or LEAVE. */
export type AskedEncoders = {
  askBytes(field: number, isBlob: number, at: number, end: number, to: number): number
  askNumber(field: number, isReal: number, value: number, to: number): number
}

export type Compiled = {
  readonly memory: Buffer
  readonly words: Int32Array
  /** Who is asked: set before every `encodeRows`. */
  asked: AskedEncoders
  setTable(columns: number, fields: number, mostBytes: number, onlyExact: boolean): void
  encodeRows(from: number, to: number, mostLocal: number, shift: number, ordinal: number): number
  writtenTo(): number
  /** 1 when the last `encodeRows` ended because there was no room for the next row. */
  isFull(): number
  /** A number that `assembly/` exports by this name. */
  constant(name: string): number
}

type Exports = {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly setTable: Compiled['setTable']
  readonly encodeRows: Compiled['encodeRows']
  readonly writtenTo: Compiled['writtenTo']
  readonly isFull: Compiled['isFull']
} & Readonly<Record<string, { readonly value: number }>>

/** As far as it is used here: Node's types do not know it. Without a compiler (`node --jitless`) there is none. */
declare const WebAssembly:
  | {
      validate(bytes: Buffer): boolean
      Module: new (bytes: Buffer) => object
      Instance: new (module: object, imports: object) => { readonly exports: Exports }
    }
  | undefined

let loaded: Compiled | null | undefined

/** Null where Node has no WebAssembly, or the processor not the vector instructions that it needs. Throws where the build has not made it. */
export function loadCompiled(): Compiled | null {
  loaded ??= load()
  return loaded
}

function load(): Compiled | null {
  if (typeof WebAssembly === 'undefined') return null
  const file = new URL('./page-encoder.wasm', import.meta.url)
  if (!existsSync(file)) throw new Error(`${file.pathname} is missing: npm run build makes it`)
  const bytes = readFileSync(file)
  if (!WebAssembly.validate(bytes)) return null
  const nobody: AskedEncoders = {
    askBytes: () => constant('LEAVE'),
    askNumber: () => constant('LEAVE'),
  }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    encoder: {
      askBytes: (...args: Parameters<AskedEncoders['askBytes']>) => compiled.asked.askBytes(...args),
      askNumber: (...args: Parameters<AskedEncoders['askNumber']>) => compiled.asked.askNumber(...args),
    },
  })
  const constant = (name: string): number => {
    const value = exports[name]?.value
    if (value === undefined) throw new Error(`the page encoder exports no ${name}`)
    return value
  }
  const compiled: Compiled = {
    memory: Buffer.from(exports.memory.buffer),
    words: new Int32Array(exports.memory.buffer),
    asked: nobody,
    setTable: exports.setTable,
    encodeRows: exports.encodeRows,
    writtenTo: exports.writtenTo,
    isFull: exports.isFull,
    constant,
  }
  return compiled
}
