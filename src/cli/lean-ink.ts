/**
 * Loads Ink in half the time. Ink takes one function, `throttle`, from the entry point of es-toolkit, which loads 400 modules; and its
 * layout engine passes bytes that it already holds to `fetch`, which makes Node load its HTTP client. Invariant: where Ink takes more than
 * `throttle`, or `throttle` has no module of its own, everything is loaded as Ink asks; without `fetch`, the layout engine decodes the same
 * bytes itself.
 */
import { readFileSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { fileURLToPath } from 'node:url'

const DOOR = 'es-toolkit/compat'
const ONLY_USE = `import { throttle } from '${DOOR}';`
const OWN_MODULE = `${DOOR}/throttle`
const MARK = '?by-name'

/** Returns what `load` loads, Ink among it. */
export async function loadInkLean<T>(load: () => Promise<T>): Promise<T> {
  takeOnlyThrottle()
  const fetch = Object.getOwnPropertyDescriptor(globalThis, 'fetch')
  Reflect.deleteProperty(globalThis, 'fetch')
  try {
    return await load()
  } finally {
    if (fetch !== undefined) Object.defineProperty(globalThis, 'fetch', fetch)
  }
}

/** Older versions of Node have no such hooks (https://nodejs.org/api/module.html#moduleregisterhooksoptions). */
function takeOnlyThrottle(): void {
  nodeModule.registerHooks?.({
    resolve(specifier, context, next) {
      if (specifier !== DOOR || !takesOnlyThrottle(context.parentURL)) return next(specifier, context)
      try {
        const { url } = next(OWN_MODULE, context)
        return { url: `${url}${MARK}`, format: 'module', shortCircuit: true }
      } catch {
        return next(specifier, context)
      }
    },
    load(url, context, next) {
      if (!url.endsWith(MARK)) return next(url, context)
      const whole = JSON.stringify(url.slice(0, -MARK.length))
      return { format: 'module', source: `export { default as throttle } from ${whole}`, shortCircuit: true }
    },
  })
}

function takesOnlyThrottle(importer: string | undefined): boolean {
  if (importer === undefined || !/\/ink\/build\/[^/]+\.js$/.test(importer)) return false
  const source = readFileSync(fileURLToPath(importer), 'utf8')
  return source.includes(ONLY_USE) && source.split(DOOR).length === 2
}
