/** Loads WebAssembly that the build made beside its caller. Invariant: without WebAssembly there is none, and its caller continues without. */
import { existsSync, readFileSync } from 'node:fs'
import { endianness } from 'node:os'
import { fileURLToPath } from 'node:url'

/** What a module exports: its memory, functions by name, and numbers. */
type CompiledModule<Functions> = Functions & {
  readonly memory: { readonly buffer: ArrayBuffer }
} & Readonly<Record<string, { readonly value: number }>>

/** As far as it is used here: Node's types do not know it. Without a compiler (`node --jitless`) there is none. */
declare const WebAssembly:
  | {
      validate(bytes: Buffer): boolean
      Module: new (bytes: Buffer) => object
      Instance: new (module: object, imports: object) => { readonly exports: object }
    }
  | undefined

/** Null where Node has no WebAssembly, or the processor another order of bytes, or not the instructions that it needs. Throws where the build has not made it. */
export function loadCompiledModule<Functions>(file: URL, imports: object): CompiledModule<Functions> | null {
  // Its memory is little-endian everywhere, and numbers in a view of it are the machine's.
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
