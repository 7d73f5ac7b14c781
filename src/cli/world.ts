import type { Surroundings } from '../faces/choose-face.ts'

/** What a command sees of the process: its environment, its two streams, its terminal. */
export type World = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly print: (line: string) => void
  readonly complain: (line: string) => void
  readonly terminal: Omit<Surroundings, 'json' | 'plain'>
}
