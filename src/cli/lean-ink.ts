/**
 * Loads Ink in a third less time: it takes one function, `throttle`, from es-toolkit's door, behind which are 400 modules. Invariant:
 * where that is not all that Ink takes, or the function isn't there by itself, everything is loaded as Ink says.
 */
import { readFileSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { fileURLToPath } from 'node:url'

const DOOR = 'es-toolkit/compat'
const ONLY_USE = `import { throttle } from '${DOOR}';`
const OWN_MODULE = `${DOOR}/throttle`
const MARK = '?by-name'

/** To be called before Ink is imported. Older Nodes don't know such hooks (https://nodejs.org/api/module.html#moduleregisterhooksoptions). */
export function loadInkLean(): void {
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
