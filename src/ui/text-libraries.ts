/**
 * The libraries that measure, cut and wrap any text, those that Ink itself uses; loaded when the first text needs them. Invariant: a Node
 * that cannot load them synchronously, before 22.12, loads them at once.
 */
import { createRequire } from 'node:module'
import type cliTruncate from 'cli-truncate'
import type stringWidth from 'string-width'
import type wrapAnsi from 'wrap-ansi'

type Libraries = {
  readonly cliTruncate: typeof cliTruncate
  readonly stringWidth: typeof stringWidth
  readonly wrapAnsi: typeof wrapAnsi
}

const require = createRequire(import.meta.url)

let loaded: Libraries | null = process.features.require_module === true ? null : await loadAtOnce()

export function textLibraries(): Libraries {
  loaded ??= {
    cliTruncate: require('cli-truncate').default,
    stringWidth: require('string-width').default,
    wrapAnsi: require('wrap-ansi').default,
  }
  return loaded
}

async function loadAtOnce(): Promise<Libraries> {
  const [cut, width, wrap] = await Promise.all([
    import('cli-truncate'),
    import('string-width'),
    import('wrap-ansi'),
  ])
  return { cliTruncate: cut.default, stringWidth: width.default, wrapAnsi: wrap.default }
}
