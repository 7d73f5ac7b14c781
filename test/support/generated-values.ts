/** What fast-check generates follows the seed of the run, whichever test asks. */
import fc from 'fast-check'
import { seed } from './breadth.ts'

fc.configureGlobal({ seed })
