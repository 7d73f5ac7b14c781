/** Loads the packages that only mapping and plan files need, at the first file: loading the two takes as long as starting Node. */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export const loadAjv = (): typeof import('ajv') => require('ajv')
export const loadYaml = (): typeof import('yaml') => require('yaml')
