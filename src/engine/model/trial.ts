/** What was tried on the target before anything was written to it, and how that went: a row of the probe's table. */
export type Trial = {
  /** Names it in reports, such as `temporary-tables`. */
  readonly name: string
  /** What was tried, in a few words. */
  readonly tried: string
  /** `full`: as wanted · `fallback`: the run goes another way, which `sentence` names · `refused`: the target cannot be used. */
  readonly outcome: 'full' | 'fallback' | 'refused'
  readonly sentence: string
  /** The statement or setting that helps; null where nothing needs help. */
  readonly help: string | null
  /** Code of the refusal; absent for any other outcome. */
  readonly code?: string
}

export const outcomeWords: Readonly<Record<Trial['outcome'], string>> = {
  full: 'full',
  fallback: 'with fallback',
  refused: 'refused',
}

/** The sentence, with what helps. */
export function trialText({ sentence, help }: Trial): string {
  return help === null ? sentence : `${sentence} ${help}`
}

/** All trials in a line: how many went as wanted, and the sentences of the others. */
export function trialsSentence(trials: readonly Trial[]): string {
  const others = trials.filter(({ outcome }) => outcome !== 'full')
  if (others.length === 0) return `all ${trials.length} trials as wanted`
  const sentences = others.map((trial) => `${outcomeWords[trial.outcome]}: ${trial.sentence}`)
  return `${trials.length - others.length} of ${trials.length} trials as wanted; ${sentences.join(' ')}`
}
