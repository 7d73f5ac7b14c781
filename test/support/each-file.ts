/** Before and after every test file: fast-check generates values from the run's seed, blocks have the usual size, and temporary folders are removed. */
import fc from 'fast-check'
import { afterAll } from 'vitest'
import { cutUsualBlocks } from './block-size.ts'
import { seed } from './breadth.ts'
import { removeFolders } from './folders.ts'

fc.configureGlobal({ seed })
cutUsualBlocks()
afterAll(removeFolders)
