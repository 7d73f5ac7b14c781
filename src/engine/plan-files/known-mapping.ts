/** The built-in mapping of GPT-Trader, as the faces show it. */
import { gptTrader } from '../../mappings/gpt-trader/index.ts'
import { writeMapping } from './write-mapping.ts'

/** The names of the mapping's databases, and of the schemas and extensions that it creates. */
export type KnownMapping = {
  readonly databases: readonly string[]
  readonly schemas: readonly string[]
  readonly extensions: readonly string[]
}

export function knownMapping(): KnownMapping {
  return {
    databases: Object.keys(gptTrader.databases),
    schemas: Object.keys(gptTrader.schemas),
    extensions: gptTrader.extensions,
  }
}

const builtIn = { 'gpt-trader': gptTrader } as const

/** Returns a built-in mapping as the text of a mapping file. */
export function writeKnownMapping(name: keyof typeof builtIn): string {
  return writeMapping(builtIn[name])
}
