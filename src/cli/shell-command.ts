/** The command that does the same again, ready to be pasted into a shell; never with a password. Pure. */
import type { Option, Options } from './command.ts'
import { planningOptions, runningOptions } from './requests.ts'

/** Options by name, as they were typed; an empty list is a switch that is on. */
export type Texts = ReadonlyMap<string, readonly string[]>

/** A run without questions, with those options that a run repeats, in the order of the table. */
export function shellCommand(texts: Texts): string {
  const options: Options = { ...planningOptions, ...runningOptions }
  const words = Object.values<Option>(options).flatMap((option) => wordsOf(option, texts.get(option.name)))
  return ['npx gpt-migrate --yes', ...words].join(' ')
}

function wordsOf(option: Option, given: readonly string[] | undefined): string[] {
  if (given === undefined || option.again === false) return []
  if (option.value === undefined) return [`--${option.name}`]
  const { printed = (text: string) => text } = option
  return given
    .map(printed)
    .map((text) => `--${option.name}${text.startsWith('-') ? '=' : ' '}${quoteWord(text)}`)
}

function quoteWord(word: string): string {
  if (word === '$DATABASE_URL') return `"${word}"`
  return /^[\w@%+:,./-][\w@%+=:,./-]*$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
