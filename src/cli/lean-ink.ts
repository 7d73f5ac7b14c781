/**
 * Loads Ink in half the time. It takes one function, `throttle`, from es-toolkit's door, behind which are 400 modules; and its layout asks
 * `fetch` for bytes that it holds itself, whereupon Node loads its HTTP client. Invariant: where `throttle` is not all that Ink takes, or
 * isn't there by itself, everything is loaded as Ink says; and without `fetch` the layout decodes the same bytes.
 */
import { readFileSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { fileURLToPath } from 'node:url'

const DOOR = 'es-toolkit/compat'
const ONLY_USE = `import { throttle } from '${DOOR}';`
const OWN_MODULE = `${DOOR}/throttle`
const MARK = '?by-name'

/** What `load` loads, Ink among it. */
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

/** Older Nodes don't know such hooks (https://nodejs.org/api/module.html#moduleregisterhooksoptions). */
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
