/** Compiles each `assembly` folder of the source to WebAssembly, beside its caller there and in dist/: `npm run build:compiled`. */
import { copyFileSync, globSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
for (const entry of globSync('src/**/assembly/index.ts')) {
  const assembly = dirname(entry)
  const room = dirname(assembly)
  const made = join(room, `${basename(room)}.wasm`)
  const { error, stderr } = await asc.main([
    ...[entry, '--config', join(assembly, 'asconfig.json')],
    ...['--outFile', made],
  ])
  if (error !== null) throw new Error(`${entry}: ${stderr.toString()}`)
  copyFileSync(made, join('dist', made.slice('src/'.length)))
}
