/**
 * The compiled part of the check, `assembly/`: loaded once per thread. Invariant: its memory never grows, so that views of it stay valid.
 */
import { exportedNumber, loadCompiledModule } from '../../own-files/compiled-module.ts'

type Functions = {
  begin(usableBytes: number): void
  /** Returns the number of the page's cells, or REFUSED. */
  checkPage(
    page: number,
    header: number,
    type: number,
    readsRecords: number,
    first: bigint,
    last: bigint,
  ): number
  spills(): number
}

export type TreeCheckKernel = Functions & {
  readonly memory: Buffer
  /** The number that `assembly/index.ts` exports under `name`. */
  constant(name: string): number
}

let loaded: TreeCheckKernel | null | undefined

/** Null when Node has no WebAssembly, or the processor is big-endian. */
export function loadTreeCheckKernel(): TreeCheckKernel | null {
  if (loaded === undefined) loaded = load()
  return loaded
}

function load(): TreeCheckKernel | null {
  const exports = loadCompiledModule<Functions>(new URL('./tree-check.wasm', import.meta.url), {})
  if (exports === null) return null
  return {
    begin: exports.begin,
    checkPage: exports.checkPage,
    spills: exports.spills,
    memory: Buffer.from(exports.memory.buffer),
    constant: (name) => exportedNumber(exports, name),
  }
}
