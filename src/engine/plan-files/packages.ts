/** Packages that only runs with a mapping or plan file need: loaded at the first file, since the two take as long as Node itself to start. */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export const loadAjv = (): typeof import('ajv') => require('ajv')
export const loadYaml = (): typeof import('yaml') => require('yaml')
