/** Replaces src/engine/threads/started-file.ts (vitest.config.ts), since tests start bundles (bundles.ts). */
const root = new URL('../../', import.meta.url)
const sources = new URL('src/', root).href

/** The folder of the bundles, in which src/ corresponds to the sources. */
export const bundles = new URL('node_modules/.cache/bundles/', root)

export function startedFile(name: string, here: string): URL {
  const beside = new URL(`./${name}.js`, here).href
  return new URL(`src/${beside.slice(sources.length)}`, bundles)
}
