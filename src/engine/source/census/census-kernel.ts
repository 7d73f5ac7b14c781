/**
 * The compiled part of the census, `assembly/`: loaded once per thread. Invariant: its memory never grows, so that views of it stay valid.
 */
import { exportedNumber, loadCompiledModule } from '../../own-files/compiled-module.ts'
import { type ColumnPart, MOST_EXACT } from './column-part.ts'

/** Counts a text in the kernel's memory that occurs in `times` rows. */
type AskedTexts = (column: number, start: number, end: number, times: number) => void

type Functions = {
  begin(columns: number, counted: number, fewestValues: number, first: bigint, last: bigint): void
  /** Of the pages' texts, as a database's header numbers it. */
  setEncoding(number: number): void
  setAdded(column: number, type: number, place: number): void
  /** Returns LEAF_ENDS, RANGE_ENDS or REFUSED. */
  countLeaf(page: number, usableBytes: number): number
  countedRows(): number
  leftRows(): number
}

export type CensusKernel = Functions & {
  readonly memory: Buffer
  /** Receives the texts that the kernel cannot judge; to be set before each range. */
  ask: AskedTexts
  /** The number that `assembly/index.ts` exports under `name`. */
  constant(name: string): number
}

let loaded: CensusKernel | null | undefined

/** Null when Node has no WebAssembly, or the processor is big-endian. */
export function loadCensusKernel(): CensusKernel | null {
  if (loaded === undefined) loaded = load()
  return loaded
}

function load(): CensusKernel | null {
  const exports = loadCompiledModule<Functions>(new URL('./census.wasm', import.meta.url), {
    caller: { ask: ((...text) => kernel.ask(...text)) satisfies AskedTexts },
  })
  if (exports === null) return null
  const kernel: CensusKernel = {
    begin: exports.begin,
    setEncoding: exports.setEncoding,
    setAdded: exports.setAdded,
    countLeaf: exports.countLeaf,
    countedRows: exports.countedRows,
    leftRows: exports.leftRows,
    memory: Buffer.from(exports.memory.buffer),
    ask: () => {},
    constant: (name) => exportedNumber(exports, name),
  }
  return kernel
}

/** Returns the counts of a column, copied out of the kernel's memory. */
export function partOf({ memory, constant }: CensusKernel, column: number, name: string): ColumnPart {
  const counts = constant('COUNTS') + column * constant('COUNT_BYTES')
  const int = (place: string): number => memory.readInt32LE(counts + constant(place))
  const integers = int('INTEGERS_AT')
  const ends = [
    memory.readBigInt64LE(counts + constant('LEAST_AT')),
    memory.readBigInt64LE(counts + constant('MOST_AT')),
  ]
  const isExact = (value: bigint): boolean => value >= -BigInt(MOST_EXACT) && value <= BigInt(MOST_EXACT)
  const exact = integers === 0 ? [] : ends.filter(isExact).map(Number)
  const [leastBig = null] = integers === 0 ? [] : ends.filter((value) => !isExact(value))
  const mostBig = integers === 0 ? null : (ends.findLast((value) => !isExact(value)) ?? null)
  return {
    name,
    // The caller counts texts that the kernel cannot judge.
    maybeJson: false,
    json: 0,
    nulls: int('NULLS_AT'),
    integers,
    reals: int('REALS_AT'),
    texts: int('TEXTS_AT'),
    blobs: int('BLOBS_AT'),
    least: Math.min(...exact),
    most: Math.max(...exact),
    leastBig,
    mostBig,
    leastReal: memory.readDoubleLE(counts + constant('LEAST_REAL_AT')),
    mostReal: memory.readDoubleLE(counts + constant('MOST_REAL_AT')),
    wholeReals: int('WHOLE_REALS_AT'),
    infinities: int('INFINITIES_AT'),
    maxCharacters: int('MOST_CHARACTERS_AT'),
    maxTextBytes: int('MOST_TEXT_BYTES_AT'),
    maxBlobBytes: int('MOST_BLOB_BYTES_AT'),
    bytes: Number(memory.readBigInt64LE(counts + constant('BYTES_AT'))),
    possibleTimes: int('POSSIBLE_TIMES_AT'),
    // The caller counts these, too.
    finerTimes: 0,
    nulTexts: 0,
    invalid: false,
    forms: Float64Array.from({ length: constant('FORMS') }, (_, bit) =>
      memory.readInt32LE(counts + constant('FORMS_AT') + bit * 4),
    ),
    spellings: {
      realDigits: int('REAL_DIGITS_AT') > constant('MOST_DIGITS') ? null : int('REAL_DIGITS_AT'),
      lowerUuids: int('LOWER_UUIDS_AT'),
      upperUuids: int('UPPER_UUIDS_AT'),
      // Whatever jsonb would refuse is left to the caller.
      jsonDocuments: int('DOCUMENTS_AT'),
      documents: int('DOCUMENTS_AT'),
      printedDocuments: int('PRINTED_DOCUMENTS_AT'),
      times: fewOf(int('FEW_TIMES_AT'), (index) => {
        const time = counts + constant('TIMES_AT') + index * 8
        return { spelling: memory.readInt32LE(time), count: memory.readInt32LE(time + 4) }
      }),
    },
    fewTexts: fewOf(int('FEW_TEXTS_AT'), (index) => {
      const value = counts + constant('TEXT_VALUES_AT') + index * constant('TEXT_VALUE_BYTES')
      const bytes = memory.subarray(value + 8, value + 8 + memory.readInt32LE(value))
      return { bytes: Buffer.from(bytes), count: memory.readInt32LE(value + 4) }
    }),
    fewIntegers: integersOf(
      fewOf(int('FEW_INTEGERS_AT'), (index) => {
        const value = counts + constant('INTEGER_VALUES_AT') + index * 16
        const integer = memory.readBigInt64LE(value)
        return [isExact(integer) ? Number(integer) : integer, Number(memory.readBigInt64LE(value + 8))]
      }),
    ),
  }
}

/** Returns null when there were too many distinct values. */
function fewOf<T>(count: number, valueAt: (index: number) => T): T[] | null {
  return count < 0 ? null : Array.from({ length: count }, (_, index) => valueAt(index))
}

function integersOf(values: [number | bigint, number][] | null): ColumnPart['fewIntegers'] {
  return values === null ? null : new Map(values)
}
