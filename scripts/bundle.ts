/**
 * Bundles the source's modules into a few files: finding and reading 900 modules takes a program a second. Packages are not bundled.
 * Invariant: a file that a module finds by `import.meta.url` has the same URL as without bundling.
 */
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type OutputChunk, type Plugin, type RolldownBuild, rolldown } from 'rolldown'

export const root = fileURLToPath(new URL('..', import.meta.url))

const PLACE = '__PLACE_OF_MODULE__'

type Bundles = {
  /** Paths relative to the root, without extension; they keep their place below `from`. */
  readonly entries: readonly string[]
  /** The folder, relative to the root, that contains the entries. */
  readonly from: string
  /** The folder, relative to the root, for the bundles. */
  readonly to: string
  /**
   * Paths, relative to the root, of modules that are imported dynamically, in groups of those that import much the same: what one group
   * needs and no other start does is bundled into one file.
   */
  readonly starts?: readonly (readonly string[])[]
  /** Returns a JavaScript expression for the URL of a built module within a bundle; the module's path is relative to dist/. */
  readonly urlOf: (module: string, bundle: string) => string
}

export async function bundle({ entries, from, to, starts = [], urlOf }: Bundles): Promise<void> {
  const built = await rolldown({
    cwd: root,
    input: Object.fromEntries(entries.map((entry) => [posix(relative(from, entry)), `${entry}.ts`])),
    platform: 'node',
    // Entries may get additional exports, for one another; nothing imports the library's entry.
    preserveEntrySignatures: 'allow-extension',
    tsconfig: false,
    // Code that the bundler adds for features which Node 22 lacks (`using`) is bundled too.
    external: (id) => !/^(?:[./]|[a-z]:|@oxc-project\/runtime\/)/i.test(id),
    transform: { jsx: { runtime: 'automatic' }, target: 'es2024' },
    plugins: [keepPlaces(urlOf)],
  })
  const files = entries.map((entry) => `${entry}.ts`)
  const parts = await partsOf(built, [...files.map((file) => [file]), ...starts])
  // Loading an entry starts it, so its file must contain nothing else.
  for (const file of files) parts.delete(join(root, file))
  await built.write({
    dir: to,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'parts/[name]-[hash].js',
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ name: (id) => parts.get(id) ?? null, debugName: 'starts' }],
    },
  })
  await built.close()
}

/** The part that each module belongs to: modules that the same groups of starts import, directly or indirectly, form one part. */
async function partsOf(
  built: RolldownBuild,
  starts: readonly (readonly string[])[],
): Promise<Map<string, string>> {
  const { output } = await built.generate({ format: 'esm' })
  const chunks = new Map(output.flatMap((one) => (one.type === 'chunk' ? [[one.fileName, one]] : [])))
  const startsOf = new Map<OutputChunk, number[]>()
  const reach = (fileName: string, start: number): void => {
    const chunk = chunks.get(fileName)
    const known = chunk === undefined ? [start] : (startsOf.get(chunk) ?? [])
    if (chunk === undefined || known.at(-1) === start) return
    startsOf.set(chunk, [...known, start])
    for (const imported of chunk.imports) reach(imported, start)
  }
  for (const [index, group] of starts.entries()) {
    for (const start of group) {
      const chunk = [...chunks.values()].find(({ moduleIds }) => moduleIds.includes(join(root, start)))
      reach(chunk!.fileName, index)
    }
  }
  return new Map(
    Array.from(startsOf, ([{ moduleIds }, by]) =>
      moduleIds.map((id) => [id, `of-${by.join('-')}`] as const),
    ).flat(),
  )
}

/** Replaces `import.meta.url` with the URL that the module would have without bundling. */
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
