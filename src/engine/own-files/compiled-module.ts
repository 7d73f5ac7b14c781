/** Loads a compiled WebAssembly module. Invariant: where WebAssembly is unavailable, null is returned, and the caller continues without. */
import { existsSync, readFileSync } from 'node:fs'
import { endianness } from 'node:os'
import { fileURLToPath } from 'node:url'

/** The exports of a module: its memory, functions by name, and numbers. */
type CompiledModule<Functions> = Functions & {
  readonly memory: { readonly buffer: ArrayBuffer }
} & Readonly<Record<string, { readonly value: number }>>

/** The part used here, which Node's types lack. Undefined without a compiler (`node --jitless`). */
declare const WebAssembly:
  | {
      validate(bytes: Buffer): boolean
      Module: new (bytes: Buffer) => object
      Instance: new (module: object, imports: object) => { readonly exports: object }
    }
  | undefined

/**
 * Returns null when Node has no WebAssembly, or the processor is big-endian or lacks the instructions. Throws when the file was not built.
 */
export function loadCompiledModule<Functions>(file: URL, imports: object): CompiledModule<Functions> | null {
  // Its memory is little-endian on every machine, but typed views of it have the machine's byte order.
  if (typeof WebAssembly === 'undefined' || endianness() !== 'LE') return null
  if (!existsSync(file)) throw new Error(`${fileURLToPath(file)} is missing: npm run build makes it`)
  const bytes = readFileSync(file)
  if (!WebAssembly.validate(bytes)) return null
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports as CompiledModule<Functions>
}

/** A number that the module exports. */
export function exportedNumber(exports: CompiledModule<unknown>, name: string): number {
  const value = exports[name]?.value
  if (value === undefined) throw new Error(`the compiled module exports no ${name}`)
  return value
}
