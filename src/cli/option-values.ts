/** Reads option values with a syntax of their own. Each function throws a usage error. Pure. */
import { type MappingChoice, nearest } from '../engine/door/index.ts'
import { listOf, usageError } from './usage-error.ts'

export function pairs(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((word) => {
      const at = word.lastIndexOf('=')
      if (at <= 0 || at === word.length - 1)
        throw usageError('as-malformed', `--as takes FILE=NAME, not "${word}".`)
      return [word.slice(0, at), word.slice(at + 1)]
    }),
  )
}

const builtInMappings = ['gpt-trader', 'auto'] as const

export function mappingChoice(word: string | null): MappingChoice {
  const builtIn = builtInMappings.find((name) => name === word)
  if (word === null || builtIn !== undefined) return builtIn ?? null
  if (/[/\\]|\.(ya?ml|json)$/i.test(word)) return { file: word }
  const close = nearest(word, builtInMappings)
  throw usageError(
    'value-unknown',
    `--mapping takes ${listOf([...builtInMappings, 'a file such as mapping.yaml'])}, not "${word}".`,
    close === null ? undefined : `Did you mean ${close}?`,
  )
}

export function timezone(name: string): string {
  // Intl takes some milliseconds to load.
  if (name === 'UTC') return name
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    throw usageError(
      'unknown-timezone',
      `"${name}" is not a time zone.`,
      'Use a name of the IANA database, such as Europe/Berlin or UTC.',
    )
  }
}

/** Returns the file when its extension is one of `endings`, such as `.json`. */
export function reportFile(file: string | null, endings: readonly string[]): string | null {
  if (file === null || endings.some((ending) => file.endsWith(ending))) return file
  throw usageError('report-format', `--report takes a file that ends in ${listOf(endings)}, not "${file}".`)
}
