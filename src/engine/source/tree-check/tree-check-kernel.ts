/** The compiled part of the check, `assembly/`: loaded once a thread. Invariant: its memory never grows, so that a view of it stays good. */
import { exportedNumber, loadCompiledModule } from '../../own-files/compiled-module.ts'

type Functions = {
  begin(usableBytes: number): void
  /** The page's cells, or REFUSED. */
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
  /** A number by the name under which `assembly/index.ts` exports it. */
  constant(name: string): number
}

let loaded: TreeCheckKernel | null | undefined

/** Null where Node has no WebAssembly, or the processor another order of bytes. */
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
