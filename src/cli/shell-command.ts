/** A command with its options, ready to paste into a shell; never with a password. Pure. */
import { shellWord } from '../engine/door/index.ts'
import type { NamedOptions, Option } from './command.ts'

/** Options by name, as they were typed; an empty list is a switch that is on. */
export type Texts = ReadonlyMap<string, readonly string[]>

/** The typed options that a command may repeat, in the order of the table. */
export function optionWords(options: NamedOptions, texts: Texts): string {
  return Object.values<Option>(options)
    .flatMap((option) => wordsOf(option, texts.get(option.name)))
    .join(' ')
}

function wordsOf(option: Option, given: readonly string[] | undefined): string[] {
  if (given === undefined || option.again === false) return []
  if (option.value === undefined) return [`--${option.name}`]
  const { printed = (text: string) => text } = option
  return given
    .map(printed)
    .map((text) => `--${option.name}${text.startsWith('-') ? '=' : ' '}${quoteWord(text)}`)
}

/** An address that may hold a password is read from the environment instead. */
function quoteWord(word: string): string {
  return word === '$DATABASE_URL' ? `"${word}"` : shellWord(word)
}
