/** Before and after every test file: what fast-check generates follows the seed of the run, and temporary folders go. */
import fc from 'fast-check'
import { afterAll } from 'vitest'
import { seed } from './breadth.ts'
import { removeFolders } from './folders.ts'

fc.configureGlobal({ seed })
afterAll(removeFolders)
