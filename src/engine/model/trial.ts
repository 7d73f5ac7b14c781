/** One thing that was tried on the target before anything was written to it, and its outcome. */
export type Trial = {
  /** Identifies it in reports, for example `temporary-tables`. */
  readonly name: string
  /** What was tried, in a few words. */
  readonly tried: string
  /** `full`: works as wanted · `fallback`: the run uses the alternative named in `sentence` · `refused`: the target cannot be used. */
  readonly outcome: 'full' | 'fallback' | 'refused'
  readonly sentence: string
  /** The statement or setting that helps; null when nothing is needed. */
  readonly help: string | null
  /** Code of the refusal; absent for the other outcomes. */
  readonly code?: string
}

export const outcomeWords: Readonly<Record<Trial['outcome'], string>> = {
  full: 'full',
  fallback: 'with fallback',
  refused: 'refused',
}

/** Returns the sentence with what helps. */
export function trialText({ sentence, help }: Trial): string {
  return help === null ? sentence : `${sentence} ${help}`
}

/** Returns all trials in one line: how many work as wanted, and the sentences of the others. */
export function trialsSentence(trials: readonly Trial[]): string {
  const others = trials.filter(({ outcome }) => outcome !== 'full')
  if (others.length === 0) return `all ${trials.length} trials as wanted`
  const sentences = others.map((trial) => `${outcomeWords[trial.outcome]}: ${trial.sentence}`)
  return `${trials.length - others.length} of ${trials.length} trials as wanted; ${sentences.join(' ')}`
}
