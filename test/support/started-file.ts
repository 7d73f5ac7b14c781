/** In the place of src/engine/threads/started-file.ts (vitest.config.ts): what tests start is bundled (bundles.ts). */
const root = new URL('../../', import.meta.url)
const sources = new URL('src/', root).href

/** The folder with the bundles, in which src/ has the place of the sources. */
export const bundles = new URL('node_modules/.cache/bundles/', root)

export function startedFile(name: string, here: string): URL {
  const beside = new URL(`./${name}.js`, here).href
  return new URL(`src/${beside.slice(sources.length)}`, bundles)
}
