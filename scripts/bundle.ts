/**
 * Bundles modules of the source into a few files: a program of 800 modules spends a second on finding and reading them. Packages stay
 * outside. Invariant: a file that a module finds by `import.meta.url` is where it would be without bundling.
 */
import { dirname, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type OutputChunk, type Plugin, rolldown } from 'rolldown'

export const root = fileURLToPath(new URL('..', import.meta.url))

const PLACE = '__PLACE_OF_MODULE__'

export type Bundles = {
  /** Paths below the root, without extension; they keep their place below `from`. */
  readonly entries: readonly string[]
  /** The folder below the root in which the entries' paths begin. */
  readonly from: string
  /** The folder below the root for the bundles. */
  readonly to: string
  /** A JavaScript expression for the URL of a built module, whose path is below dist/, in a bundle. */
  readonly urlOf: (module: string, bundle: string) => string
}

export async function bundle({ entries, from, to, urlOf }: Bundles): Promise<void> {
  const built = await rolldown({
    cwd: root,
    input: Object.fromEntries(entries.map((entry) => [posix(relative(from, entry)), `${entry}.ts`])),
    platform: 'node',
    tsconfig: false,
    external: (id) => !id.startsWith('.') && !id.startsWith('/') && !/^[a-z]:/i.test(id),
    transform: { jsx: { runtime: 'automatic' }, target: 'es2024' },
    plugins: [keepPlaces(urlOf)],
  })
  await built.write({
    dir: to,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'parts/[name]-[hash].js',
  })
  await built.close()
}

/** Writes, for `import.meta.url`, the URL of the module in place of the bundle's. */
function keepPlaces(urlOf: Bundles['urlOf']): Plugin {
  return {
    name: 'keep-places',
    transform(code, id) {
      if (!code.includes('import.meta.url')) return null
      const module = posix(relative(`${root}/src`, id)).replace(/\.tsx?$/, '.js')
      return code.replaceAll('import.meta.url', `${PLACE}(${JSON.stringify(module)})`)
    },
    renderChunk(code, { fileName }: Pick<OutputChunk, 'fileName'>) {
      if (!code.includes(PLACE)) return null
      return code.replaceAll(new RegExp(`${PLACE}\\("([^"]+)"\\)`, 'g'), (_, module) =>
        urlOf(module, fileName),
      )
    },
  }
}

/** The URL as seen from a bundle in dist/ itself. */
export function urlBeside(module: string, bundle: string): string {
  const path = posix(relative(dirname(bundle), module))
  return `new URL(${JSON.stringify(path.startsWith('.') ? path : `./${path}`)}, import.meta.url).href`
}

function posix(path: string): string {
  return path.split(sep).join('/')
}
