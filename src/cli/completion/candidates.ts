/** What a shell offers for the word under the cursor, from the table of commands. Pure. */
import { type Command, type Completion, defaultCommand, type Option } from '../command.ts'
import { everyOption, optionsOf } from '../options-of.ts'

type Candidate = { readonly word: string; readonly meaning: string }

type Candidates = {
  readonly words: readonly Candidate[]
  /** What else to look up for this word; null for nothing. */
  readonly completes: Completion | null
  /** The part of the word before the value, such as `--level=`. */
  readonly prefix: string
}

/** The options and operands typed so far, for looking names up. */
export type Typed = {
  readonly texts: ReadonlyMap<string, readonly string[]>
  readonly operands: readonly string[]
}

/** Returns what may follow. `words`: the words after the program's name; the last one is being completed ('' for a new word). */
export function candidatesFor(
  words: readonly string[],
  commands: readonly Command[],
): Candidates & { readonly typed: Typed } {
  const current = words.at(-1) ?? ''
  const { command, typed, awaiting } = readWords(words.slice(0, -1), commands)
  const given = command ?? commands.find(({ name }) => name === defaultCommand)!
  const answer = (candidates: Partial<Candidates>) => ({
    words: [],
    completes: null,
    prefix: '',
    ...candidates,
    typed,
  })
  if (awaiting !== null) return answer(valuesOf(awaiting))
  const [, name, value] = /^--([a-z0-9-]+)=(.*)$/s.exec(current) ?? []
  if (value !== undefined) {
    const option = optionsOf(given).find((known) => known.name === name)
    return answer(option === undefined ? {} : { ...valuesOf(option), prefix: `--${name}=` })
  }
  if (current.startsWith('-')) {
    const left = optionsOf(given).filter(
      (option) => option.value !== undefined || !typed.texts.has(option.name),
    )
    return answer({
      words: left.map((option) => ({ word: `--${option.name}`, meaning: option.description })),
    })
  }
  if (command === null)
    return answer({ words: commands.map(({ name: word, purpose }) => ({ word, meaning: purpose })) })
  const operands = command.operands ?? []
  const at = typed.operands.length
  const operand = operands[at] ?? (operands.at(-1)?.many === true ? operands.at(-1) : undefined)
  if (operand === undefined || (operand.after !== undefined && typed.operands[at - 1] !== operand.after))
    return answer({})
  return answer({
    words: (operand.choices ?? []).map((word) => ({ word, meaning: '' })),
    completes: operand.completes ?? null,
  })
}

function valuesOf(option: Option): Partial<Candidates> {
  return {
    words: (option.choices ?? []).map((word) => ({ word, meaning: '' })),
    completes: option.completes ?? null,
  }
}

/** The command, options and operands of whole words; `awaiting` is the option whose value is being typed. */
function readWords(
  words: readonly string[],
  commands: readonly Command[],
): { readonly command: Command | null; readonly typed: Typed; readonly awaiting: Option | null } {
  const options = everyOption(commands)
  const texts = new Map<string, string[]>()
  const operands: string[] = []
  let command: Command | null = null
  let awaiting: Option | null = null
  for (const word of words) {
    if (awaiting !== null) {
      texts.set(awaiting.name, [...(texts.get(awaiting.name) ?? []), word])
      awaiting = null
      continue
    }
    const option = options.find(
      ({ name, short }) => word === `--${name}` || word.startsWith(`--${name}=`) || word === `-${short}`,
    )
    if (option === undefined) {
      if (word.startsWith('-')) continue
      if (command === null) command = commands.find(({ name }) => name === word) ?? null
      else operands.push(word)
      continue
    }
    if (word.includes('='))
      texts.set(option.name, [...(texts.get(option.name) ?? []), word.slice(word.indexOf('=') + 1)])
    else if (option.value === undefined) texts.set(option.name, [])
    else awaiting = option
  }
  return { command, typed: { texts, operands }, awaiting }
}
