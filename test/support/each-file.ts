/** Before and after every test file: fast-check generates values from the run's seed, and temporary folders are removed. */
import fc from 'fast-check'
import { afterAll } from 'vitest'
import { seed } from './breadth.ts'
import { removeFolders } from './folders.ts'

fc.configureGlobal({ seed })
afterAll(removeFolders)
